package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Each transcript is a configuration and all that check says of it.
func TestCheckSaysWhatIsWrong(t *testing.T) {
	names, err := filepath.Glob("testdata/check/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			transcript, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir, want := t.TempDir(), ""
			for _, f := range transcript.Files {
				if f.Name == "want" {
					want = string(f.Data)
				} else if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out, errOut bytes.Buffer
			code := check([]string{"-C", filepath.Join(dir, "asterisk.conf")}, &out, &errOut)
			if got := strings.ReplaceAll(out.String(), dir, "DIR"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if wantCode := map[bool]int{true: 1}[strings.Contains(want, ": error: ")]; code != wantCode || errOut.Len() > 0 {
				t.Errorf("code %d, want %d; on the second output %q, want nothing", code, wantCode, errOut.String())
			}
		})
	}
}

func TestCheckWithoutAConfiguration(t *testing.T) {
	var out, errOut bytes.Buffer
	missing := filepath.Join(t.TempDir(), "asterisk.conf")
	if code := check([]string{"-C", missing}, &out, &errOut); code != 1 || out.Len() > 0 || !strings.Contains(errOut.String(), missing) {
		t.Errorf("code %d, output %q, errors %q, want 1, nothing and the file's name", code, out.String(), errOut.String())
	}
	for _, flag := range []string{"-h", "--help"} {
		out.Reset()
		if code := check([]string{flag}, &out, &errOut); code != 0 || !strings.Contains(out.String(), "octothorpe check [-X] -C") {
			t.Errorf("check %s: code %d, output %q", flag, code, out.String())
		}
	}
}
