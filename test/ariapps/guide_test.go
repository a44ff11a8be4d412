package ariapps

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/ari"
)

const guide = "../../docs/ari-package.md"

var (
	block = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```")
	file  = regexp.MustCompile(`^; (\S+\.conf)\n`)
)

// TestGuide does what the guide says: the exchange has its files, its first program takes the call that it makes, and its second program
// is the example.
func TestGuide(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	files, programs := map[string]string{}, []string{}
	for _, m := range block.FindAllStringSubmatch(string(text), -1) {
		switch m[1] {
		case "ini":
			files[file.FindStringSubmatch(m[2])[1]] = m[2]
		case "go":
			programs = append(programs, m[2])
		}
	}
	if len(files) != 4 || len(programs) != 2 {
		t.Fatalf("the guide has %d files and %d programs", len(files), len(programs))
	}
	delete(files, "asterisk.conf") // where things lie is elsewhere in a test
	report, err := os.ReadFile("../../examples/ari/report/main.go")
	if err != nil {
		t.Fatal(err)
	}
	if programs[1] != string(report) {
		t.Error("the second program of the guide is not examples/ari/report/main.go: copy it")
	}
	exchanges(t, files, func(t *testing.T, x *xchange) {
		dir := t.TempDir()
		source := strings.ReplaceAll(programs[0], "http://127.0.0.1:8088", strings.TrimSuffix(x.url, "/ari"))
		if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "hello"), filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		p := x.launch(t, x.command(t.Context(), filepath.Join(dir, "hello")))
		p.says(t, "ready")
		c := x.client(t, nil)
		if _, err := c.Channels.Originate(within(t), "Local/500@default", &ari.ChannelOriginateOptions{Context: "default", Extension: "501", Priority: 1,
			CallerID: "Ann <555>"}); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"call from", "pressed 1", "pressed 2", "pressed #"} {
			p.says(t, line)
		}
		empty(t, c) // the dialplan says goodbye and hangs up
	})
}
