package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/manager"
)

// ErrConfiguration says that a configuration has errors.
var ErrConfiguration = errors.New("the configuration has errors")

// Check reads a configuration and returns what is wrong with it. Nothing is
// started. The error wraps ErrConfiguration if one of the problems is an error,
// or tells why a file can't be read at all.
func Check(o Options) ([]config.Diagnostic, error) {
	f, err := config.Load(o.Config, config.Options{Exec: o.Execs})
	if err != nil {
		return nil, err
	}
	dirs := readDirectories(f)
	system, problems := readOptions(f)
	problems = append(append([]config.Diagnostic(nil), f.Diagnostics...), problems...)
	from := config.Options{Dir: dirs.Etc, Exec: o.Execs || system.Execs}
	var failed []error
	each := func(name string, read func(*config.File) []config.Diagnostic) {
		f, err := config.Load(name, from)
		if f != nil {
			problems = append(problems, f.Diagnostics...)
		}
		switch {
		case isMissing(err) && f == nil:
		case err != nil:
			failed = append(failed, err)
		default:
			problems = append(problems, read(f)...)
		}
	}
	each("extensions.conf", func(f *config.File) []config.Diagnostic {
		plan, d := dialplan.Load(f, nil)
		return append(d, unbuilt(plan)...)
	})
	each("manager.conf", func(f *config.File) []config.Diagnostic {
		acl, _ := config.Load("acl.conf", from) // its own problems come with its own reading
		_, d := manager.Load(f, acl)
		return d
	})
	for name, read := range phoneChecks() {
		each(name, read)
	}
	if err := errors.Join(failed...); err != nil {
		return problems, err
	}
	if errorsIn(problems) {
		return problems, fmt.Errorf("%s: %w", o.Config, ErrConfiguration)
	}
	return problems, nil
}

// Socket returns the control socket of the exchange that the options mean.
func Socket(o Options) (string, error) {
	if o.Config == "" {
		return directoriesIn(o.State).Socket, nil
	}
	f, err := config.Load(o.Config, config.Options{Exec: o.Execs})
	if err != nil {
		return "", err
	}
	return readDirectories(f).Socket, nil
}

// Context lasts until the exchange has ended.
func (x *Exchange) Context() context.Context { return x.background }

// unbuilt are remarks about applications of a plan that this exchange does not have.
func unbuilt(p *dialplan.Plan) []config.Diagnostic {
	engine := dialplan.NewEngine(dialplan.Config{Channels: channel.NewRegistry(event.NewBus(), slog.New(slog.DiscardHandler), "")})
	for _, a := range (&app.House{}).Applications() {
		engine.AddApplication(a)
	}
	known := map[string]bool{}
	for _, a := range facts.Applications() {
		known[strings.ToLower(a.Name)] = true
	}
	var list []config.Diagnostic
	for _, c := range p.Contexts() {
		for _, e := range c.Extensions() {
			for _, step := range e.Priorities {
				if _, ok := engine.Application(step.Application); ok || step.Number == dialplan.HintPriority {
					continue
				}
				d := config.Diagnostic{Severity: config.Error, File: step.File, Line: step.Line,
					Problem: "there is no application " + step.Application, Hint: "check the spelling"}
				if known[strings.ToLower(step.Application)] {
					d.Severity, d.Problem, d.Hint = config.Warning, "application "+step.Application+" is known, but not built yet", ""
				}
				list = append(list, d)
			}
		}
	}
	return list
}
