package say

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// File is what people write rules of their own in.
const File = "say.conf"

// A Config is say.conf.
type Config struct {
	// New is mode=new: everything is said by the rules of the file.
	New bool
	// languages are the rules by language, in the order in which they are tried.
	languages map[string][]phrase
}

// A phrase is a line of say.conf: what is said in the place of an expression, prefix:data or
// prefix:format:data, that its pattern matches.
type phrase struct {
	pattern dialplan.Pattern
	text    *dialplan.Template
}

// ReadConfig reads say.conf.
func ReadConfig(f *config.File) (*Config, []config.Diagnostic) {
	c := &Config{languages: map[string][]phrase{}}
	r := config.NewReader(f)
	if f == nil {
		return c, nil
	}
	for _, s := range f.Sections() {
		switch {
		case s.Template:
		case strings.EqualFold(s.Name, "general"):
			general := r.Section(s)
			c.New = general.Word("mode", "old", "old", "new") == "new"
			general.Done()
		default:
			name := strings.ToLower(s.Name)
			c.languages[name] = append(c.languages[name], phrases(r, s)...)
		}
	}
	return c, r.Diagnostics()
}

// phrases reads the rules of a language.
func phrases(r *config.Reader, s *config.Section) []phrase {
	var list []phrase
	for _, e := range s.Lines() {
		pattern, flaw := dialplan.ParsePattern(e.Key)
		switch {
		case !strings.Contains(e.Key, ":"):
			r.Report(config.Warning, e, "write prefix:pattern => what is said", "%s of language %s matches nothing that is said: there is no : in it", e.Key, s.Name)
		case flaw != "":
			r.Report(config.Warning, e, "", "%s has %s", e.Key, flaw)
		}
		list = append(list, phrase{pattern, dialplan.Compile(e.Value)})
	}
	return list
}

// of returns the rules for a language in the order in which they are tried: its own, else those of the language
// without its country, and then those of English.
func (c *Config) of(language string) []phrase {
	own, ok := c.languages[strings.ToLower(language)]
	if !ok {
		language, _, _ = strings.Cut(language, "_")
		own = c.languages[strings.ToLower(language)]
	}
	if strings.EqualFold(language, fallback) {
		return own
	}
	return slices.Concat(own, c.languages[fallback])
}
