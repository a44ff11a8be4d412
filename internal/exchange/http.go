package exchange

import (
	"net/http"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/octothorpe/octothorpe/internal/httpd"
)

// buildHTTP makes the HTTP server, which serves nothing yet, and its pages: the
// figures, phones in browsers, and the manager interface.
func (x *Exchange) buildHTTP() {
	x.registry = prometheus.NewRegistry()
	x.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	x.collect(x.registry)
	x.browsers = httpd.NewHub("sip")
	x.http = httpd.NewServer(httpd.Config{Logger: x.log, Name: "Asterisk/" + x.options.Version, Folder: filepath.Join(x.dirs.Data, "static-http"),
		MayUpload: func(r *http.Request) bool { return x.manager.MayUpload(r) }})
	if x.modules.wants(webSocketModule) {
		x.http.Handle(httpd.Page{Path: "/ws", About: "Asterisk HTTP WebSocket", Handler: x.browsers})
	}
	if x.modules.wants(restModule) {
		x.http.Handle(httpd.Page{Path: "/ari", About: "Asterisk RESTful API", Below: true, Handler: x.rest})
	}
	x.buildFigures()
	for _, p := range x.manager.Pages(x.http) {
		x.http.Handle(p)
	}
}

// configureHTTP reads http.conf and serves HTTP as it says. A file that can't be read
// leaves what is in force, and so does an address that can't be had.
func (x *Exchange) configureHTTP(again bool) error {
	f, err := x.load("http.conf")
	if err != nil && !isMissing(err) {
		return err
	}
	rules, err := x.ruleFile(again)
	if err != nil {
		return err
	}
	g, problems := httpd.Load(f, rules)
	x.report(problems)
	return x.http.Configure(g)
}
