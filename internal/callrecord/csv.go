package callrecord

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// csvBackend is cdr_csv: Master.csv, and a file for each account.
type csvBackend struct {
	dir     string
	options CSV
}

func (*csvBackend) name() string { return "csv" }

func (b *csvBackend) write(batch []entry) error {
	lines := map[string][]byte{}
	for _, e := range batch {
		if e.record == nil {
			continue
		}
		line := b.line(e.record)
		lines["Master"] = append(lines["Master"], line...)
		if account := e.record.Account; b.options.AccountLogs && account != "" {
			if strings.ContainsAny(account, "/\x00") || account == "Master" {
				continue // it would be a file elsewhere
			}
			lines[account] = append(lines[account], line...)
		}
	}
	var failed error
	for name, text := range lines {
		failed = errors.Join(failed, appendTo(filepath.Join(b.dir, name+".csv"), text))
	}
	return failed
}

// appendTo adds text to a file, which is opened anew each time: whoever rotates it
// has nothing to tell us.
func appendTo(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // billing programs read it
	if errors.Is(err, os.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil { //nolint:gosec // the same
			f, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // the same
		}
	}
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// line writes a record as a line.
func (b *csvBackend) line(v *Record) []byte {
	var line []byte
	comma := func() {
		if len(line) > 0 {
			line = append(line, ',')
		}
	}
	text := func(s string) {
		comma()
		line = append(line, '"')
		line = append(line, strings.ReplaceAll(s, `"`, `""`)...)
		line = append(line, '"')
	}
	number := func(n int) { comma(); line = strconv.AppendInt(line, int64(n), 10) }
	at := func(t time.Time) {
		if t.IsZero() {
			comma()
			return
		}
		if b.options.GMT {
			t = t.UTC()
		} else {
			t = t.Local()
		}
		text(t.Format(stamp))
	}
	for _, s := range []string{v.Account, v.Source, v.Destination, v.Context, v.CallerID, v.Channel, v.DestinationChannel, v.LastApplication, v.LastData} {
		text(s)
	}
	at(v.Start)
	at(v.Answer)
	at(v.End)
	number(v.Duration)
	number(v.Billable)
	text(v.Disposition.String())
	text(amaName(v.AMAFlags))
	if b.options.UniqueID {
		text(v.UniqueID)
	}
	if b.options.UserField {
		text(v.UserField)
	}
	if b.options.NewColumns {
		text(v.PeerAccount)
		text(v.LinkedID)
		number(v.Sequence)
	}
	return append(line, '\n')
}
