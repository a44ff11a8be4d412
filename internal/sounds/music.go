package sounds

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Class is a class of music on hold.
type Class struct {
	Name         string
	Mode         string // "files" or "playlist"; others are refused
	Directory    string
	Entries      []string // of a playlist: paths, without extension or with one
	Sort         string   // "", "alpha", "random", "randstart"
	Announcement string   // a prompt before each piece
	Digit        string   // which key chooses the class, in an application with music

	mu   sync.Mutex
	next int // piece with which the next leg begins, where legs take turns
}

// classes are the classes of musiconhold.conf.
type classes struct {
	byName map[string]*Class // keys are lower case
}

// SetMusic takes the classes of musiconhold.conf; a nil file leaves the music
// that is embedded.
func (l *Library) SetMusic(f *config.File) {
	m := &classes{byName: map[string]*Class{}}
	for _, s := range f.Sections() {
		if s.Template || strings.EqualFold(s.Name, "general") {
			continue
		}
		c := &Class{Name: s.Name, Mode: strings.ToLower(s.Get("mode")), Entries: s.All("entry"),
			Announcement: s.Get("announcement"), Digit: s.Get("digit"), Sort: strings.ToLower(s.Get("sort"))}
		if s.Bool("random", false) && c.Sort == "" {
			c.Sort = "random"
		}
		if c.Directory = s.Get("directory"); c.Directory != "" && !filepath.IsAbs(c.Directory) {
			c.Directory = filepath.Join(l.options.Data, c.Directory)
		}
		if c.Mode != "files" && c.Mode != "playlist" {
			l.options.Logger.Warn("this mode of music on hold is not built in; the class plays the embedded music",
				"class", c.Name, "mode", c.Mode, "file", s.File, "line", s.Line)
		}
		m.byName[strings.ToLower(s.Name)] = c
	}
	l.music.Store(m)
}

// Classes returns the classes of music, by name.
func (l *Library) Classes() []*Class {
	var list []*Class
	for _, c := range l.music.Load().byName {
		list = append(list, c)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// class finds a class; without a name or for one that is unknown, default.
func (l *Library) class(name string) *Class {
	m := l.music.Load()
	if c := m.byName[strings.ToLower(name)]; c != nil {
		return c
	}
	return m.byName["default"]
}

// Files returns the pieces of a class as paths without extension, in the order
// in which they are played.
func (c *Class) Files() []string {
	if c.Mode == "playlist" {
		return c.Entries
	}
	entries, err := os.ReadDir(c.Directory)
	if err != nil {
		return nil
	}
	seen := map[string]bool{}
	var list []string
	for _, e := range entries {
		extension := filepath.Ext(e.Name())
		if _, ok := media.FileFormat(strings.TrimPrefix(extension, ".")); !ok || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		base := strings.TrimSuffix(e.Name(), extension)
		if !seen[base] {
			seen[base] = true
			list = append(list, filepath.Join(c.Directory, base))
		}
	}
	return list
}

// order is a leg's own way through n pieces.
func (c *Class) order(n int) (start int, random bool) {
	switch c.Sort {
	case "random":
		return rand.IntN(n), true //nolint:gosec // no secret
	case "randstart":
		return rand.IntN(n), false //nolint:gosec // no secret
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	start = c.next % n
	return start, false
}

// errNoMusic says that a class has nothing to play.
func errNoMusic(class string) error { return fmt.Errorf("no music on hold of class %q", class) }
