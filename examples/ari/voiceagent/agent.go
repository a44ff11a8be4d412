package main

import (
	"math"
	"sync"
	"time"
)

const rate = 8000 // samples a second

// An agent hears and speaks µ-law. This one says what it hears, after a second; a real one would have a speech model at hand.
type agent struct {
	mu    sync.Mutex
	words []byte // what it is going to say
	loud  int    // samples that were no silence
}

// newAgent begins with a greeting: a second of 440 Hz.
func newAgent() *agent {
	a := &agent{}
	for i := range rate {
		a.words = append(a.words, encode(8000*math.Sin(2*math.Pi*440*float64(i)/rate)))
	}
	return a
}

// longest is how much it remembers.
const longest = 10 * rate

func (a *agent) hear(sound []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range sound {
		if one&0x7f < 0x60 { // of a magnitude that is no noise
			a.loud++
		}
	}
	if len(a.words) == 0 {
		a.words = pause(a.words)
	}
	if len(a.words) < longest {
		a.words = append(a.words, sound...)
	}
}

// pause is a second of silence.
func pause(b []byte) []byte {
	for range rate {
		b = append(b, silence)
	}
	return b
}

// say fills a packet.
func (a *agent) say(packet []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := copy(packet, a.words)
	a.words = a.words[n:]
	for i := n; i < len(packet); i++ {
		packet[i] = silence
	}
}

// heard is how long somebody has spoken.
func (a *agent) heard() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.Duration(a.loud) * time.Second / rate
}

const silence = 0xff

// encode is a sample of 16 bits as µ-law, ITU-T G.711 table 2: sign, exponent and mantissa of the magnitude and a bias, all inverted.
func encode(sample float64) byte {
	const bias, most = 132, 32635
	var sign byte
	if sample < 0 {
		sign, sample = 0x80, -sample
	}
	m := int(min(sample, most)) + bias
	exponent := 7
	for ; exponent > 0 && m < 1<<(exponent+7); exponent-- {
	}
	return ^(sign | byte(exponent)<<4 | byte(m>>(exponent+3))&0x0f)
}
