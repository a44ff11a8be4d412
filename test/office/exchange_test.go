package office

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/test/blackbox"
)

// pbx is the exchange under test.
type pbx struct {
	t      *testing.T
	net    network
	binary string
	dir    string
	config string
}

func TestMain(m *testing.M) { blackbox.Main(m) }

// start runs the exchange with a configuration folder of testdata.
func start(t *testing.T, n network, face string) *pbx {
	t.Helper()
	p := &pbx{t: t, net: n, binary: blackbox.Build(t, "cmd/octothorpe"), dir: t.TempDir()}
	etc, data := filepath.Join(p.dir, "etc"), filepath.Join(p.dir, "data")
	if err := os.CopyFS(etc, os.DirFS(filepath.Join("testdata", face))); err != nil {
		t.Fatal(err)
	}
	writeWAV(t, filepath.Join(data, "sounds", "es", "demo-thanks.wav"), prompt())
	writeWAV(t, filepath.Join(data, "sounds", "es", "digits", "7.wav"), number())
	p.config = filepath.Join(etc, "asterisk.conf")
	var b strings.Builder
	b.WriteString("[directories]\n")
	for key, dir := range map[string]string{"astetcdir": etc, "astdatadir": data, "astvarlibdir": filepath.Join(p.dir, "lib"),
		"astdbdir": filepath.Join(p.dir, "lib"), "astspooldir": filepath.Join(p.dir, "spool"), "astrundir": filepath.Join(p.dir, "run"),
		"astlogdir": filepath.Join(p.dir, "log")} {
		fmt.Fprintf(&b, "%s => %s\n", key, dir)
	}
	write(t, p.config, b.String())
	write(t, filepath.Join(etc, "logger.conf"), "[logfiles]\nfull => notice,warning,error,verbose(5)\n")
	launch(t, filepath.Join(p.dir, "console"), in(t, n.exchange, p.dir, p.binary, "-f", "-C", p.config))
	eventually(t, "the exchange boots", 15*time.Second, func() bool { return strings.Contains(p.ask("core waitfullybooted"), "fully booted") })
	t.Cleanup(func() {
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(p.dir, "log", "full"))
			t.Logf("log of the exchange:\n%s", tail(string(text), 40))
		}
	})
	return p
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ask runs a console command. What it prints is returned, also where it fails.
func (p *pbx) ask(line string) string {
	out, _ := in(p.t, p.net.exchange, p.dir, p.binary, "-C", p.config, "-rx", line).CombinedOutput()
	return string(out)
}

// logged reports whether a text stands in the log of the exchange.
func (p *pbx) logged(text string) bool {
	b, _ := os.ReadFile(filepath.Join(p.dir, "log", "full"))
	return strings.Contains(string(b), text)
}
