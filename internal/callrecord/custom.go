package callrecord

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// customBackend is cdr_custom: files whose lines are templates.
type customBackend struct {
	dir       string
	templates []Template
	expand    func(ctx context.Context, c *channel.Channel, text string) string
}

func (*customBackend) name() string { return "CDR File custom backend" }

func (b *customBackend) write(batch []entry) error {
	var failed error
	for _, t := range b.templates {
		var text []byte
		for _, e := range batch {
			if e.record != nil {
				text = append(append(text, b.line(t, e.record)...), '\n')
			}
		}
		if len(text) > 0 {
			failed = errors.Join(failed, appendTo(below(b.dir, t.File), text))
		}
	}
	return failed
}

// line writes a record as a template says.
func (b *customBackend) line(t Template, v *Record) string {
	if t.fields == nil {
		return b.expand(context.WithValue(context.Background(), recordKey{}, v), nil, t.Text)
	}
	list := make([]string, len(t.fields))
	for i, f := range t.fields {
		list[i] = f.text(v)
	}
	return strings.Join(list, ",")
}

// A templateField is a part of a template that is a list of fields of the record
// and of words. What has a comma or a quote in it is quoted, as the reference does
// in such templates, and in no others.
type templateField struct {
	name, word string // of the record, or else as it is
	always     bool   // it is quoted in any case
}

func (f templateField) text(v *Record) string {
	text := f.word
	if f.name != "" {
		text = v.field(f.name, "")
	}
	if f.always || strings.ContainsAny(text, `,"`) {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

// fieldsOf parts a template that is such a list; nil is another kind.
func fieldsOf(template string) []templateField {
	var list []templateField
	for _, part := range strings.Split(template, ",") {
		f := templateField{word: part}
		part, f.always = unwrap(strings.TrimSpace(part), "${CSV_QUOTE(")
		name, ok := unwrap(part, "${CDR(")
		switch {
		case ok && strings.Trim(name, fieldLetters) == "":
			f.name = name
		case f.always || strings.ContainsAny(part, `$"`):
			return nil
		}
		list = append(list, f)
	}
	return list
}

const fieldLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// unwrap takes a function from around its argument.
func unwrap(text, function string) (inner string, ok bool) {
	inner, ok = strings.CutPrefix(text, function)
	if !ok || !strings.HasSuffix(inner, ")}") {
		return text, false
	}
	return inner[:len(inner)-2], true
}

// below returns the path of a file that is named whole or from a directory.
func below(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}
