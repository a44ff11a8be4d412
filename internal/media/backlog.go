package media

import (
	"encoding/binary"
	"sync"
)

// backlogFrames is how much of a voice waits for a clock, in frames of 20 ms. What is
// older is dropped: a late mix is worse than a gap.
const backlogFrames = 5

// A Backlog is what a party has said and a clock has not taken yet, in the linear format
// in which the clock takes it. The zero value holds nothing until the clock has asked
// once. Its methods may be called concurrently.
type Backlog struct {
	mu      sync.Mutex // a leaf
	to      *Format
	from    *Format
	in      Translator
	pending []int16
	dropped uint64
	// Conceal has what is missing made up for a while, in the place of silence.
	Conceal   bool
	concealer *Concealer
}

// Put adds a frame of voice.
func (i *Backlog) Put(f Frame) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.to == nil {
		return
	}
	if f.Format != i.to {
		if i.in == nil || i.from != f.Format {
			t, err := NewTranslator(f.Format, i.to)
			if err != nil {
				i.dropped++
				return
			}
			i.in, i.from = t, f.Format
		}
		var ok bool
		var err error
		if f, ok, err = i.in.Translate(f); err != nil || !ok {
			return
		}
	}
	for at := 0; at+1 < len(f.Data); at += 2 {
		i.pending = append(i.pending, int16(binary.LittleEndian.Uint16(f.Data[at:])))
	}
	if most := i.to.Rate / 50 * backlogFrames; len(i.pending) > most {
		i.pending = append(i.pending[:0], i.pending[len(i.pending)-most:]...)
		i.dropped++
	}
}

// Take moves up to len(dst) samples of a format out and returns how many there were. The
// format is that of all that is put later.
func (i *Backlog) Take(dst []int16, format *Format) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.to != format {
		i.to, i.in, i.pending, i.concealer = format, nil, i.pending[:0], nil
		if i.Conceal {
			i.concealer = NewConcealer(format.Rate)
		}
	}
	n := copy(dst, i.pending)
	rest := copy(i.pending, i.pending[n:])
	i.pending = i.pending[:rest]
	if i.concealer != nil {
		i.concealer.Heard(dst[:n])
		n += len(i.concealer.Fill(dst[n:n], min(len(dst)-n, i.concealer.Left())))
	}
	return n
}

// Len is how many samples wait.
func (i *Backlog) Len() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.pending)
}
