package exchange

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// What UpdateConfig refuses a change with, in the reference's words.
const (
	errNoCategory   = command.Refusal("Category not specified")
	errNoSection    = command.Refusal("Given category does not exist")
	errIncomplete   = command.Refusal("Problem with category, value, or line (if required)")
	errUnknownEdit  = command.Refusal("Unknown action command")
	errNotCreated   = command.Refusal("Create category did not complete successfully")
	errNoTemplate   = command.Refusal("Template category not found")
	errNotUpdated   = command.Refusal("Update did not complete successfully")
	errNotSaved     = command.Refusal("Save of config failed")
	errWrongFormat  = command.Refusal("Config file has invalid format")
	errNotDeletable = command.Refusal("Delete category did not complete successfully")
)

// actCreateConfig makes an empty file.
func (x *Exchange) actCreateConfig(_ context.Context, r *command.ActionRequest) error {
	name := r.Get("Filename")
	if name == "" {
		return errNoFilename
	}
	path := x.configPath(name)
	if !x.mayReach(path) {
		return errOutside
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	switch {
	case errors.Is(err, fs.ErrExist):
		return command.Refusal("File exists")
	case errors.Is(err, fs.ErrNotExist):
		return command.Refusal("No such file or directory")
	case errors.Is(err, fs.ErrPermission):
		return command.Refusal("Permission denied")
	case err != nil:
		x.log.Error("a configuration file was not made", "file", path, "error", err)
		return command.Refusal("Input/output error")
	}
	if err := f.Close(); err != nil {
		return command.Refusal("Input/output error")
	}
	r.Reply("Success", "New configuration file created successfully")
	return nil
}

// actUpdateConfig changes a file, all or nothing, keeps its comments and includes, and
// reads what of the exchange Reload names again.
func (x *Exchange) actUpdateConfig(_ context.Context, r *command.ActionRequest) error {
	from, to := r.Get("SrcFilename"), r.Get("DstFilename")
	if from == "" || to == "" {
		return errNoFilename
	}
	source, target := x.configPath(from), x.configPath(to)
	for _, path := range []string{source, target} {
		if _, err := os.Stat(path); err != nil || !x.mayReach(path) {
			return errOutside // so the reference says of a file that is not there
		}
	}
	x.editing.Lock()
	defer x.editing.Unlock()
	document, err := config.Open(source, config.Options{Dir: x.dirs.Etc, Exec: x.system.Execs})
	if err != nil {
		return errWrongFormat
	}
	for i := 0; ; i++ {
		e := readEdit(r, i)
		if e.action == "" {
			break
		}
		if err := e.apply(document); err != nil {
			return err
		}
	}
	if source == target {
		err = document.Save()
	} else {
		err = document.SaveAs(target)
	}
	if err != nil {
		x.log.Error("a configuration file was not written", "file", target, "error", err)
		return errNotSaved
	}
	r.Reply("Success", "")
	if module := r.Get("Reload"); module != "" {
		if config.True(module) {
			module = ""
		}
		if err := x.Reload(module); err != nil {
			x.log.Warn("what a client changed was not read", "file", target, "module", module, "error", err)
		}
	}
	return nil
}

// configPath is where a file that a client names lies.
func (x *Exchange) configPath(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(x.dirs.Etc, name)
}

// mayReach reports whether clients may read and write a file: one below the configuration
// folder, links followed, or any with live_dangerously. A client is no shell.
func (x *Exchange) mayReach(path string) bool {
	if x.system.LiveDangerously {
		return true
	}
	folder, err := filepath.EvalSymlinks(x.dirs.Etc)
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil { // it is not there, or not yet: where it would be decides
		if real, err = filepath.EvalSymlinks(filepath.Dir(path)); err != nil {
			real = filepath.Clean(filepath.Dir(path))
			folder = filepath.Clean(x.dirs.Etc)
		}
	}
	below, err := filepath.Rel(folder, real)
	return err == nil && below != ".." && !strings.HasPrefix(below, "../")
}

// A configEdit is one change that UpdateConfig was asked for, its keys numbered.
type configEdit struct {
	action, section, key, value, match, line string
	filter                                   string
	options                                  []string
	arrow, preserve                          bool
}

func readEdit(r *command.ActionRequest, i int) *configEdit {
	get := func(key string) string { return r.Get(fmt.Sprintf("%s-%06d", key, i)) }
	e := &configEdit{action: strings.ToLower(get("Action")), section: get("Cat"), key: get("Var"), value: get("Value"), match: get("Match"),
		line: get("Line"), options: splitQuoted(get("Options")), preserve: true}
	if text := r.Get("PreserveEffectiveContext"); text != "" {
		e.preserve = config.True(text)
	}
	if rest, ok := strings.CutPrefix(e.value, ">"); ok {
		e.value, e.arrow = rest, true
	}
	e.match = strings.TrimPrefix(e.match, ">")
	for _, option := range e.options {
		if text, ok := strings.CutPrefix(option, "catfilter="); ok {
			e.filter = strings.Trim(text, `"`)
		}
	}
	return e
}

// splitQuoted splits at the commas that stand in no quotes.
func splitQuoted(text string) (parts []string) {
	quoted := false
	start := 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ',' && !quoted:
			parts = append(parts, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(text[start:]))
}

// needs are what each change must be given beside its section.
var configNeeds = map[string]func(e *configEdit) bool{
	"newcat":    func(*configEdit) bool { return true },
	"renamecat": func(e *configEdit) bool { return e.value != "" },
	"delcat":    func(*configEdit) bool { return true },
	"emptycat":  func(*configEdit) bool { return true },
	"update":    func(e *configEdit) bool { return e.key != "" },
	"delete":    func(e *configEdit) bool { return e.key != "" || e.line != "" },
	"append":    func(e *configEdit) bool { return e.key != "" },
	"insert":    func(e *configEdit) bool { return e.key != "" && e.line != "" },
}

// apply makes the change in every section that it is about, as on the reference.
func (e *configEdit) apply(d *config.Document) error {
	enough, known := configNeeds[e.action]
	switch {
	case e.section == "":
		return errNoCategory
	case !known:
		return errUnknownEdit
	case !enough(e):
		return errIncomplete
	case e.action == "newcat":
		return e.create(d)
	}
	at := config.Address{Section: e.section, Filter: e.filter}
	count := d.Count(at)
	if count == 0 {
		return errNoSection
	}
	done := false
	for at.Number = count - 1; at.Number >= 0; at.Number-- { // from the last, for some go
		err := e.change(d, at)
		if err != nil && !errors.Is(err, config.ErrNoOption) {
			return e.refusal()
		}
		done = done || err == nil
	}
	if !done {
		return errNotUpdated
	}
	return nil
}

func (e *configEdit) refusal() error {
	if e.action == "delcat" {
		return errNotDeletable
	}
	return errNotUpdated
}

func (e *configEdit) create(d *config.Document) error {
	n := config.NewSection{Name: e.section, Template: slices.Contains(e.options, "template"), Duplicate: slices.Contains(e.options, "allowdups")}
	for _, option := range e.options {
		if text, ok := strings.CutPrefix(option, "inherit="); ok {
			n.Inherit = strings.Split(strings.Trim(text, `"`), ",")
		}
	}
	if !n.Duplicate && d.File().Section(n.Name) != nil { // before its templates are looked at
		return errNotCreated
	}
	for _, parent := range n.Inherit {
		if d.File().Section(parent) == nil {
			return errNoTemplate
		}
	}
	if err := d.NewSection(n); err != nil {
		return errNotCreated
	}
	return nil
}

// change makes the change in one section.
func (e *configEdit) change(d *config.Document, at config.Address) error {
	switch e.action {
	case "renamecat":
		return d.RenameSection(at, e.value)
	case "delcat":
		return d.DeleteSection(at)
	case "emptycat":
		return e.keeping(d, at, d.Section(at).Entries, func() error { return d.EmptySection(at) })
	case "append":
		return d.Append(at, config.Option{Key: e.key, Value: e.value, Arrow: e.arrow})
	case "insert":
		n, err := strconv.Atoi(e.line)
		if err != nil {
			return nil // the reference finds no such line, and says nothing
		}
		return d.Insert(at, n, config.Option{Key: e.key, Value: e.value, Arrow: e.arrow})
	case "delete":
		return e.delete(d, at)
	}
	return e.update(d, at)
}

// update gives the first option of the name, of those that match, a new value. One
// of a template's is overridden in front of the section's own.
func (e *configEdit) update(d *config.Document, at config.Address) error {
	i := e.find(d.Section(at))
	if i < 0 {
		return config.ErrNoOption
	}
	old := d.Section(at).Entries[i]
	if old.Inherited {
		return d.Insert(at, i, config.Option{Key: old.Key, Value: e.value, Arrow: e.arrow || old.Arrow})
	}
	return e.keeping(d, at, []config.Entry{old}, func() error { return d.Set(at, e.key, e.match, e.value) })
}

// delete takes away the option of a line, or all of the name that match. Those of a
// template stay.
func (e *configEdit) delete(d *config.Document, at config.Address) error {
	entries := slices.Clone(d.Section(at).Entries)
	from, to := 0, len(entries)
	if e.line != "" {
		n, err := strconv.Atoi(e.line)
		if err != nil || n < 0 || n >= len(entries) {
			return config.ErrNoOption
		}
		from, to = n, n+1
	}
	found := false
	for i := to - 1; i >= from; i-- {
		if e.line == "" && !e.matches(entries[i]) {
			continue
		}
		found = true
		if entries[i].Inherited {
			continue
		}
		if err := e.keeping(d, at, entries[i:i+1], func() error { return d.DeleteAt(at, i) }); err != nil {
			return err
		}
	}
	if !found {
		return config.ErrNoOption
	}
	return nil
}

// find returns the number of the first option of the name that matches, or -1.
func (e *configEdit) find(s *config.Section) int { return slices.IndexFunc(s.Entries, e.matches) }

func (e *configEdit) matches(o config.Entry) bool {
	return strings.EqualFold(o.Key, e.key) && (e.match == "" || o.Value == e.match)
}
