package logging

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// rotation says how files are put away.
type rotation struct {
	strategy string // "", "sequential", "rotate", "timestamp" or "none"
	after    string // a command with ${filename}
}

// afterTime is how long the command after a rotation may take.
const afterTime = time.Minute

// Rotate puts every file away under another name and begins a new one: `logger
// rotate`. The strategy sequential (which is also the default) makes NAME.0,
// NAME.1 and so on; rotate always makes NAME.0, after the older ones went a number
// up; timestamp adds the seconds since 1970; none only opens the file again. Then
// exec_after_rotate runs, for each file. What fails is reported, and the other
// files are rotated.
func (l *Logger) Rotate() error {
	var errs []error
	how := *l.rotate.Load()
	for _, c := range *l.channels.Load() {
		if c.Kind != "File" {
			continue
		}
		var away string
		l.writer.run(func() {
			if c.file == nil {
				return // removed meanwhile
			}
			var err error
			if away, err = putAway(c.Name, how.strategy, time.Now()); err != nil {
				errs = append(errs, fmt.Errorf("rotate log: %w", err))
				return
			}
			next, err := openFile(c.Name)
			if err != nil {
				errs = append(errs, fmt.Errorf("rotate log: %w", err))
				return
			}
			_ = c.file.Close()
			c.file = next
			_ = l.greet(next) // it is there; what it can't hold is counted later
		})
		if away != "" && how.after != "" {
			errs = append(errs, runAfter(how.after, away))
		}
	}
	return errors.Join(errs...)
}

// PutAway renames a file that somebody else writes, as Rotate does the logger's own, and
// runs exec_after_rotate for it.
func (l *Logger) PutAway(path string) error {
	how := *l.rotate.Load()
	away, err := putAway(path, how.strategy, time.Now())
	switch {
	case err != nil:
		return fmt.Errorf("rotate log: %w", err)
	case away != "" && how.after != "":
		return runAfter(how.after, away)
	}
	return nil
}

// putAway renames a log and returns its new name; "" where there is nothing to
// rename.
func putAway(path, strategy string, now time.Time) (string, error) {
	exists := func(n int) bool {
		_, err := os.Lstat(path + "." + strconv.Itoa(n))
		return err == nil
	}
	to := path
	switch n := 0; strategy {
	case "none":
		return "", nil
	case "timestamp":
		to += "." + strconv.FormatInt(now.Unix(), 10)
	default:
		for exists(n) {
			n++
		}
		if strategy == "rotate" {
			for ; n > 0; n-- {
				if err := os.Rename(path+"."+strconv.Itoa(n-1), path+"."+strconv.Itoa(n)); err != nil {
					return "", err
				}
			}
		}
		to += "." + strconv.Itoa(n)
	}
	err := os.Rename(path, to)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // somebody else put it away
	}
	return to, err
}

// runAfter runs exec_after_rotate.
func runAfter(command, path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), afterTime)
	defer cancel()
	command = strings.ReplaceAll(command, "${filename}", path)
	run := exec.CommandContext(ctx, "/bin/sh", "-c", command) //nolint:gosec // that is what the option is for
	run.WaitDelay = time.Second
	if err := run.Run(); err != nil {
		return fmt.Errorf("run %q after rotation: %w", command, err)
	}
	return nil
}
