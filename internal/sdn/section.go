package sdn

import (
	"net"
	"slices"
	"strings"
	"time"

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
	cert, key, ca := s.String("cert", ""), s.String("key", ""), s.String("ca", "")
	o.Cluster.URL = s.String("nats", "")
	o.Cluster.Listen = s.String("cluster", "")
	for peer := range strings.SplitSeq(s.String("peers", ""), ",") {
		if peer = strings.TrimSpace(peer); peer != "" {
			o.Cluster.Peers = append(o.Cluster.Peers, peer)
		}
	}
	o.Cluster.Secret = s.String("secret", o.Cluster.Secret)
	o.Cluster.ID = s.String("id", "")
	o.Cluster.Shards = s.Int("shards", 1, 1, maxShards)
	o.Watch = s.Bool("stat_reload", o.Watch)
	o.WatchGauge = s.Bool("gauge_stat_reload", o.WatchGauge)
	o.AutoRevert = s.Bool("auto_revert", o.AutoRevert)
	o.Heartbeat = time.Duration(s.Int("heartbeat", int(o.Heartbeat/time.Second), 0, 86400)) * time.Second
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
	if !slices.ContainsFunc([]string{"ptcp:", "pssl:", "punix:"}, func(kind string) bool { return strings.HasPrefix(o.Listen, kind) }) {
		wrong("listen", "write it as ptcp:6653, ptcp:6653:127.0.0.1 or pssl:6653", "it is no such place")
	} else if t, err := security(o.Listen, cert, key, ca); err != nil {
		wrong("listen", "cert, key and ca are files in PEM", err.Error())
	} else {
		o.TLS = t
	}
	if name, err := o.Cluster.check(); err != nil {
		wrong(name, "", err.Error())
	}
	for _, d := range r.Diagnostics() {
		if d.Severity == asterisk.Error {
			return o, false, r.Diagnostics()
		}
	}
	return o, o.Config != "", r.Diagnostics()
}
