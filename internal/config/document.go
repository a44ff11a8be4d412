package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What a caller of a Document's edits may want to tell apart.
var (
	ErrNoSection     = errors.New("there is no such section")
	ErrSectionExists = errors.New("the section exists already")
	ErrNoOption      = errors.New("there is no such option")
	ErrNotWritable   = errors.New("the text can't stand in a configuration file")
)

// A Document is a configuration file with its includes, for changing and writing
// back. Every edit changes as few lines as it can and leaves comments, order,
// blank lines and directives alone; one that fails changes nothing. Sections and
// options are those of File, which is read anew after each edit.
//
// A Document is for one goroutine at a time.
type Document struct {
	path    string
	options Options
	texts   map[string]*text // of all files that were read, by path
	file    *File
}

// text is one file: its lines with their ends. Joined they are its bytes.
type text struct {
	lines   []string
	changed bool
}

// Open reads a document. The errors are Load's: what Asterisk would not take
// can't be edited.
func Open(path string, o Options) (*Document, error) {
	if !filepath.IsAbs(path) && o.Dir != "" {
		path = filepath.Join(o.Dir, path)
	}
	if o.Dir == "" {
		o.Dir = filepath.Dir(path)
	}
	d := &Document{path: path, options: o, texts: map[string]*text{}}
	disk := o.read
	if disk == nil {
		disk = readFile
	}
	d.options.read = func(path string) (string, error) {
		if t := d.texts[path]; t != nil {
			return strings.Join(t.lines, ""), nil
		}
		content, err := disk(path)
		if err == nil {
			d.texts[path] = &text{lines: slices.Collect(strings.Lines(content))}
		}
		return content, err
	}
	return d, d.read()
}

func (d *Document) read() error {
	f, err := Load(d.path, d.options)
	if err == nil {
		d.file = f
	}
	return err
}

// File returns the document as it reads now. It is not changed by later edits.
func (d *Document) File() *File { return d.file }

// Text returns what a file of the document consists of now, "" for others.
func (d *Document) Text(path string) string {
	if t := d.texts[path]; t != nil {
		return strings.Join(t.lines, "")
	}
	return ""
}

// Changed returns the paths of the files that differ from the disk, sorted.
func (d *Document) Changed() []string {
	var paths []string
	for path, t := range d.texts {
		if t.changed {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Save writes the files that changed, each in one step: whoever reads meanwhile
// gets the old text or the new one. Modes and owners stay.
func (d *Document) Save() error {
	for _, path := range d.Changed() {
		if err := replaceFile(path, d.Text(path)); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
		d.texts[path].changed = false
	}
	return nil
}

// SaveAs writes the document's first file, as it reads now, to another path; the
// directives in it stay as they are. The document goes on with its own files.
func (d *Document) SaveAs(path string) error {
	if !filepath.IsAbs(path) {
		path = filepath.Join(d.options.Dir, path)
	}
	if err := replaceFile(path, d.Text(d.path)); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// replaceFile puts a text in the place of a file, or makes it. A link stays one.
func replaceFile(path, content string) (err error) {
	mode := os.FileMode(0o640)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	info, err := os.Stat(path)
	switch {
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Chmod(mode), keepOwner(f, info), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// An edited says what an edit is to do: options that go and options that come,
// and how many headers more there are, or fewer where it is negative.
type edited struct {
	gone    []Entry
	added   []Option
	headers int
}

// header counts headers among options.
var header = [2]string{"["}

// edit makes a change and reads the document anew. Where the options are then
// not those of before without the ones that go and with the ones that come, or
// the change or the reading fails, everything is as it was: a line beside odd
// comments can show or hide others.
func (d *Document) edit(e edited, change func() error) error {
	before := make(map[string]text, len(d.texts))
	for path, t := range d.texts {
		before[path] = *t
	}
	old, want := d.file, d.file.own()
	want[header] += e.headers
	for _, one := range e.gone {
		want[d.file.trace(one)]--
	}
	err := change()
	if err == nil {
		err = d.read()
	}
	if err == nil {
		for _, one := range e.added {
			want[[2]string{one.Key, one.Value}]++
		}
		if !d.file.holds(want) {
			err = fmt.Errorf("a comment is in the way: %w", ErrNotWritable)
		}
	}
	if err != nil {
		d.file = old
		for path := range d.texts {
			if t, ok := before[path]; ok {
				*d.texts[path] = t
			}
		}
	}
	return err
}

// own counts the options and headers that are written in the files, each line
// once.
func (f *File) own() map[[2]string]int {
	count := map[[2]string]int{}
	seen := map[place]bool{}
	for _, s := range f.sections {
		for _, at := range s.parts {
			if !seen[at] {
				seen[at] = true
				count[header]++
			}
		}
		for _, e := range s.Entries {
			if at := (place{e.File, e.Line}); !e.Inherited && !seen[at] {
				seen[at] = true
				count[f.trace(e)]++
			}
		}
	}
	return count
}

// trace is what of an option an edit of another must not change. The value of
// one that lengthens a template's follows the template.
func (f *File) trace(e Entry) [2]string {
	if f.grown[place{e.File, e.Line}] {
		return [2]string{e.Key}
	}
	return [2]string{e.Key, e.Value}
}

// holds reports whether the options of the files are those of a count.
func (f *File) holds(want map[[2]string]int) bool {
	for one, n := range f.own() {
		want[one] -= n
	}
	for _, n := range want {
		if n != 0 {
			return false
		}
	}
	return true
}

// source returns the text of a file for changing.
func (d *Document) source(path string) (*text, error) {
	if t := d.texts[path]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("change %s: what a program prints can't be changed", path)
}

// find returns the section that an address names; see matches.
func (d *Document) find(a Address) (*Section, error) {
	n := 0
	for _, s := range d.file.Named(a.Section) {
		if !matches(s, a.Filter) {
			continue
		}
		if n == a.Number {
			return s, nil
		}
		n++
	}
	return nil, fmt.Errorf("section [%s]: %w", a.Section, ErrNoSection)
}

// Section returns the section that an address names, as it reads now, or nil.
func (d *Document) Section(a Address) *Section {
	s, _ := d.find(a)
	return s
}

// Count tells how many sections an address without its number fits.
func (d *Document) Count(a Address) int {
	n := 0
	for _, s := range d.file.Named(a.Section) {
		if matches(s, a.Filter) {
			n++
		}
	}
	return n
}

// An Address names a section of a document: of those of the name that are no
// templates and fit the filter, the one with the number, counted from 0. The filter
// holds name=value pairs joined by commas, both sides regular expressions that an
// option must match, and may have TEMPLATES=include or TEMPLATES=restrict.
type Address struct {
	Section, Filter string
	Number          int
}
