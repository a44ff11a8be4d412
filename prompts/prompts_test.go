package prompts

import (
	"bufio"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// names reads a table.
func names(t *testing.T, language string) []string {
	t.Helper()
	f, err := os.Open(language + ".tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, text, ok := strings.Cut(lines.Text(), "\t")
		if !ok || text == "" {
			t.Errorf("%s.tsv: %q has no text", language, lines.Text())
		}
		list = append(list, name)
	}
	return list
}

func TestThePackHoldsWhatTheTablesSay(t *testing.T) {
	if !slices.Equal(names(t, "en"), names(t, "es")) {
		t.Error("the tables of the two languages have different names")
	}
	for _, language := range Languages() {
		packed := Names(language)
		for _, name := range append(names(t, language), "beep", "silence/10", "music-on-hold") {
			if !slices.Contains(packed, name) {
				t.Errorf("%s/%s is not in the pack: run go run ./prompts/make.go", language, name)
			}
		}
	}
}

// Who hears the same prompt shares it, and what is kept has a bound.
func TestPromptsAreShared(t *testing.T) {
	one, _ := Lookup("en", "music-on-hold")
	two, _ := Lookup("es", "music-on-hold")
	if len(one) == 0 || &one[0] != &two[0] {
		t.Error("the same prompt was unpacked twice")
	}
	for _, language := range Languages() {
		for _, name := range Names(language) {
			Lookup(language, name)
		}
	}
	held := 0
	for _, b := range unpacked.held {
		held += len(b)
	}
	if held != unpacked.bytes || held > shelfBytes || held < shelfBytes/2 {
		t.Errorf("%d bytes are held and %d are said to be, of %d", held, unpacked.bytes, shelfBytes)
	}
}

func TestPromptsAreEvenAndClean(t *testing.T) {
	for _, language := range Languages() {
		for _, name := range names(t, language) {
			ulaw, ok := Lookup(language, name)
			if !ok {
				t.Errorf("%s/%s can't be read", language, name)
				continue
			}
			if seconds := float64(len(ulaw)) / Rate; seconds < 0.1 || seconds > 20 {
				t.Errorf("%s/%s lasts %.2f s", language, name, seconds)
			}
			loud, peak := level(ulaw)
			if loud < -24 || loud > -17 || peak > -2.5 {
				t.Errorf("%s/%s: %.1f dBFS, peak %.1f dBFS; want about -20 and below -2.5", language, name, loud, peak)
			}
		}
	}
}

func TestUnknownPromptsAreNone(t *testing.T) {
	if _, ok := Lookup("en", "no-such-prompt"); ok {
		t.Error("a prompt that does not exist was found")
	}
	for _, language := range []string{"xx", "any", ""} {
		if _, ok := Lookup(language, "beep"); ok {
			t.Errorf("the language %q, which does not exist, was found", language)
		}
	}
}

// level returns the level of the frames with speech in them, and the peak, in dBFS.
func level(ulaw []byte) (loud, peak float64) {
	var sum float64
	n := 0
	for at := 0; at < len(ulaw); at += 160 {
		var e float64
		frame := ulaw[at:min(at+160, len(ulaw))]
		for _, b := range frame {
			v := linear(b)
			e += v * v
			peak = max(peak, math.Abs(v))
		}
		if e/float64(len(frame)) > 1e-4 {
			sum += e
			n += len(frame)
		}
	}
	return 10 * math.Log10(sum/float64(max(n, 1))), 20 * math.Log10(peak)
}

// linear decodes a sample (ITU-T G.711), 1 is full scale.
func linear(b byte) float64 {
	b = ^b
	v := (int(b&0x0f)<<3+132)<<(b>>4&7) - 132
	if b&0x80 != 0 {
		v = -v
	}
	return float64(v) / 32768
}
