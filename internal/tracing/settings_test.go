package tracing

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

func load(t *testing.T, text string) (Settings, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "asterisk.conf")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := config.Load(name, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, problems := Load(f)
	var list []string
	for _, d := range problems {
		list = append(list, fmt.Sprintf("%s:%d %v: %s (%s)", filepath.Base(d.File), d.Line, d.Severity, d.Problem, d.Hint))
	}
	return g, strings.Join(list, "; ")
}

func TestLoad(t *testing.T) {
	for _, c := range []struct {
		name, text, problems string
		want                 Settings
	}{
		{"none", "[options]\n", "", Settings{Steps: defaultSteps, Data: true}},
		{"on", "[traces]\nenabled = yes\n", "", Settings{Enabled: true, Steps: defaultSteps, Data: true}},
		{"all", "[traces]\nenabled=yes\nendpoint=https://collector:4318\nsteps=0\ndata=no\n", "",
			Settings{Enabled: true, Endpoint: "https://collector:4318"}},
		{"no number", "[traces]\nenabled=yes\nsteps=many\n", "asterisk.conf:3 error: steps = many is no number (give a whole number)",
			Settings{Steps: defaultSteps, Data: true}},
		{"no URL", "[traces]\nenabled=yes\nendpoint=collector:4318\n",
			"asterisk.conf:3 error: endpoint = collector:4318: no http:// or https:// URL (write it as http://localhost:4318)",
			Settings{Endpoint: "collector:4318", Steps: defaultSteps, Data: true}},
		{"neither", "[traces]\nenabled=perhaps\n", "asterisk.conf:2 warning: enabled = perhaps is neither yes nor no (write yes or no)",
			Settings{Steps: defaultSteps, Data: true}},
		{"unknown", "[traces]\nenabled=yes\nendpiont=x\n", "asterisk.conf:3 warning: unknown option endpiont (do you mean endpoint?)",
			Settings{Enabled: true, Steps: defaultSteps, Data: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, problems := load(t, c.text)
			if got != c.want || problems != c.problems {
				t.Errorf("got %+v and %q, want %+v and %q", got, problems, c.want, c.problems)
			}
		})
	}
}

func TestEndpoint(t *testing.T) {
	for _, c := range []struct{ file, all, own, want string }{
		{"", "", "", "http://localhost:4318/v1/traces"},
		{"http://a:1/", "http://b:2", "http://c:3", "http://a:1/v1/traces"},
		{"http://a:1/v1/traces", "", "", "http://a:1/v1/traces"},
		{"", "http://b:2/below", "", "http://b:2/below/v1/traces"},
		{"", "http://b:2", "http://c:3/mine", "http://c:3/mine"},
	} {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.all)
		t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", c.own)
		if d, err := readEnvironment(c.file); err != nil || d.url != c.want {
			t.Errorf("%+v gives %q, %v", c, d.url, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x, tenant=7")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2500")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1500")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "77")
	d, err := readEnvironment("")
	if err != nil || d.headers.Get("Authorization") != "Bearer x" || d.headers.Get("Tenant") != "7" || d.timeout != 1500*time.Millisecond || !d.gzip || d.queue != 77 {
		t.Errorf("got %+v, %v", d, err)
	}
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	if d, err = readEnvironment(""); err != nil || !d.off {
		t.Errorf("none gives %+v, %v", d, err)
	}
}

func TestBadEnvironment(t *testing.T) {
	for key, bad := range map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "x",
		"OTEL_EXPORTER_OTLP_HEADERS": "novalue", "OTEL_EXPORTER_OTLP_TIMEOUT": "soon", "OTEL_EXPORTER_OTLP_COMPRESSION": "brotli",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_TRACES_EXPORTER": "zipkin", "OTEL_BSP_MAX_QUEUE_SIZE": "-1",
		"OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "/nowhere"} {
		t.Run(key, func(t *testing.T) {
			t.Setenv(key, bad)
			if _, err := readEnvironment(""); err == nil || !strings.Contains(err.Error(), key) {
				t.Errorf("%s=%s gives %v, want an error that names it", key, bad, err)
			}
		})
	}
}
