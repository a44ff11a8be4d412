package sdn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// logs are the logs of a program, as Faucet's environment wants them: NAME_LOG is
// a file, or STDOUT or STDERR, NAME_LOG_LEVEL says how much, and NAME_EXCEPTION_LOG
// is a file that has the errors alone.
type logs struct {
	*slog.Logger
	files []*os.File
}

// logLevels are those of Python, which Faucet's are.
var logLevels = map[string]slog.Level{"NOTSET": slog.LevelDebug, "DEBUG": slog.LevelDebug, "INFO": slog.LevelInfo, "WARN": slog.LevelWarn,
	"WARNING": slog.LevelWarn, "ERROR": slog.LevelError, "CRITICAL": slog.LevelError + 4, "FATAL": slog.LevelError + 4}

// openLogs opens the logs of FAUCET or GAUGE; otherwise is written to where the
// environment names no file.
func openLogs(name string, verbose bool, otherwise io.Writer) (l *logs, err error) {
	level, known := logLevels[strings.ToUpper(environment(name+"_LOG_LEVEL", "INFO"))]
	if !known {
		return nil, fmt.Errorf("%s_LOG_LEVEL=%s is no level: it is DEBUG, INFO, WARNING, ERROR or CRITICAL", name, os.Getenv(name+"_LOG_LEVEL"))
	}
	if verbose {
		level = min(level, slog.LevelDebug)
	}
	l = &logs{}
	out, err := l.open(environment(name+"_LOG", "STDERR"), otherwise)
	if err != nil {
		return nil, err
	}
	handler := slog.Handler(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level}))
	if path := os.Getenv(name + "_EXCEPTION_LOG"); path != "" {
		errs, err := l.open(path, otherwise)
		if err != nil {
			l.Close()
			return nil, err
		}
		handler = both{handler, slog.NewTextHandler(errs, &slog.HandlerOptions{Level: slog.LevelError})}
	}
	l.Logger = slog.New(handler)
	return l, nil
}

func (l *logs) open(path string, otherwise io.Writer) (io.Writer, error) {
	switch path {
	case "STDOUT":
		return os.Stdout, nil
	case "STDERR":
		return otherwise, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the log: %w", err)
	}
	l.files = append(l.files, f)
	return f, nil
}

func (l *logs) Close() {
	for _, f := range l.files {
		f.Close()
	}
}

// both writes to two logs.
type both [2]slog.Handler

func (b both) Enabled(ctx context.Context, level slog.Level) bool {
	return b[0].Enabled(ctx, level) || b[1].Enabled(ctx, level)
}

func (b both) Handle(ctx context.Context, r slog.Record) (err error) {
	for _, h := range b {
		if h.Enabled(ctx, r.Level) {
			err = errors.Join(err, h.Handle(ctx, r.Clone()))
		}
	}
	return err
}

func (b both) WithAttrs(list []slog.Attr) slog.Handler {
	return both{b[0].WithAttrs(list), b[1].WithAttrs(list)}
}

func (b both) WithGroup(name string) slog.Handler {
	return both{b[0].WithGroup(name), b[1].WithGroup(name)}
}
