package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// The times of a file that says nothing of them.
const (
	defaultRetry = 300 * time.Second
	defaultWait  = 45 * time.Second
)

// A file is what a call file says.
type file struct {
	path              string
	technology, dest  string
	application, data string
	to                channel.Location
	caller            event.Party
	account           string
	variables         []event.Variable
	formats           []*media.Format
	wait, retry       time.Duration
	most              int // attempts after the first
	tried             int // attempts that came to an end
	trying            int // the process that has begun one and told no end, or 0
	archive           bool
	alwaysDelete      bool
}

var errIncomplete = errors.New("at least one of app or extension must be specified, along with tech and dest")

// longest is how many bytes a call file may have, with all that was noted in it.
const longest = 1 << 20

var errTooLong = fmt.Errorf("it has more than %d bytes", longest)

// content is what is in a file.
func content(path string) (string, error) {
	r, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, longest+1))
	if len(text) > longest {
		err = errTooLong
	}
	return string(text), err
}

// read reads a call file. What is wrong with a line is told and passed over.
func read(path string, tell func(line int, problem string)) (*file, error) {
	text, err := content(path)
	if err != nil {
		return nil, err
	}
	f := &file{path: path, wait: defaultWait, retry: defaultRetry, alwaysDelete: true, to: channel.Location{Priority: 1}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = uncommented(line)
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			tell(number, "syntax error")
			continue
		}
		if err := f.set(strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)); err != nil {
			tell(number, err.Error())
		}
	}
	if f.technology == "" || f.dest == "" || f.application == "" && f.to.Exten == "" {
		return nil, errIncomplete
	}
	return f, nil
}

// uncommented is a line without its comment: all from a # at the start, or from a
// semicolon that no backslash protects.
func uncommented(line string) string {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		return ""
	}
	for i := 0; i < len(line); i++ {
		if line[i] != ';' {
			continue
		}
		if i == 0 || line[i-1] != '\\' {
			return strings.TrimSpace(line[:i])
		}
		line = line[:i-1] + line[i:]
		i--
	}
	return line
}

func (f *file) set(key, value string) error {
	switch key {
	case "channel":
		technology, dest, ok := strings.Cut(value, "/")
		if !ok {
			//lint:ignore ST1005 Channel is the key's name
			return errors.New("Channel should be in form Tech/Dest")
		}
		f.technology, f.dest = technology, dest
	case "callerid":
		f.caller = event.ParseParty(value)
	case "application":
		f.application = value
	case "data":
		f.data = value
	case "context":
		f.to.Context = value
	case "extension":
		f.to.Exten = value
	case "account":
		f.account = value
	case "setvar", "set":
		if name, v, ok := strings.Cut(value, "="); ok {
			f.variables = append(f.variables, event.Variable{Name: strings.TrimSpace(name), Value: v})
			return nil
		}
		return fmt.Errorf("malformed %q argument, should be %s: variable=value", key, key)
	case "codecs":
		return f.codecs(value)
	case "archive":
		f.archive = config.True(value)
	case "alwaysdelete":
		f.alwaysDelete = config.True(value)
	case "early_media":
		if config.True(value) {
			return errors.New("early_media is not there yet")
		}
	case "maxretries", "retrytime", "waittime", "priority":
		return f.number(key, value)
	case "startretry":
		f.trying, _ = strconv.Atoi(strings.SplitN(value, " ", 2)[0])
	case "endretry", "abortretry":
		f.tried++
		f.trying = 0
	case "retry", "delayedretry", "status":
	default:
		return fmt.Errorf("unknown keyword %q", key)
	}
	return nil
}

// mostSeconds bounds the numbers of a file, which are seconds mostly.
const mostSeconds = 1 << 30

func (f *file) number(key, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil {
		return fmt.Errorf("%s: %q is no number", key, value)
	}
	n = min(n, mostSeconds)
	switch key {
	case "maxretries":
		f.most = n
	case "retrytime":
		f.retry = time.Duration(max(n, 1)) * time.Second
	case "waittime":
		if n > 0 {
			f.wait = time.Duration(n) * time.Second
		}
	case "priority":
		f.to.Priority = max(n, 1)
	}
	return nil
}

func (f *file) codecs(value string) error {
	var unknown []string
	for _, name := range strings.Split(value, ",") {
		if g, ok := media.FormatByName(strings.TrimSpace(name)); ok {
			f.formats = append(f.formats, g)
		} else {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("unknown codecs %s", strings.Join(unknown, ","))
	}
	return nil
}

// what is where the call goes, for the log.
func (f *file) what() string {
	if f.application != "" {
		return fmt.Sprintf("application %s(%s)", f.application, f.data)
	}
	return fmt.Sprintf("%s@%s:%d", f.to.Exten, f.to.Context, f.to.Priority)
}

func (f *file) device() string { return f.technology + "/" + f.dest }

// note appends what became of an attempt, and has the file due at a time.
func (f *file) note(what string, count int, at time.Time) error {
	return appended(f.path, fmt.Sprintf("\n%s: %d %d (%d)\n", what, os.Getpid(), count, at.Unix()), at)
}

// appended writes to the end of a file that is there, and sets its time.
func appended(path, text string, at time.Time) error {
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = w.WriteString(text)
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Chtimes(path, at, at)
}
