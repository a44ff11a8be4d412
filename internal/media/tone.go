package media

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Tone is a script of sounds, as indications.conf and Playtones have it:
// elements, parted by commas, each of a frequency in Hz, a sum of two (350+440)
// or one modulated by another (425*25), with an optional duration in ms after a
// slash; Mn instead of a frequency is a note by its MIDI number. Frequency 0 is
// silence. An element without a duration never ends. After the last element the
// script goes on with the first that has no "!" in front; if all have, it ends.
// A Tone is immutable.
type Tone struct {
	elements []element
	repeat   int // -1 for none
}

// element is one sound of a tone.
type element struct {
	first, second float64 // Hz, 0 for none
	modulated     bool
	samples       int // 0 for ever
}

const (
	toneRate      = 8000
	toneAmplitude = 7219 // of each frequency: -13 dB of full scale
	toneDepth     = 0.9  // of modulation
	toneElements  = 512  // in a script
	toneLongest   = 24 * time.Hour
)

// ParseTone reads a script.
func ParseTone(script string) (*Tone, error) {
	t := &Tone{repeat: -1}
	split := strings.FieldsFunc(script, func(r rune) bool { return r == ',' || r == '|' })
	for _, item := range split {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		item, once := strings.CutPrefix(item, "!")
		e, err := parseElement(strings.TrimSpace(item))
		if err != nil {
			return nil, fmt.Errorf("tone %q: %w", script, err)
		}
		if !once && t.repeat < 0 {
			t.repeat = len(t.elements)
		}
		if len(t.elements) == toneElements {
			return nil, fmt.Errorf("tone of more than %d elements", toneElements)
		}
		t.elements = append(t.elements, e)
	}
	if len(t.elements) == 0 {
		return nil, errors.New("tone without an element")
	}
	return t, nil
}

func parseElement(s string) (e element, err error) {
	pitch, length, timed := strings.Cut(s, "/")
	if timed {
		ms, err := strconv.Atoi(strings.TrimSpace(length))
		if err != nil || ms < 0 || time.Duration(ms)*time.Millisecond > toneLongest {
			return e, fmt.Errorf("duration %q", length)
		}
		e.samples = ms * toneRate / 1000
	}
	first, second := pitch, ""
	if i := strings.IndexAny(pitch, "+*"); i >= 0 {
		first, second, e.modulated = pitch[:i], pitch[i+1:], pitch[i] == '*'
		// Asterisk's own indications.conf has 350+375+400, of which it plays two.
		if extra := strings.IndexByte(second, '+'); extra >= 0 {
			if _, err = parsePitch(second[extra+1:]); err != nil {
				return e, err
			}
			second = second[:extra]
		}
		if e.second, err = parsePitch(second); err != nil {
			return e, err
		}
	}
	e.first, err = parsePitch(first)
	return e, err
}

// highestPitch is above what telephones carry: Asterisk's own files have 10000,
// which is heard as the mirror of it.
const highestPitch = 20_000

// parsePitch reads a frequency in Hz or a note.
func parsePitch(s string) (float64, error) {
	s = strings.TrimSpace(s)
	if note, ok := strings.CutPrefix(strings.ToUpper(s), "M"); ok {
		n, err := strconv.Atoi(note)
		if err != nil || n < 0 || n > 127 {
			return 0, fmt.Errorf("note %q", s)
		}
		return 440 * math.Pow(2, float64(n-69)/12), nil
	}
	f, err := strconv.Atoi(s)
	if err != nil || f < 0 || f > highestPitch {
		return 0, fmt.Errorf("frequency %q", s)
	}
	return float64(f), nil
}

// Endless tells if the tone goes on until it is stopped.
func (t *Tone) Endless() bool {
	if t.repeat >= 0 {
		return true
	}
	for _, e := range t.elements {
		if e.samples == 0 {
			return true
		}
	}
	return false
}

// Play returns a source of the tone from its start.
func (t *Tone) Play() *ToneSource {
	s := &ToneSource{tone: t}
	s.enter()
	return s
}

// A ToneSource gives the frames of a tone: slin at 8 kHz, 20 ms each. It belongs
// to one goroutine.
type ToneSource struct {
	tone          *Tone
	at            int // element
	left          int // samples of it
	first, second oscillator
	samples       [toneRate / 50]int16
	ended         bool
}

// enter starts the present element.
func (s *ToneSource) enter() {
	e := s.tone.elements[s.at]
	s.left = e.samples
	s.first, s.second = oscillate(e.first), oscillate(e.second)
}

// Next implements the source of frames that channels play; io.EOF ends it.
func (s *ToneSource) Next() (Frame, error) {
	n := 0
	for n < len(s.samples) && !s.ended {
		e := s.tone.elements[s.at]
		count := len(s.samples) - n
		if e.samples > 0 {
			count = min(count, s.left)
			s.left -= count
		}
		s.render(&e, s.samples[n:n+count])
		n += count
		if e.samples == 0 || s.left > 0 {
			continue
		}
		if s.at++; s.at == len(s.tone.elements) {
			if s.tone.repeat < 0 {
				s.ended = true
				break
			}
			s.at = s.tone.repeat
		}
		s.enter()
	}
	if n == 0 {
		return Frame{}, io.EOF
	}
	return Frame{Kind: Voice, Format: SLin, Data: AppendLinear(make([]byte, 0, 2*n), s.samples[:n]), Samples: n}, nil
}

func (s *ToneSource) render(e *element, out []int16) {
	if e.modulated {
		for i := range out {
			depth := (1 + toneDepth*s.second.next()) / (1 + toneDepth)
			out[i] = int16(2 * toneAmplitude * depth * s.first.next())
		}
		return
	}
	for i := range out {
		out[i] = int16(math.RoundToEven(toneAmplitude * (s.first.next() + s.second.next())))
	}
}

// oscillator is a sine wave of amplitude 1 at toneRate, made by turning a pointer.
type oscillator struct{ x, y, cos, sin float64 }

func oscillate(hz float64) oscillator {
	if hz == 0 {
		return oscillator{}
	}
	sin, cos := math.Sincos(2 * math.Pi * hz / toneRate)
	return oscillator{x: 1, cos: cos, sin: sin}
}

func (o *oscillator) next() float64 {
	y := o.y
	o.x, o.y = o.x*o.cos-o.y*o.sin, o.x*o.sin+o.y*o.cos
	return y
}
