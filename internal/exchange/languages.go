package exchange

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/ael"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/lua"
	"github.com/octothorpe/octothorpe/internal/parking"
	"github.com/octothorpe/octothorpe/internal/sharedline"
)

// loadLanguages reads the dialplans in other languages than that of extensions.conf.
func (x *Exchange) loadLanguages() {
	for _, load := range []func() error{x.loadAEL, x.loadLua} {
		if err := load(); err != nil {
			x.log.Error("a part of the dialplan is missing", "error", err)
		}
	}
}

// languages reads the dialplans in other languages, tells of errors in them and puts
// them beside what extensions.conf says.
func (c *checker) languages() {
	told := func(name string, err error) {
		if err != nil && !isMissing(err) {
			c.problems = append(c.problems, config.Diagnostic{Severity: config.Error, File: filepath.Join(c.dirs.Etc, name), Problem: err.Error()})
		}
	}
	branches, err := ael.Read(filepath.Join(c.dirs.Etc, ael.File))
	told(ael.File, err)
	ctx, cancel := context.WithTimeout(context.Background(), luaTime)
	defer cancel()
	book, err := (&lua.House{}).Read(ctx, filepath.Join(c.dirs.Etc, lua.File))
	told(lua.File, err)
	if c.plan == nil && branches == nil && book == nil {
		return
	}
	if c.plan == nil {
		c.plan = dialplan.Empty()
	}
	whole, err := c.plan.Edit(func(d *dialplan.Editor) error {
		book.Install(d)
		return branches.Install(d)
	})
	if err != nil {
		told(ael.File, err)
		return
	}
	c.plan = whole
}

// whole looks at the dialplan of all its files.
func (c *checker) whole() {
	if c.plan == nil {
		return
	}
	for _, found := range append(dialplan.Inspect(c.plan, c.words), c.plan.Strays(latecomers(c.look)...)...) {
		found.File = c.path(found.File)
		c.problems = append(c.problems, found)
	}
}

// contextMakers are the options that name a context to be made.
var contextMakers = []struct{ file, option string }{
	{faces[0].file, "regcontext"}, {faces[1].file, "regcontext"}, {conferenceFile, "regcontext"}, {sharedline.File, "autocontext"},
	{wizardFile, "hint_context"},
}

// latecomers are contexts that are made while the exchange runs.
func latecomers(read func(name string) *config.File) []string {
	names := parking.Contexts(read(parking.File))
	for _, maker := range contextMakers {
		for _, s := range read(maker.file).Sections() {
			if name := s.Get(maker.option); name != "" {
				names = append(names, strings.Split(name, "&")...)
			}
		}
	}
	return names
}

// strays tells of includes that name nothing.
func (x *Exchange) strays() {
	read := func(name string) *config.File {
		f, _ := x.look(name) // what is wrong with it is told where it is used
		return f
	}
	x.report(x.engine.Plan().Strays(latecomers(read)...))
}
