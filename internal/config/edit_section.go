package config

import (
	"fmt"
	"slices"
	"strings"
)

// A NewSection is a section to be written.
type NewSection struct {
	Name      string
	Template  bool
	Inherit   []string // templates, which must exist
	Duplicate bool     // also where there is one of that name
	Before    string   // the section before which it comes; empty is at the end
}

// NewSection adds an empty section to the document's first file, or to the one
// in which the section stands that it comes before. The error wraps
// ErrSectionExists, ErrNoSection or ErrNotWritable, or is an *InvalidError where
// a template does not exist.
func (d *Document) NewSection(n NewSection) error {
	if !writableName(n.Name) {
		return fmt.Errorf("section %q: %w", n.Name, ErrNotWritable)
	}
	if !n.Duplicate && d.file.Section(n.Name) != nil {
		return fmt.Errorf("section [%s]: %w", n.Name, ErrSectionExists)
	}
	words := slices.Clone(n.Inherit)
	if n.Template {
		words = append([]string{"!"}, words...)
	}
	for _, word := range words {
		if strings.ContainsAny(word, ",)+\n\x00") || word == "" {
			return fmt.Errorf("template %q: %w", word, ErrNotWritable)
		}
	}
	header := "[" + escape(n.Name) + "]"
	if len(words) > 0 {
		header += "(" + escape(strings.Join(words, ",")) + ")"
	}
	path, at, err := d.roomFor(n.Before)
	if err != nil {
		return err
	}
	t, err := d.source(path)
	if err != nil {
		return err
	}
	return d.edit(edited{headers: 1}, func() error {
		if n.Before != "" {
			t.insert(at, "")
		} else if at > 0 && trim(t.lines[at-1]) != "" {
			t.insert(at, "")
			at++
		}
		t.insert(at, header)
		return nil
	})
}

// roomFor finds where a new section goes: the end of the first file, or the
// header of another section with the comments right above it.
func (d *Document) roomFor(before string) (path string, at int, err error) {
	if before == "" {
		return d.path, len(d.texts[d.path].lines), nil
	}
	s := d.file.Section(before)
	if s == nil {
		return "", 0, fmt.Errorf("section [%s]: %w", before, ErrNoSection)
	}
	t, err := d.source(s.File)
	if err != nil {
		return "", 0, err
	}
	all := t.scan()
	at, ok := outside(all, s.Line-1)
	if !ok {
		return "", 0, fmt.Errorf("section before %s: a comment is in the way: %w", s.Where(), ErrNotWritable)
	}
	for at > 0 && all[at-1].text == "" && all[at-1].level == 0 && strings.HasPrefix(trim(t.lines[at-1]), ";") {
		at--
	}
	return s.File, at, nil
}

func writableName(name string) bool { return !strings.ContainsAny(name, "]\n\x00") }

// RenameSection gives a section another name, in all its headers and, where it
// was a template of others, in theirs.
func (d *Document) RenameSection(a Address, to string) error {
	s, err := d.find(a)
	if err != nil {
		return err
	}
	if !writableName(to) {
		return fmt.Errorf("section %q: %w", to, ErrNotWritable)
	}
	inherited := d.file.Section(s.Name) == s
	return d.edit(edited{}, func() error {
		for _, p := range s.parts {
			if err := d.rewriteHeader(p, func(name, list string) (string, string) { return escape(to), list }); err != nil {
				return err
			}
		}
		for _, other := range d.file.sections {
			if !inherited || !slices.Contains(other.Parents, s.Name) {
				continue
			}
			for _, p := range other.parts {
				if err := d.rewriteHeader(p, func(name, list string) (string, string) { return name, renameIn(list, s.Name, to) }); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// renameIn replaces a name of a list of templates.
func renameIn(list, from, to string) string {
	words := strings.Split(list, ",")
	for i, word := range words {
		if strings.EqualFold(word, escape(from)) {
			words[i] = escape(to)
		}
	}
	return strings.Join(words, ",")
}

// rewriteHeader changes the name and the list of a header, as they are written.
func (d *Document) rewriteHeader(p place, change func(name, list string) (string, string)) error {
	t, err := d.source(p.file)
	if err != nil {
		return err
	}
	line := strings.TrimSuffix(t.lines[p.line-1], "\n")
	open := strings.IndexByte(line, '[')
	end := open + strings.IndexByte(line[open+1:], ']') + 1
	if open < 0 || end <= open {
		return fmt.Errorf("change %s:%d: the header has a comment inside: %w", p.file, p.line, ErrNotWritable)
	}
	name, list, rest := line[open+1:end], "", line[end+1:]
	from, to := 0, 0
	if strings.HasPrefix(rest, "(") {
		if from, to = 1, strings.IndexByte(rest, ')'); to > from {
			list = rest[from:to]
		} else {
			to = from
		}
	}
	name, list = change(name, list)
	t.replace(p.line-1, line[:open+1]+name+"]"+rest[:from]+list+rest[to:])
	return nil
}

// EmptySection takes all options of its own away from a section. Comments stay.
func (d *Document) EmptySection(a Address) error {
	s, err := d.find(a)
	if err != nil {
		return err
	}
	return d.edit(edited{gone: ownEntries(s)}, func() error { return d.removeLines(d.own(s)) })
}

// ownEntries returns a section's own options, each line once.
func ownEntries(s *Section) []Entry {
	var list []Entry
	seen := map[place]bool{}
	for _, e := range s.Entries {
		if at := (place{e.File, e.Line}); !e.Inherited && !seen[at] {
			seen[at] = true
			list = append(list, e)
		}
	}
	return list
}

// own returns the lines of a section's own options.
func (d *Document) own(s *Section) []place {
	var list []place
	for _, e := range s.Entries {
		if !e.Inherited {
			at := place{e.File, e.Line}
			list = append(append(list, at), d.joined(at)...)
		}
	}
	return list
}

// DeleteSection takes a section away, with the comments between its options.
// Comments behind the last one belong to what follows and stay, and so do
// includes that hold other sections. A section that others inherit from can't
// be deleted: that is an *InvalidError.
func (d *Document) DeleteSection(a Address) error {
	s, err := d.find(a)
	if err != nil {
		return err
	}
	gone := d.own(s)
	for _, p := range s.parts {
		t, err := d.source(p.file)
		if err != nil {
			return err
		}
		all := t.scan()
		from, to := block(all, p.line-1)
		for i := from; i <= lastText(all, from, to); i++ {
			if all[i].level == 0 && all[i+1].level == 0 && !d.holdsSections(all[i].text) || i == from {
				gone = append(gone, place{p.file, i + 1})
			}
		}
	}
	return d.edit(edited{gone: ownEntries(s), headers: -len(s.parts)}, func() error { return d.removeLines(gone) })
}

// holdsSections reports whether a line includes a file in which a section begins.
func (d *Document) holdsSections(line string) bool {
	word, name, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
	if word = strings.ToLower(word); word != "#include" && word != "#tryinclude" {
		return word == "#exec"
	}
	name = strings.Trim(trim(name), `"<>`)
	paths := (&loader{options: d.options}).expand(name)
	for _, s := range d.file.sections {
		for _, p := range s.parts {
			if slices.Contains(paths, p.file) {
				return true
			}
		}
	}
	return false
}
