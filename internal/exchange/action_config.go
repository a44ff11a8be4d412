package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// configActions are the actions that read and write configuration files.
func (x *Exchange) configActions() []command.Action {
	row := func(name, synopsis string) command.Row { return command.Row{Name: name, Synopsis: synopsis} }
	const read = command.System | command.ConfigClass
	return []command.Action{
		{Row: row("GetConfig", "Read a configuration file"), Privilege: read, Run: x.actGetConfig},
		{Row: row("GetConfigJSON", "Read a configuration file, as JSON"), Privilege: read, Run: x.actGetConfigJSON},
		{Row: row("ListCategories", "List the sections of a configuration file"), Privilege: command.ConfigClass, Run: x.actListCategories},
		{Row: row("CreateConfig", "Make an empty configuration file"), Privilege: command.ConfigClass, Run: x.actCreateConfig},
		{Row: row("UpdateConfig", "Change a configuration file; its comments stay"), Privilege: command.ConfigClass, Run: x.actUpdateConfig},
	}
}

// The refusals of the actions on files, in the reference's words.
const (
	errNoFilename = command.Refusal("Filename not specified")
	errNoFile     = command.Refusal("Config file not found")
	errOutside    = command.Refusal("File requires escalated privileges")
)

// readFor reads the file that a client names; see mayReach.
func (x *Exchange) readFor(r *command.ActionRequest) (*config.File, error) {
	name := r.Get("Filename")
	if name == "" {
		return nil, errNoFilename
	}
	real, err := filepath.EvalSymlinks(x.configPath(name))
	if err != nil {
		return nil, errNoFile
	}
	if !x.mayReach(real) {
		return nil, errOutside
	}
	f, err := config.Load(real, config.Options{Dir: x.dirs.Etc, Exec: x.system.Execs})
	if err != nil {
		var invalid *config.InvalidError
		if errors.As(err, &invalid) {
			return nil, errWrongFormat
		}
		return nil, errNoFile
	}
	return f, nil
}

// A sectionFilter says which sections a client wants.
type sectionFilter struct {
	category         string
	templates, plain bool
	nothing          bool           // fits
	options          []optionFilter // one of them all must be there
}

type optionFilter struct{ name, value *regexp.Regexp }

// readFilter reads Category and Filter: "TEMPLATES=include,NAME=VALUE", where
// names and values are regular expressions. One that is none finds nothing.
func readFilter(r *command.ActionRequest) sectionFilter {
	f := sectionFilter{category: r.Get("Category"), plain: true}
	for _, part := range strings.Split(r.Get("Filter"), ",") {
		name, value, ok := strings.Cut(part, "=")
		switch {
		case !ok:
			continue
		case name == "TEMPLATES" && (value == "include" || value == "restrict"):
			f.templates, f.plain = true, value != "restrict"
			continue
		}
		var o optionFilter
		var err error
		if o.name, err = regexp.CompilePOSIX(name); err == nil {
			o.value, err = regexp.CompilePOSIX(value)
		}
		f.nothing = f.nothing || err != nil
		f.options = append(f.options, o)
	}
	return f
}

func (f *sectionFilter) wants(s *config.Section) bool {
	if f.nothing || s.Template && !f.templates || !s.Template && !f.plain || f.category != "" && s.Name != f.category {
		return false
	}
	for _, o := range f.options {
		if !slices.ContainsFunc(s.Entries, func(e config.Entry) bool { return o.name.MatchString(e.Key) && o.value.MatchString(e.Value) }) {
			return false
		}
	}
	return true
}

// wanted reads the file of a request and what of it is asked for.
func (x *Exchange) wanted(r *command.ActionRequest) (list []*config.Section, filter sectionFilter, err error) {
	f, err := x.readFor(r)
	if err != nil {
		return nil, filter, err
	}
	filter = readFilter(r)
	for _, s := range f.Sections() {
		if filter.wants(s) {
			list = append(list, s)
		}
	}
	return list, filter, nil
}

func (x *Exchange) actGetConfig(_ context.Context, r *command.ActionRequest) error {
	list, filter, err := x.wanted(r)
	if err != nil {
		return err
	}
	var fields []command.Field
	add := func(value, format string, args ...any) {
		fields = append(fields, command.Field{Key: fmt.Sprintf(format, args...), Value: value})
	}
	for i, s := range list {
		add(s.Name, "Category-%06d", i)
		if s.Template {
			add("1", "IsTemplate-%06d", i)
		}
		if len(s.Parents) > 0 {
			add(strings.Join(s.Parents, ","), "Templates-%06d", i)
		}
		for j, e := range s.Entries {
			add(e.Key+"="+e.Value, "Line-%06d-%06d", i, j)
		}
	}
	if len(list) == 0 && filter.category != "" {
		add("No categories found", "") // a line without a key, as the reference has it
	}
	r.Reply("Success", "", fields...)
	return nil
}

func (x *Exchange) actGetConfigJSON(_ context.Context, r *command.ActionRequest) error {
	list, _, err := x.wanted(r)
	if errors.Is(err, errNoFile) {
		err = errOutside // so the reference says of a file that is not there
	}
	if err != nil {
		return err
	}
	var sections []string
	for _, s := range list {
		var parts []string
		if s.Template {
			parts = append(parts, `"istemplate":1`)
		}
		if len(s.Parents) > 0 {
			parts = append(parts, `"templates":`+quote(strings.Join(s.Parents, ",")))
		}
		for _, e := range s.Entries {
			parts = append(parts, quote(e.Key)+":"+quote(e.Value))
		}
		sections = append(sections, quote(s.Name)+":{"+strings.Join(parts, ",")+"}")
	}
	r.Reply("Success", "", command.Field{Key: "JSON", Value: "{" + strings.Join(sections, ",") + "}"})
	return nil
}

// quote is a text as JSON. Names may occur twice, so that no map can hold them.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always can be
	return strings.TrimSuffix(b.String(), "\n")
}

func (x *Exchange) actListCategories(_ context.Context, r *command.ActionRequest) error {
	f, err := x.readFor(r)
	if err != nil {
		return err
	}
	var fields []command.Field
	for _, s := range f.Sections() {
		if !s.Template {
			fields = append(fields, command.Field{Key: fmt.Sprintf("Category-%06d", len(fields)), Value: s.Name})
		}
	}
	if len(fields) == 0 {
		fields = []command.Field{{Key: "Error", Value: "no categories found"}}
	}
	r.Reply("Success", "", fields...)
	return nil
}
