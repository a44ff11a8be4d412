//go:build ignore

// Make turns en.tsv and es.tsv into prompts.zip. It needs espeak-ng and sox:
//
//	go run ./prompts/make.go
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

const rate = 8000

func main() {
	log.SetFlags(0)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, language := range []string{"en", "es", "any"} {
		sounds := map[string][]float64{}
		if language == "any" {
			pack(z, language, effects())
			continue
		}
		for name, text := range table(filepath.Join("prompts", language+".tsv")) {
			sounds[name] = speech(language, text)
		}
		pack(z, language, sounds)
	}
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("prompts/prompts.zip", out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

func pack(z *zip.Writer, language string, sounds map[string][]float64) {
	names := make([]string, 0, len(sounds))
	for name := range sounds {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		w, err := z.Create(language + "/" + name)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := w.Write(ulaw(sounds[name])); err != nil {
			log.Fatal(err)
		}
	}
	log.Printf("%s: %d prompts", language, len(names))
}

func table(path string) map[string]string {
	b, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	m := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		name, text, ok := strings.Cut(line, "\t")
		if !ok {
			log.Fatalf("%s: %q has no tab", path, line)
		}
		m[name] = text
	}
	return m
}

// speech has the synthesiser say a text, cuts the silence at both ends, and
// levels it.
func speech(language, text string) []float64 {
	voice := map[string]string{"en": "en-us", "es": "es"}[language]
	say := exec.Command("espeak-ng", "-v", voice, "-s", "150", "-p", "45", "-g", "2", "--stdout", text)
	wav, err := say.Output()
	if err != nil {
		log.Fatalf("espeak-ng: %v", err)
	}
	cut := exec.Command("sox", "-t", "wav", "-", "-t", "raw", "-r", fmt.Sprint(rate), "-e", "signed", "-b", "16", "-c", "1", "-",
		"highpass", "120", "silence", "1", "0.02", "0.4%", "reverse", "silence", "1", "0.02", "0.4%", "reverse", "pad", "0.03", "0.06")
	cut.Stdin = bytes.NewReader(wav)
	raw, err := cut.Output()
	if err != nil {
		log.Fatalf("sox: %v", err)
	}
	s := make([]float64, len(raw)/2)
	for i := range s {
		s[i] = float64(int16(binary.LittleEndian.Uint16(raw[2*i:]))) / 32768
	}
	return level(s)
}

// level brings speech to -20 dBFS, measured where there is speech, and its peaks
// below -3 dBFS.
func level(s []float64) []float64 {
	var sum float64
	n := 0
	for at := 0; at < len(s); at += 160 {
		var e float64
		frame := s[at:min(at+160, len(s))]
		for _, v := range frame {
			e += v * v
		}
		if e/float64(len(frame)) > 1e-5 {
			sum += e
			n += len(frame)
		}
	}
	if n == 0 {
		return s
	}
	gain := 0.1 / math.Sqrt(sum/float64(n))
	for i, v := range s {
		s[i] = soft(v * gain)
	}
	return s
}

// soft bends peaks so that they stay below -3 dBFS.
func soft(v float64) float64 {
	const knee, top = 0.5, 0.7
	a := math.Abs(v)
	if a <= knee {
		return v
	}
	return math.Copysign(knee+(top-knee)*math.Tanh((a-knee)/(top-knee)), v)
}

// effects are the sounds that are no words.
func effects() map[string][]float64 {
	m := map[string][]float64{
		"beep":             tone(0.2, 0.3, 1000),
		"beeperr":          append(tone(0.2, 0.3, 400), tone(0.3, 0.3, 320)...),
		"ascending-2tone":  append(tone(0.15, 0.3, 440), tone(0.15, 0.3, 660)...),
		"descending-2tone": append(tone(0.15, 0.3, 660), tone(0.15, 0.3, 440)...),
		"confbridge-join":  append(tone(0.12, 0.25, 523.25), tone(0.18, 0.25, 783.99)...),
		"confbridge-leave": append(tone(0.12, 0.25, 783.99), tone(0.18, 0.25, 523.25)...),
		"music-on-hold":    music(),
	}
	for i := 1; i <= 10; i++ {
		m[fmt.Sprintf("silence/%d", i)] = make([]float64, i*rate)
	}
	return m
}

func tone(seconds, loud, hz float64) []float64 {
	s := make([]float64, int(seconds*rate))
	for i := range s {
		fade := math.Min(1, math.Min(float64(i), float64(len(s)-1-i))/40)
		s[i] = loud * fade * math.Sin(2*math.Pi*hz*float64(i)/rate)
	}
	return s
}

// music is a calm pattern of broken chords, half a minute long, that begins
// where it ends.
func music() []float64 {
	chords := [][]float64{{0, 4, 7, 12}, {-3, 0, 4, 9}, {-7, -3, 0, 5}, {-5, -1, 2, 7}, {0, 4, 7, 12}, {-8, -5, 0, 4}, {-7, -3, 2, 5}, {-5, 2, 5, 11}}
	order := []int{0, 1, 2, 3, 2, 1, 2, 1}
	step := rate * 30 / (len(chords) * len(order))
	s := make([]float64, step*len(chords)*len(order))
	for c, chord := range chords {
		for o, note := range order {
			pluck(s, (c*len(order)+o)*step, 261.63*math.Pow(2, chord[note]/12), 0.16)
		}
		pluck(s, c*len(order)*step, 130.81*math.Pow(2, chord[0]/12), 0.2)
	}
	return s
}

// pluck adds a note that dies away; what would sound past the end sounds at the start.
func pluck(s []float64, at int, hz, loud float64) {
	for i := range rate * 3 / 2 {
		t := float64(i) / rate
		v := math.Sin(2*math.Pi*hz*t) + 0.4*math.Sin(4*math.Pi*hz*t)*math.Exp(-3*t) + 0.2*math.Sin(6*math.Pi*hz*t)*math.Exp(-5*t)
		s[(at+i)%len(s)] += loud * v * math.Exp(-2.2*t) * math.Min(1, t*200)
	}
}

// ulaw encodes samples by ITU-T G.711.
func ulaw(s []float64) []byte {
	b := make([]byte, len(s))
	for i, v := range s {
		n := int(math.Round(v * 32767))
		sign := byte(0)
		if n < 0 {
			n, sign = -n, 0x80
		}
		n = min(n, 32635) + 132
		exponent := 7
		for mask := 0x4000; n&mask == 0 && exponent > 0; mask >>= 1 {
			exponent--
		}
		b[i] = ^(sign | byte(exponent<<4) | byte(n>>(exponent+3))&0x0f)
	}
	return b
}
