package exchange

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/facts"
)

// accepted are files of Asterisk whose options change nothing here yet: they are
// read for what is wrong with them, and each option that is written is told of once.
var accepted = []string{"codecs.conf", "ccss.conf", "stasis.conf"}

// namedSections are the sections of those files that may have any name, by the kind
// that the facts call them.
var namedSections = map[string]bool{"format": true}

// acceptedFile finds what a file has that Asterisk would not know, or that has no effect.
func acceptedFile(f *config.File) []config.Diagnostic {
	r := config.NewReader(nil)
	known := facts.Options(filepath.Base(f.Path), "")
	for _, s := range f.Sections() {
		if s.Template {
			continue
		}
		// The only section of a file is [general] there, whatever the facts call it.
		kinds := slices.DeleteFunc(slices.Clone(known), func(o facts.Option) bool {
			return !strings.EqualFold(o.Object, s.Name) && !namedSections[o.Object] && (o.Object != "global" || !strings.EqualFold(s.Name, "general"))
		})
		if len(kinds) == 0 {
			r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, "", "unknown section [%s]", s.Name)
			continue
		}
		for _, e := range s.Lines() {
			switch {
			case !slices.ContainsFunc(kinds, func(o facts.Option) bool { return strings.EqualFold(o.Name, e.Key) }):
				names := func(yield func(string) bool) {
					for _, o := range kinds {
						if !yield(o.Name) {
							return
						}
					}
				}
				r.Report(config.Warning, e, config.Suggest(e.Key, names), "unknown option %s", e.Key)
			case strings.HasSuffix(s.Name, "pool"): // how many threads serve is not for a file to say here
			default:
				r.NotHonoured(e)
			}
		}
	}
	return r.Diagnostics()
}

// accept tells in the log of options in those files that change nothing.
func (x *Exchange) accept() {
	for _, name := range accepted {
		if f := x.optional(name); f != nil {
			x.report(acceptedFile(f))
		}
	}
}
