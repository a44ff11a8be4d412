package sdn

import (
	"net"
	"strings"

	asterisk "github.com/octothorpe/octothorpe/internal/config"
)

// Section reads [network] of asterisk.conf, which is our own: an exchange that
// drives switches as well. Without faucet in it there is no network: then ok is
// false. What it does not say is as Faucet's environment does (Defaults).
func Section(f *asterisk.File) (o Options, ok bool, problems []asterisk.Diagnostic) {
	r := asterisk.NewReader(nil)
	section := f.Section("network")
	s := r.Section(section)
	o = Defaults()
	o.Config = s.String("faucet", "")
	o.Gauge = s.String("gauge", o.Gauge)
	o.Listen = s.String("listen", o.Listen)
	o.Metrics = s.String("metrics", o.Metrics)
	o.View = s.String("view", o.View)
	o.Events = s.String("events", o.Events)
	s.Done()
	wrong := func(name, hint, why string) {
		e, _ := section.Entry(name)
		r.Report(asterisk.Error, e, hint, "%s = %s: %s", name, e.Value, why)
	}
	for name, address := range map[string]string{"metrics": o.Metrics, "view": o.View} {
		if _, _, err := net.SplitHostPort(address); err != nil && address != none {
			wrong(name, "write it as 127.0.0.1:9304, or none", "it is no host and port")
		}
	}
	if !strings.HasPrefix(o.Listen, "ptcp:") && !strings.HasPrefix(o.Listen, "punix:") {
		wrong("listen", "write it as ptcp:6653 or ptcp:6653:127.0.0.1", "it is no such place; for pssl run octothorpe sdn")
	}
	for _, d := range r.Diagnostics() {
		if d.Severity == asterisk.Error {
			return o, false, r.Diagnostics()
		}
	}
	return o, o.Config != "", r.Diagnostics()
}
