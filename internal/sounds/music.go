package sounds

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Class is a class of music on hold.
type Class struct {
	Name         string
	Mode         string // "files", "playlist" or "custom"
	Directory    string // as it is written
	Application  string // of mode custom: what makes the music
	Format       string // of mode custom: what it makes
	KillMethod   string // of mode custom: process_group or process
	KillDelay    time.Duration
	Entries      []string // of a playlist: paths, without extension or with one
	Sort         string   // "", "alpha", "random", "randstart"
	Announcement string   // a prompt before each piece
	Digit        string   // which key chooses the class, in an application with music
	AnsweredOnly bool     // a leg that is not up hears none
	LoopLast     bool     // the last piece plays again and again, not all of them

	folder  string   // Directory, from astdatadir
	program *program // of mode custom
}

// classes are the classes of musiconhold.conf.
type classes struct {
	byName map[string]*Class // keys are lower case
	// others is preferchannelclass=no: what an application asks for comes before what the leg has.
	others bool
}

// SetMusic takes the classes of musiconhold.conf; a nil file leaves the music
// that is embedded. What is wrong is returned; the rest is in force.
func (l *Library) SetMusic(f *config.File) []config.Diagnostic {
	m, problems := readMusic(f, l.options.Data, l.options.Logger)
	l.music.Store(m)
	return problems
}

// CheckMusic tells what is wrong with musiconhold.conf. Folders are relative to
// data, astdatadir.
func CheckMusic(f *config.File, data string) []config.Diagnostic {
	_, problems := readMusic(f, data, slog.New(slog.DiscardHandler))
	return problems
}

func readMusic(f *config.File, data string, logger *slog.Logger) (*classes, []config.Diagnostic) {
	m := &classes{byName: map[string]*Class{}}
	r := config.NewReader(nil)
	for _, s := range f.Sections() {
		if s.Template {
			continue
		}
		if strings.EqualFold(s.Name, "general") {
			general := r.Section(s)
			m.others = !general.Bool("preferchannelclass", true)
			general.Later("classes are not read from databases", "cachertclasses")
			general.Done()
			continue
		}
		if c := readClass(r, s, data, logger); c != nil {
			m.byName[strings.ToLower(s.Name)] = c
		}
	}
	return m, r.Diagnostics()
}

// orders are what sort may say: by name, each piece by chance, or by name from a
// piece that chance chooses.
var orders = []string{"alpha", "random", "randstart"}

// laterModes are the modes that Asterisk knows and that are not built in.
var laterModes = []string{"mp3", "mp3nb", "quietmp3", "quietmp3nb"}

// readClass reads a class; nil is one that can't be played, in the place of which default is.
func readClass(r *config.Reader, section *config.Section, data string, logger *slog.Logger) *Class {
	s := r.Section(section)
	c := &Class{Name: section.Name, Mode: strings.ToLower(s.String("mode", "")), Entries: s.All("entry"), Directory: s.String("directory", ""),
		Announcement: s.String("announcement", ""), Digit: s.String("digit", ""), Sort: strings.ToLower(s.String("sort", "")),
		Application: s.Command("application", ""), Format: strings.ToLower(s.String("format", "slin")),
		KillMethod: s.Word("kill_method", "process_group", "process_group", "process"),
		KillDelay:  s.Duration("kill_escalation_delay", time.Millisecond, 100*time.Millisecond, 0, time.Minute)}
	c.AnsweredOnly, c.LoopLast = s.Bool("answeredonly", false), s.Bool("loop_last", false)
	if s.Bool("random", false) && c.Sort == "" {
		c.Sort = "random"
	}
	if c.folder = c.Directory; c.folder != "" && !filepath.IsAbs(c.folder) {
		c.folder = filepath.Join(data, c.folder)
	}
	if e, ok := section.Entry("sort"); ok && !slices.Contains(orders, c.Sort) {
		r.Report(config.Warning, e, "known are "+strings.Join(orders, ", "), "sort = %s is not known: pieces are played by name", e.Value)
	}
	s.Done()
	checkEntries(r, section)
	place := config.Entry{File: section.File, Line: section.Line}
	if e, ok := section.Entry("mode"); ok {
		place = e
	}
	const instead = "it is left out"
	switch _, err := os.ReadDir(c.folder); {
	case slices.Contains(laterModes, c.Mode):
		r.Report(config.Warning, place, "use files, playlist or custom", "mode %s of music on hold is known, and not built yet: %s", c.Mode, instead)
	case c.Mode != "files" && c.Mode != "playlist" && c.Mode != "custom":
		r.Report(config.Error, place, "write files, playlist or custom", "class %s has no mode that is known: %s", c.Name, instead)
	case c.Mode == "playlist" && len(c.Entries) == 0:
		r.Report(config.Error, place, "write entry=FILE", "playlist %s has no entry: %s", c.Name, instead)
	case c.Mode == "custom":
		return c.perform(r, section, place, logger)
	case c.Mode == "files" && c.Directory == "":
		r.Report(config.Error, place, "write directory=FOLDER", "class %s has no directory: %s", c.Name, instead)
	case c.Mode == "files" && err != nil:
		place, _ = section.Entry("directory")
		r.Report(config.Warning, place, "make the folder, or correct the path", "class %s has no music: %v: %s", c.Name, err, instead)
	default:
		return c
	}
	return nil
}

// checkEntries tells of files of a playlist that are not there.
func checkEntries(r *config.Reader, section *config.Section) {
	for _, e := range section.Entries {
		if strings.EqualFold(e.Key, "entry") && filepath.IsAbs(e.Value) && !found(e.Value) {
			r.Report(config.Warning, e, "correct the path", "class %s: there is no sound %s: it is passed over", section.Name, e.Value)
		}
	}
}

// perform gives a class of mode custom its program; nil if it says of none.
func (c *Class) perform(r *config.Reader, section *config.Section, place config.Entry, logger *slog.Logger) *Class {
	form, known := media.FormatByName(c.Format)
	switch {
	case c.Application == "":
		r.Report(config.Error, place, "write application=COMMAND", "class %s has no application: it is left out", c.Name)
		return nil
	case !known || !form.Linear() && form != media.ULaw && form != media.ALaw:
		place, _ = section.Entry("format")
		r.Report(config.Error, place, "slin, slin16 and the like, ulaw and alaw are possible", "format = %s of class %s: slin is taken", c.Format, c.Name)
		c.Format, form = "slin", media.SLin
	}
	line := c.Application
	if c.Directory != "" {
		line = "cd '" + strings.ReplaceAll(c.folder, "'", `'\''`) + "' && " + line
	}
	c.program = &program{class: c.Name, line: line, form: form, group: c.KillMethod == "process_group", delay: c.KillDelay, log: logger}
	return c
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

// class finds the class that a leg hears: what CHANNEL(musicclass) says, else what was asked for,
// or the other way round with preferchannelclass=no; else default, which may be nil.
func (l *Library) class(asked string, c *channel.Channel) *Class {
	m := l.music.Load()
	names := []string{asked}
	if c != nil {
		names = append(names, c.Snapshot().MusicClass)
	}
	if !m.others {
		slices.Reverse(names)
	}
	for _, name := range names {
		if known := m.byName[strings.ToLower(name)]; known != nil {
			return known
		}
		if name != "" && !strings.EqualFold(name, "default") {
			l.options.Logger.Warn("Music on Hold class '" + name + "' not found in memory. Verify your configuration.")
		}
	}
	return m.byName["default"]
}

// Files returns the pieces of a class as paths without extension, in the order
// in which they are played.
func (c *Class) Files() []string {
	switch c.Mode {
	case "playlist":
		return c.Entries
	case "custom":
		return nil
	}
	entries, err := os.ReadDir(c.folder)
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
			list = append(list, filepath.Join(c.folder, base))
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
	return 0, false
}

// errNoMusic says that a class has nothing to play.
func errNoMusic(class string) error { return fmt.Errorf("no music on hold of class %q", class) }
