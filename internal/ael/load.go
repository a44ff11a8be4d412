package ael

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// Read reads a file, with those that it includes. The error names file and line.
func Read(path string) (*Plan, error) {
	text, err := gather(path, filepath.Dir(path), 0)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse makes the plan of a text. name is what an error calls it.
func Parse(name, text string) (p *Plan, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(*fault)
			if !ok {
				panic(r)
			}
			p, err = nil, f
		}
	}()
	s := &scanner{name: name, text: text}
	return s.build(s.document()), nil
}

// maxDepth bounds files that include themselves.
const maxDepth = 50

// gather puts what is included in the place of each #include "file" at the beginning of a line.
func gather(path, dir string, depth int) (string, error) {
	if depth > maxDepth {
		return "", fmt.Errorf("%s: files include each other", path)
	}
	data, err := os.ReadFile(path) //nolint:gosec // the administrator's
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for line := range strings.Lines(string(data)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "#include")
		if !ok {
			all.WriteString(line)
			continue
		}
		name := strings.Trim(strings.TrimSpace(rest), "\"<>;")
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		names, err := filepath.Glob(name)
		if err != nil || len(names) == 0 {
			return "", fmt.Errorf("%s: there is no file %s to include", path, name)
		}
		for _, one := range names {
			text, err := gather(one, dir, depth+1)
			if err != nil {
				return "", err
			}
			all.WriteString(text)
		}
	}
	return all.String(), nil
}

// Install puts the plan into another, in the place of the one before; nil takes that away.
func (p *Plan) Install(d *dialplan.Editor) error {
	d.RemoveRegistrar(Registrar)
	if p == nil {
		return nil
	}
	for _, c := range p.Contexts {
		d.AddContext(c.Name, Registrar)
		for _, name := range c.Includes {
			_, _ = d.AddInclude(c.Name, dialplan.Include{Text: name, Registrar: Registrar, File: p.file}) // twice is once
		}
		for i, s := range append(append([]string(nil), c.Switches...), c.Evaluated...) {
			name, data, _ := strings.Cut(s, "/")
			_ = d.AddSwitch(c.Name, dialplan.Switch{Name: name, Data: data, Evaluate: i >= len(c.Switches), Registrar: Registrar})
		}
		for _, pattern := range c.Ignored {
			_ = d.AddIgnorePattern(c.Name, pattern, Registrar)
		}
		for _, e := range c.Extensions {
			if err := e.install(d, c.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// install adds the steps of an extension. One that is there already wins.
func (e *Extension) install(d *dialplan.Editor, in string) error {
	t := dialplan.Target{Context: in}
	t.Exten, t.CallerID, t.MatchCaller = strings.Cut(e.Name, "/")
	add := func(p dialplan.Priority) error {
		p.Registrar = Registrar
		if _, err := d.AddPriority(t, p, false); err != nil && !errors.Is(err, dialplan.ErrExists) {
			return err
		}
		return nil
	}
	if e.Hint != "" {
		if err := add(dialplan.Priority{Number: dialplan.HintPriority, Application: e.Hint}); err != nil {
			return err
		}
	}
	for i, s := range e.Steps {
		if err := add(dialplan.Priority{Number: e.First + i, Label: s.Label, Application: s.Application, Data: s.Data}); err != nil {
			return err
		}
	}
	return nil
}

// Applications returns AELSub, which calls a macro from another language. gosub is the executor's.
func Applications(gosub func(c *channel.Channel, place string) error) []command.Application[*channel.Channel] {
	return []command.Application[*channel.Channel]{{
		Row: command.Row{Name: "AELSub", Module: Registrar, Synopsis: "Call a macro of extensions.ael", Syntax: "AELSub(macro[,args])"},
		Run: func(_ context.Context, c *channel.Channel, data string) error {
			name, args, _ := strings.Cut(data, ",")
			return gosub(c, fmt.Sprintf("%s,%s,1(%s)", name, macroExten, args))
		},
	}}
}
