package sounds

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// folder makes a folder of prompts; each file holds as many bytes as told.
func folder(t *testing.T, files map[string]int) string {
	t.Helper()
	root := t.TempDir()
	for name, size := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func parse(t *testing.T, text string) *config.File {
	t.Helper()
	f, err := config.Parse("test.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOpenFindsTheLanguage(t *testing.T) {
	root := folder(t, map[string]int{
		"en/hello.ulaw": 160, "es/hello.ulaw": 320, "es_MX/hello.ulaw": 480, "plain.ulaw": 640, "en/only.ulaw": 800,
		"en/digits/1.ulaw": 960, "digits/fr/1.ulaw": 1120, "de/digits/1.ulaw": 1280, "digits/de/1.ulaw": 1440, "custom/mine.ulaw": 1600, "custom/both.ulaw": 1920, "en/both.ulaw": 2080,
	})
	embedded := func(language, name string) ([]byte, bool) {
		if language == "en" && name == "built-in" {
			return make([]byte, 1760), true
		}
		return nil, false
	}
	for _, c := range []struct {
		name, language string
		suffix         bool
		want           int64 // samples; 0 is that there is none
	}{
		{"hello", "en", false, 160}, {"hello", "en_GB", false, 160}, {"hello", "es", false, 320}, {"hello", "es_MX", false, 480},
		{"hello", "es_AR", false, 320}, {"hello", "fr", false, 160}, {"hello", "", false, 160}, {"plain", "es", false, 640},
		{"only", "es_MX", false, 800}, {"digits/1", "en", false, 960}, {"digits/1", "fr", false, 1120}, {"digits/1", "de", false, 1280},
		{"digits/1", "de", true, 1440}, {"built-in", "es", false, 1760}, {"mine", "en", false, 1600}, {"both", "en", false, 1920}, {"none", "en", false, 0},
		{"../hello", "en", false, 0}, {"en/../../hello", "en", false, 0}, {"", "en", false, 0}, {filepath.Join(root, "plain"), "en", false, 640},
		{"en/built-in", "es", false, 1760}, {"en/built-in", "en_GB", false, 1760}, {"es/built-in", "en", false, 0}, {"en/en/built-in", "es", false, 0},
		{"en/only", "es", false, 800}, {filepath.Join(root, "plain.ulaw"), "en", false, 640}, {filepath.Join(root, "nothing"), "en", false, 0}, {"en", "en", false, 0},
	} {
		l := New(Options{Directory: root, Suffix: c.suffix, Custom: true, Embedded: embedded, Logger: slog.New(slog.DiscardHandler)})
		src, err := l.OpenFor(c.name, c.language)
		if exists := l.Exists(c.name, c.language); exists != (err == nil) {
			t.Errorf("Exists(%q, %q) = %v, but Open says %v", c.name, c.language, exists, err)
		}
		if err != nil {
			if c.want != 0 || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("OpenFor(%q, %q): %v", c.name, c.language, err)
			}
			continue
		}
		if got := src.Length(); got != c.want {
			t.Errorf("OpenFor(%q, %q) has %d samples, want %d", c.name, c.language, got, c.want)
		}
		_ = src.Close()
	}
}

func TestOpenTakesTheCheapestFormat(t *testing.T) {
	root := folder(t, map[string]int{"en/a.ulaw": 160, "en/a.alaw": 160, "en/a.g722": 160, "en/a.gsm": 33})
	l := New(Options{Directory: root, Logger: slog.New(slog.DiscardHandler)})
	for _, want := range []*media.Format{media.ULaw, media.ALaw, media.G722, media.GSM} {
		src, err := l.OpenFor("a", "en", want)
		if err != nil {
			t.Fatal(err)
		}
		if got := src.Format(); got != want {
			t.Errorf("for %s the file in %s was taken", want, got)
		}
		_ = src.Close()
	}
}

func TestMemorySeeks(t *testing.T) {
	m := &memory{data: make([]byte, 400)}
	var sizes []int
	for {
		f, err := m.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		sizes = append(sizes, f.Samples)
	}
	if len(sizes) != 3 || sizes[2] != 80 {
		t.Errorf("frames of %v samples, want 160 160 80", sizes)
	}
	for _, c := range []struct{ to, want int64 }{{-5, 0}, {200, 200}, {9999, 400}} {
		if _ = m.SeekTo(c.to); m.Position() != c.want {
			t.Errorf("after SeekTo(%d) at %d, want %d", c.to, m.Position(), c.want)
		}
	}
}

func TestTones(t *testing.T) {
	l := New(Options{Logger: slog.New(slog.DiscardHandler)})
	l.SetTones(parse(t, "[general]\ncountry=fr\n[fr]\ndescription=France\nringcadence=1500,3500\ndial=440\nbusy=440/500,0/500\nbad=oops\n[xx]\ndial=400\n"))
	if got := l.Zone("").Country; got != "fr" {
		t.Errorf("the default country is %q, want fr", got)
	}
	if z := l.Zone("fr"); len(z.Cadence) != 2 || z.Cadence[1] != 3500 || z.Description != "France" || z.Tones["bad"] != "" {
		t.Errorf("France is %+v", z)
	}
	for name, ok := range map[string]bool{"busy": true, "busy/es": true, "350+440": true, "!1000/50": true, "dial/xx": true,
		"nosuchtone": false, "bad": false, "": false} {
		if _, err := l.Tone(name, nil); (err == nil) != ok {
			t.Errorf("Tone(%q): %v", name, err)
		}
	}
	if l.Zone("es") == nil || l.Zone("nowhere") != nil {
		t.Error("the built-in countries are not kept as they are")
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Tones come and go while the exchange runs, and are those of the file again when it is read.
func TestTonesAreEdited(t *testing.T) {
	l := New(Options{})
	file := parse(t, "[general]\ncountry=fr\n[fr]\ndescription=France\ndial=440\n[xx]\ndial=400\n")
	l.SetTones(file)
	if created, err := l.AddTone("FR", "Busy", "440/500,0/500"); created || err != nil {
		t.Errorf("added: %t, %v", created, err)
	}
	if got := l.Zone("").Tones["busy"]; got != "440/500,0/500" {
		t.Errorf("the default country's new tone is %q", got)
	}
	if created, err := l.AddTone("qq", "dial", "425"); !created || err != nil {
		t.Errorf("a country is added: %t, %v", created, err)
	}
	if _, err := l.AddTone("qq", "busy", "oops"); err == nil || l.Zone("qq").Tones["busy"] != "" {
		t.Errorf("a tone that is none: %v", err)
	}
	for _, c := range []struct {
		err, want error
	}{{l.RemoveTone("qq", "busy"), ErrNoTone}, {l.RemoveTone("nn", "busy"), ErrNoCountry}, {l.RemoveZone("nn"), ErrNoCountry}, {l.RemoveTone("qq", "dial"), nil}, {l.RemoveZone("xx"), nil}, {l.RemoveZone("fr"), nil}} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("got %v, want %v", c.err, c.want)
		}
	}
	if l.Zone("xx") != nil || l.Zone("fr") != nil || l.Zone("").Tones["dial"] != "440" {
		t.Error("countries that were removed are there, or the default one's tones are not")
	}
	if l.SetTones(file); l.Zone("xx") == nil || l.Zone("qq") != nil || l.Zone("fr").Tones["busy"] != "" {
		t.Error("the file that was read again is not in force")
	}
}
