package exchange

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/facts"
)

// accepted are files of Asterisk most of whose options change nothing here yet: they are
// read for what is wrong with them, and each option that is written is told of once.
var accepted = map[string]func(*config.File) []config.Diagnostic{codecFile: checkCodecs, "ccss.conf": acceptedFile, "stasis.conf": acceptedFile}

// codecFile says how voice is coded.
const codecFile = "codecs.conf"

// namedSections are the sections of those files that may have any name, by the kind
// that the facts call them.
var namedSections = map[string]bool{"format": true}

// checkCodecs finds what is wrong with codecs.conf.
func checkCodecs(f *config.File) []config.Diagnostic {
	_, problems := readConcealment(f)
	return append(acceptedFile(f), problems...)
}

// readConcealment reads [plc] of codecs.conf: where packets that are missing are made up for.
func readConcealment(f *config.File) (c channel.Concealment, problems []config.Diagnostic) {
	r := config.NewReader(nil)
	s := r.Section(f.Section("plc"))
	c.Transcoded = s.Bool("genericplc", false)
	c.Equal = s.Bool("genericplc_on_equal_codecs", false) && c.Transcoded
	return c, r.Diagnostics()
}

// configureConcealment takes [plc] of codecs.conf, for calls from now on.
func (x *Exchange) configureConcealment() error {
	var c channel.Concealment
	if f := x.optional(codecFile); f != nil {
		c, _ = readConcealment(f) // checkCodecs has told what is wrong
	}
	x.channels.SetConcealment(c)
	return nil
}

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
			case filepath.Base(f.Path) == codecFile && strings.EqualFold(s.Name, "plc"): // see readConcealment
			case strings.HasSuffix(s.Name, "pool"): // how many threads serve is not for a file to say here
			default:
				tellAccepted(r, filepath.Base(f.Path), s.Name, e)
			}
		}
	}
	return r.Diagnostics()
}

// tellAccepted tells of an option that changes nothing, and why.
func tellAccepted(r *config.Reader, file, section string, e config.Entry) {
	switch {
	case file == "ccss.conf":
		r.WithoutEffect(e, "there is no call completion (CCBS, CCNR)")
	case file == "stasis.conf":
		r.NotHonoured(e, "events of messages that are declined are told nevertheless; eventfilter of manager.conf leaves them out for its user")
	case strings.EqualFold(section, "speex"):
		r.WithoutEffect(e, "Speex is passed on from phone to phone and never made")
	default:
		r.WithoutEffect(e, "Opus is passed on and decoded, and never made")
	}
}

// accept tells in the log of options in those files that change nothing.
func (x *Exchange) accept() {
	for _, name := range slices.Sorted(maps.Keys(accepted)) {
		if f := x.optional(name); f != nil {
			x.report(accepted[name](f))
		}
	}
}
