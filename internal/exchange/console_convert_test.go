package exchange

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// `file convert` answers as Asterisk 22's, and the sound is as long as it was.
func TestFileConvert(t *testing.T) {
	k := begin(t, "[house]\n")
	defer k.end()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(k.dirs.Data, "sounds", "en"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(k.dirs.Data, "sounds", "en", "tone.ulaw"), bytes.Repeat([]byte{0x80, 0}, 400), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"en/tone.ulaw", "DIR/out.sln", "Converted en/tone.ulaw to DIR/out.sln in "},
		{"DIR/out.sln", "DIR/out.wav", "Converted DIR/out.sln to DIR/out.wav in "},
		{"DIR/out.wav", "DIR/out.nothing", "Unable to open output file: DIR/out.nothing"},
		{"DIR/out.wav", "DIR/none/out.sln", "Unable to open output file: DIR/none/out.sln"},
		{"DIR/out.wav", "DIR/out.wav", "Unable to open output file: DIR/out.wav"},
		{"DIR/out.wav", "DIR/out", "'DIR/out' is an invalid filename!"},
		{"tone", "DIR/out.sln", "'tone' is an invalid filename!"},
		{"none.gsm", "DIR/out", "Unable to open input file: none.gsm"},
		{"none.zzz", "DIR/out.sln", "Unable to open input file: none.zzz"},
	} {
		var said strings.Builder
		_ = k.Execute(context.Background(), strings.ReplaceAll("file convert "+c.from+" "+c.to, "DIR", dir), &said)
		if got := strings.ReplaceAll(said.String(), dir, "DIR"); !strings.HasPrefix(got, c.want) {
			t.Errorf("file convert %s %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
	for name, want := range map[string]int64{"out.sln": 1600, "out.wav": 1644} {
		about, err := os.Stat(filepath.Join(dir, name))
		if err != nil || about.Size() != want {
			t.Errorf("%s: %v, %v; want %d bytes", name, about, err, want)
		}
	}
}
