package config

import (
	"fmt"
	"strings"
)

// An Option is a line to be written.
type Option struct {
	Key, Value string
	Arrow      bool // => instead of =
}

// Set gives an option a new value, in its line: the first one of the key, of
// those whose value is match where match is not empty. One that a template
// brought along is overridden by a line of the section's own. The error wraps
// ErrNoSection, ErrNoOption or ErrNotWritable.
func (d *Document) Set(a Address, key, match, value string) error {
	s, err := d.find(a)
	if err != nil {
		return err
	}
	value = trim(value)
	i := pick(s, key, match, false)
	if i < 0 {
		if i = pick(s, key, match, true); i < 0 {
			return fmt.Errorf("option %s of [%s]: %w", key, s.Name, ErrNoOption)
		}
		return d.Append(a, Option{s.Entries[i].Key, value, s.Entries[i].Arrow})
	}
	if err := writable(s.Entries[i].Key, value); err != nil {
		return err
	}
	e := s.Entries[i]
	at := place{e.File, e.Line}
	t, err := d.source(e.File)
	if err != nil {
		return err
	}
	gone := d.joined(at)
	return d.edit(edited{gone: []Entry{e}, added: []Option{{Key: e.Key, Value: value}}}, func() error {
		t.setValue(e.Line-1, value)
		return d.removeLines(gone)
	})
}

// Append adds an option at the end of a section.
func (d *Document) Append(a Address, o Option) error {
	s, err := d.find(a)
	if err != nil {
		return err
	}
	part := s.parts[len(s.parts)-1]
	t, err := d.source(part.file)
	if err != nil {
		return err
	}
	all := t.scan()
	from, to := block(all, part.line-1)
	return d.put(s, t, behind(all, lastText(all, from, to)+1), o)
}

// Insert adds an option before the one with number at, counted from 0 with those
// of templates, as GetConfig counts them. Behind the last one it is appended;
// before a template's it comes before the section's own.
func (d *Document) Insert(a Address, at int, o Option) error {
	s, err := d.find(a)
	if err != nil {
		return err
	}
	for at = max(at, 0); at < len(s.Entries) && s.Entries[at].Inherited; at++ {
	}
	if at >= len(s.Entries) {
		return d.Append(a, o)
	}
	t, err := d.source(s.Entries[at].File)
	if err != nil {
		return err
	}
	line, ok := outside(t.scan(), s.Entries[at].Line-1)
	if !ok {
		return fmt.Errorf("option %s before %s: a comment is in the way: %w", o.Key, s.Entries[at].Where(), ErrNotWritable)
	}
	return d.put(s, t, line, o)
}

// put writes an option as a line of its own.
func (d *Document) put(s *Section, t *text, at int, o Option) error {
	o.Key, o.Value = trim(o.Key), trim(o.Value)
	if err := writable(o.Key, o.Value); err != nil {
		return err
	}
	operator := d.style(s, o.Arrow)
	return d.edit(edited{added: []Option{o}}, func() error {
		t.insert(at, strings.TrimRight(escape(o.Key)+operator+escape(guard(operator, o.Value)), " "))
		return nil
	})
}

// Delete takes an option away: the first one of the key that is the section's
// own, of those whose value is match where match is not empty. The error wraps
// ErrNoSection or ErrNoOption.
func (d *Document) Delete(a Address, key, match string) error {
	s, err := d.find(a)
	if err != nil {
		return err
	}
	i := pick(s, key, match, false)
	if i < 0 {
		if j := pick(s, key, match, true); j >= 0 {
			return fmt.Errorf("option %s of [%s] comes from a template at %s: %w", key, s.Name, s.Entries[j].Where(), ErrNoOption)
		}
		return fmt.Errorf("option %s of [%s]: %w", key, s.Name, ErrNoOption)
	}
	return d.drop(s.Entries[i])
}

// DeleteAt takes the option with a number away, as Insert counts them.
func (d *Document) DeleteAt(a Address, at int) error {
	s, err := d.find(a)
	switch {
	case err != nil:
		return err
	case at < 0 || at >= len(s.Entries):
		return fmt.Errorf("option %d of [%s]: %w", at, s.Name, ErrNoOption)
	case s.Entries[at].Inherited:
		return fmt.Errorf("option %d of [%s] comes from a template at %s: %w", at, s.Name, s.Entries[at].Where(), ErrNoOption)
	}
	return d.drop(s.Entries[at])
}

func (d *Document) drop(e Entry) error {
	at := place{e.File, e.Line}
	return d.edit(edited{gone: []Entry{e}}, func() error { return d.removeLines(append(d.joined(at), at)) })
}

// pick finds the first entry of a key and value, inherited or not.
func pick(s *Section, key, match string, inherited bool) int {
	for i, e := range s.Entries {
		if e.Inherited == inherited && strings.EqualFold(e.Key, key) && (match == "" || e.Value == match) {
			return i
		}
	}
	return -1
}

// joined returns the lines of += that lengthened the entry at a place.
func (d *Document) joined(at place) []place {
	var list []place
	for _, j := range d.file.joins {
		if j.entry == at {
			list = append(list, j.line)
		}
	}
	return list
}

// removeLines takes lines of several files away.
func (d *Document) removeLines(list []place) error {
	files := map[string]map[int]bool{}
	for _, p := range list {
		if files[p.file] == nil {
			files[p.file] = map[int]bool{}
		}
		files[p.file][p.line-1] = true
	}
	for path, lines := range files {
		t, err := d.source(path)
		if err != nil {
			return err
		}
		t.remove(lines)
	}
	return nil
}

// style is how the section, or else its file, writes the sign between an option
// and its value.
func (d *Document) style(s *Section, arrow bool) string {
	sign := "="
	if arrow {
		sign = "=>"
	}
	for _, one := range append([]*Section{s}, d.file.sections...) {
		for i := len(one.Entries) - 1; i >= 0; i-- {
			e := one.Entries[i]
			if t := d.texts[e.File]; t != nil && e.Line <= len(t.lines) && e.Value != "" {
				if before, after, ok := strings.Cut(visible(t.lines[e.Line-1]), "="); ok {
					return edge(before, true) + sign + edge(strings.TrimPrefix(after, ">"), false)
				}
			}
		}
	}
	return " " + sign + " "
}

// edge is the blank at the end of what stands before a sign, or at the start of
// what stands behind it.
func edge(s string, atEnd bool) string {
	if atEnd && strings.HasSuffix(s, " ") || !atEnd && strings.HasPrefix(s, " ") {
		return " "
	}
	return ""
}
