package say

import (
	"embed"
	"path"
	"strings"
	"sync"
)

//go:embed languages
var files embed.FS

// fallback is the language whose rules hold where another has none.
const fallback = "en"

// A language is a table, and those behind it in which is looked for what it does not have.
type language []*table

// set returns a set of rules, and the language from the table on in which it is: that of the sets that its
// rules name.
func (l language) set(name string) ([]rule, language) {
	for i, t := range l {
		if rules, ok := t.sets[name]; ok {
			return rules, l[i:]
		}
	}
	return nil, nil
}

// gendered returns the set of a gender, where there is one, else that for all.
func (l language) gendered(name, gender string) ([]rule, language) {
	if gender != "" {
		if rules, from := l.set(name + " " + gender); rules != nil {
			return rules, from
		}
	}
	return l.set(name)
}

func (l language) has(set string) bool {
	rules, _ := l.set(set)
	return rules != nil
}

func (l language) format(letter string) (string, bool) {
	for _, t := range l {
		if format, ok := t.formats[letter]; ok {
			return format, true
		}
	}
	return "", false
}

// tables are all languages by name. They are read once, when one is first spoken; the tests
// hold that there is no error in them.
var tables = sync.OnceValues(func() (map[string]*table, error) {
	entries, err := files.ReadDir("languages")
	if err != nil {
		return nil, err
	}
	all := map[string]*table{}
	for _, e := range entries {
		text, err := files.ReadFile(path.Join("languages", e.Name()))
		if err != nil {
			return nil, err
		}
		t, err := parseTable(string(text))
		if err != nil {
			return nil, err
		}
		all[strings.ToLower(strings.TrimSuffix(e.Name(), path.Ext(e.Name())))] = t
	}
	return all, nil
})

// languageOf returns the rules of a language by its name, whose beginning is that of a table: de_AT is
// German, and Brazilian Portuguese comes before Portuguese.
func languageOf(name string) language {
	all, err := tables()
	if err != nil {
		return nil
	}
	name = strings.ToLower(name)
	var found language
	for n := len(name); n > 1; n-- {
		t := all[name[:n]]
		if t == nil || t == all[fallback] {
			continue
		}
		found = append(found, t)
		if other := all[t.formats["like"]]; other != nil {
			found = append(found, other)
		}
	}
	return append(found, all[fallback])
}
