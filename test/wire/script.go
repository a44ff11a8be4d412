package wire

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// A File is one file of the corpus.
type File struct {
	Path      string
	Comment   string
	Config    map[string]string // by file name
	Tables    map[string]string // by name
	Exchanges []*Exchange

	configs []string // names in their order, tables among them
}

// Release is that of the Asterisk that the file was recorded with.
func (f *File) Release() string {
	_, rest, _ := strings.Cut(f.Comment, "Asterisk ")
	return strings.TrimRight(strings.Fields(rest + " .")[0], ".:,")
}

// An Exchange is a section: what is said between phones and the exchange.
type Exchange struct {
	Name  string
	Steps []*Step
}

// Recorded says whether there is a record of it.
func (x *Exchange) Recorded() bool {
	for _, step := range x.Steps {
		if step.silent {
			return true
		}
	}
	return x.heard()
}

func (x *Exchange) heard() bool {
	for _, step := range x.Steps {
		if len(step.Got) > 0 {
			return true
		}
	}
	return false
}

// A Step is something that is done, and what phones got then.
type Step struct {
	Line   string   // as written
	Detail []string // the lines that say more about it, as written
	Got    []Got
	before []string // comments
	silent bool     // it was recorded, and nobody got anything
}

// Got is a message that a phone received, normalised.
type Got struct {
	Phone string
	Text  string
}

var (
	doing  = regexp.MustCompile(`^(alice|bob|carol|dave|erin)(/\d)? (raw|[A-Za-z]+( \S+)?|\d\d\d( [A-Z]+)?)$`)
	gotten = regexp.MustCompile(`^(alice|bob|carol|dave|erin|console|web) gets$`)
)

const (
	indent  = "    "
	silence = "nobody gets anything"
)

// Read reads a file of the corpus.
func Read(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	archive := txtar.Parse(data)
	f := &File{Path: path, Comment: string(archive.Comment), Config: map[string]string{}, Tables: map[string]string{}}
	for _, section := range archive.Files {
		if strings.HasSuffix(section.Name, ".conf") {
			f.Config[section.Name] = string(section.Data)
			f.configs = append(f.configs, section.Name)
			continue
		}
		if name, ok := strings.CutPrefix(section.Name, tableSection); ok {
			f.Tables[name] = string(section.Data)
			f.configs = append(f.configs, section.Name)
			continue
		}
		steps, err := parse(string(section.Data))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, section.Name, err)
		}
		f.Exchanges = append(f.Exchanges, &Exchange{section.Name, steps})
	}
	return f, nil
}

func parse(text string) ([]*Step, error) {
	var steps []*Step
	var comments []string
	for number, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		var step *Step
		if len(steps) > 0 {
			step = steps[len(steps)-1]
		}
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			if line != "" {
				comments = append(comments, line)
			}
		case step != nil && line == silence:
			step.silent = true
		case step != nil && gotten.MatchString(line):
			step.Got = append(step.Got, Got{Phone: strings.Fields(line)[0]})
		case doing.MatchString(line) || strings.HasPrefix(line, "console ") || strings.HasPrefix(line, "gone ") || strings.HasPrefix(line, "bridged ") || strings.HasPrefix(line, "wait ") || asks(line):
			if duration, ok := strings.CutPrefix(line, "wait "); ok {
				if _, err := time.ParseDuration(duration); err != nil {
					return nil, fmt.Errorf("line %d: %w", number+1, err)
				}
			}
			steps = append(steps, &Step{Line: line, before: comments})
			comments = nil
		case step == nil:
			return nil, fmt.Errorf("line %d: %q is no step", number+1, line)
		case strings.HasPrefix(line, indent) && len(step.Got) > 0:
			step.Got[len(step.Got)-1].Text += strings.TrimPrefix(line, indent) + "\n"
		case len(step.Got) == 0 && (line[0] == '+' || line[0] == '-' || line[0] == '=' || strings.HasPrefix(line, "auth ")):
			step.Detail = append(step.Detail, line)
		default:
			return nil, fmt.Errorf("line %d: what is %q?", number+1, line)
		}
	}
	return steps, nil
}

// Write stores the file with what its steps got.
func (f *File) Write() error {
	archive := &txtar.Archive{Comment: []byte(f.Comment)}
	for _, name := range f.configs {
		text := f.Config[name]
		if table, ok := strings.CutPrefix(name, tableSection); ok {
			text = f.Tables[table]
		}
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	for _, x := range f.Exchanges {
		var b strings.Builder
		for _, step := range x.Steps {
			for _, line := range append(append(step.before, step.Line), step.Detail...) {
				b.WriteString(line + "\n")
			}
			if step.silent && !x.heard() {
				b.WriteString(silence + "\n")
			}
			for _, got := range step.Got {
				b.WriteString(got.Phone + " gets\n")
				for line := range strings.Lines(got.Text) {
					b.WriteString(indent + line)
				}
			}
		}
		archive.Files = append(archive.Files, txtar.File{Name: x.Name, Data: []byte(b.String())})
	}
	return os.WriteFile(f.Path, txtar.Format(archive), 0o644)
}
