package exchange

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/httpd"
)

// prometheusFile asks for Asterisk's own figures, and says who may see them.
const prometheusFile = "prometheus.conf"

// prometheusModule is the one in which users expect them.
const prometheusModule = "res_prometheus"

// ownFiguresPath is where figures are whatever prometheus.conf says.
const ownFiguresPath = "/metrics"

// figureSettings are prometheus.conf.
type figureSettings struct {
	enabled               bool
	core                  bool   // core_metrics_enabled
	path                  string // with a slash before it
	user, password, realm string // without a user everybody may see them
}

// readFigures reads prometheus.conf, which may be nil.
func readFigures(f *config.File) (figureSettings, []config.Diagnostic) {
	r := config.NewReader(nil)
	section := f.Section("general")
	general := r.Section(section)
	s := figureSettings{enabled: general.Bool("enabled", false), core: general.Bool("core_metrics_enabled", true),
		path: "/" + strings.Trim(general.String("uri", "metrics"), "/"), user: general.String("auth_username", ""),
		password: general.String("auth_password", ""), realm: general.String("auth_realm", "Asterisk Prometheus Metrics")}
	general.Done()
	if (s.user == "") != (s.password == "") {
		r.Report(config.Error, config.Entry{File: section.File, Line: section.Line}, "write auth_username and auth_password, or none of them",
			"figures are not served: there is a name without a password, or a password without a name")
		s.enabled = false
	}
	return s, r.Diagnostics()
}

// figures are what is counted, and how it is told.
type figures struct {
	settings atomic.Pointer[figureSettings]
	plain    *prometheus.Registry // a few of Asterisk's, without labels, while prometheus.conf does not ask for them
	asterisk *prometheus.Registry // all of Asterisk's
	scraped  atomic.Pointer[scrape]
}

// A scrape is one that took place.
type scrape struct {
	at   time.Time
	took time.Duration
}

// buildFigures makes the figures and their pages.
func (x *Exchange) buildFigures() {
	x.figures.settings.Store(&figureSettings{})
	x.figures.plain, x.figures.asterisk = prometheus.NewRegistry(), prometheus.NewRegistry()
	x.collectPlain(x.figures.plain)
	x.figures.asterisk.MustRegister(&asteriskFigures{x: x})
	x.modules.add(prometheusModule, "Figures for Prometheus")
	x.console.Add(x.figureCommands())
	x.serveFiguresAt(ownFiguresPath)
}

func (x *Exchange) serveFiguresAt(path string) {
	x.http.Handle(httpd.Page{Path: path, About: "Prometheus Metrics URI", Below: true, Handler: http.HandlerFunc(x.serveFigures)})
}

// configureFigures reads prometheus.conf.
func (x *Exchange) configureFigures() error {
	if !x.modules.wants(prometheusModule) {
		return nil
	}
	s, problems := readFigures(x.optional(prometheusFile))
	x.report(problems)
	if old := x.figures.settings.Swap(&s); old.enabled && old.path != ownFiguresPath {
		x.http.Remove(old.path)
	}
	if s.enabled && s.path != ownFiguresPath {
		x.serveFiguresAt(s.path)
	}
	return nil
}

// gatherers are what is told now.
func (x *Exchange) gatherers() prometheus.Gatherers {
	if x.figures.settings.Load().enabled {
		return prometheus.Gatherers{x.figures.asterisk, x.registry}
	}
	return prometheus.Gatherers{x.figures.plain, x.registry}
}

// serveFigures answers Prometheus.
func (x *Exchange) serveFigures(w http.ResponseWriter, r *http.Request) {
	s := x.figures.settings.Load()
	if s.enabled && s.user != "" && !s.mayRead(r) {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf("Basic realm=%q", s.realm))
		x.http.Error(w, http.StatusUnauthorized, "Unauthorized", "Not authorized")
		return
	}
	began := time.Now()
	promhttp.HandlerFor(x.gatherers(), promhttp.HandlerOpts{}).ServeHTTP(w, r)
	x.figures.scraped.Store(&scrape{began, time.Since(began)})
}

// mayRead tells whether who asks has the name and the password.
func (s *figureSettings) mayRead(r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	return subtle.ConstantTimeCompare([]byte(user), []byte(s.user))&subtle.ConstantTimeCompare([]byte(password), []byte(s.password)) == 1
}

func (x *Exchange) figureCommands() []command.Console {
	row := func(name, synopsis string, run func(*command.ConsoleRequest)) command.Console {
		return command.Console{Row: command.Row{Name: name, Module: prometheusModule, Synopsis: synopsis, Syntax: name},
			Run: func(_ context.Context, r *command.ConsoleRequest) error {
				if len(r.Args) > 0 {
					return &command.UsageError{}
				}
				run(r)
				return nil
			}}
	}
	return []command.Console{
		row("prometheus show metrics", "Show the figures that Prometheus would be told now", x.showFigures),
		row("prometheus show status", "Show how Prometheus gets its figures", x.showScrapes),
	}
}

// textAnswer is an answer of HTTP that goes to a console.
type textAnswer struct {
	io.Writer
	header http.Header
}

func (a textAnswer) Header() http.Header { return a.header }
func (textAnswer) WriteHeader(int)       {}

func (x *Exchange) showFigures(r *command.ConsoleRequest) {
	promhttp.HandlerFor(x.gatherers(), promhttp.HandlerOpts{}).ServeHTTP(textAnswer{r.Out, http.Header{}}, &http.Request{Header: http.Header{}})
}

func (x *Exchange) showScrapes(r *command.ConsoleRequest) {
	s := x.figures.settings.Load()
	answer := map[bool]string{true: "Yes", false: "No"}
	uri, at, took := strings.TrimPrefix(s.path, "/"), "(N/A)", "(N/A)"
	if last := x.figures.scraped.Load(); last != nil {
		at, took = last.at.Format("2006-01-02 15:04:05"), fmt.Sprintf("%d ms", last.took.Milliseconds())
	}
	fmt.Fprintf(r.Out, "Prometheus Metrics Status:\n\tEnabled: %s\n\tURI: %s\n\tBasic Auth: %s\n\tLast Scrape Time: %s\n\tLast Scrape Duration: %s\n",
		answer[s.enabled], uri, answer[s.user != ""], at, took)
}
