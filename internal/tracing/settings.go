package tracing

import (
	"fmt"
	"math"
	"net/url"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Settings are the section [traces] of asterisk.conf, which is our own.
type Settings struct {
	Enabled bool
	// Endpoint is the collector's address; empty leaves it to the environment.
	Endpoint string
	// Steps is how many steps of the dialplan become spans for each channel. The
	// others are counted: a loop must not fill the collector.
	Steps int
	// Data says whether the arguments of applications are told. They may hold what
	// callers typed.
	Data bool
}

const defaultSteps = 1000

// Load reads [traces]. With an error in it there are no traces.
func Load(f *config.File) (Settings, []config.Diagnostic) {
	r := config.NewReader(nil)
	section := f.Section("traces")
	s := r.Section(section)
	g := Settings{Enabled: s.Bool("enabled", false), Endpoint: s.String("endpoint", ""),
		Steps: s.Int("steps", defaultSteps, 0, math.MaxInt), Data: s.Bool("data", true)}
	if _, err := tracesURL(g.Endpoint); err != nil {
		e, _ := section.Entry("endpoint")
		r.Report(config.Error, e, "write it as http://localhost:4318", "endpoint = %s: %v", e.Value, err)
	}
	s.Done()
	for _, d := range r.Diagnostics() {
		if d.Severity == config.Error {
			g.Enabled = false
		}
	}
	return g, r.Diagnostics()
}

// tracesURL returns where traces go to below a collector's address. No address
// gives none.
func tracesURL(endpoint string) (string, error) {
	if endpoint == "" {
		return "", nil
	}
	u, err := httpURL(endpoint)
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(u.Path, tracesPath) {
		u.Path = strings.TrimSuffix(u.Path, "/") + tracesPath
	}
	return u.String(), nil
}

const tracesPath = "/v1/traces"

func httpURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("no URL: %w", err)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("no http:// or https:// URL")
	case u.Host == "":
		return nil, fmt.Errorf("a URL without a host")
	}
	return u, nil
}
