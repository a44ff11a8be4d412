package phone

import (
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/jitter"
)

// sipJitter is what [general] of sip.conf says about jitter buffers. As in the
// reference a peer has none of its own, forcing changes nothing, as every leg in a
// bridge has its buffer, and nothing is logged.
type sipJitter struct {
	Enabled, Forced, Log bool
	Impl                 string // as it was written
	jitter.Config
}

func freshJitter() sipJitter {
	return sipJitter{Impl: "fixed", Config: jitter.Default(jitter.Fixed)}
}

// buffer is the buffer that legs get, nil for none.
func (j *sipJitter) buffer() *jitter.Config {
	if !j.Enabled {
		return nil
	}
	g := j.Config
	g.Kind, _ = jitter.ParseKind(j.Impl) // a name that is none counts as fixed
	return &g
}

// sipJitterOptions are the jb options of [general].
func sipJitterOptions() []sipOption {
	type g = sipGeneral
	text := func(name string, set func(j *sipJitter, s string)) sipOption {
		return setter(name, func(v *sipDraft, s string) error { set(&v.general.Jitter, s); return nil })
	}
	return []sipOption{
		generalBool("jbenable", func(v *g) *bool { return &v.Jitter.Enabled }),
		generalBool("jbforce", func(v *g) *bool { return &v.Jitter.Forced }),
		generalBool("jblog", func(v *g) *bool { return &v.Jitter.Log }),
		text("jbimpl", func(j *sipJitter, s string) {
			if s != "" {
				j.Impl = s
			}
		}),
		text("jbmaxsize", func(j *sipJitter, s string) { j.SetMaxSize(s) }),
		text("jbresyncthreshold", func(j *sipJitter, s string) { j.SetResync(s) }),
		text("jbtargetextra", func(j *sipJitter, s string) { j.SetTargetExtra(s) }),
	}
}

// jitterOfPeer are the same options in the section of a peer, which are read there
// and mean nothing.
func jitterOfPeer() []sipOption {
	var list []sipOption
	for _, o := range sipJitterOptions() {
		list = append(list, setter(o.name, func(*sipDraft, string) error { return nil }))
	}
	return list
}

// settings are the lines of `sip show settings`.
func (j *sipJitter) settings() []field {
	if !j.Enabled {
		return []field{{"Jitterbuffer enabled:", "No"}}
	}
	list := []field{{"Jitterbuffer enabled:", "Yes"}, {"Jitterbuffer forced:", yes(j.Forced)},
		{"Jitterbuffer max size:", fmt.Sprint(j.MaxSize.Milliseconds())}, {"Jitterbuffer resync:", fmt.Sprint(j.Resync.Milliseconds())},
		{"Jitterbuffer impl:", j.Impl}}
	if strings.EqualFold(j.Impl, "adaptive") {
		list = append(list, field{"Jitterbuffer tgt extra:", fmt.Sprint(j.TargetExtra.Milliseconds())})
	}
	return append(list, field{"Jitterbuffer log:", yes(j.Log)})
}
