package media

import (
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// crossing is two seconds of a signal made of whole numbers: triangles of several
// lengths, noise, silence and the loudest there is.
func crossing() []int16 {
	list := make([]int16, 16000)
	seed := uint32(1)
	for i := range list {
		triangle := func(period, height int) int {
			at := i % period
			if at > period/2 {
				at = period - at
			}
			return height*4*at/period - height
		}
		seed = seed*1664525 + 1013904223
		v := triangle(23, 6000)*(i%4000)/4000 + triangle(7, 1500) + int(seed>>24) - 128
		switch {
		case i%5000 < 600:
			v = 0
		case i%5000 > 4800:
			v = 30000 - 60000*(i/5%2)
		}
		list[i] = int16(v)
	}
	return list
}

// The adaptive codecs code as Asterisk 22 does: the sums are of what its "file convert"
// makes of crossing and back again.
func TestAdaptiveCodecsAreTheReferences(t *testing.T) {
	for _, test := range []struct {
		format       *Format
		coded, heard uint32
	}{
		{G726, 0xd5281980, 0xd5948b2d},
		{ADPCM, 0x8206c5dc, 0x6c6352de},
	} {
		e, err := NewEncoder(test.format)
		if err != nil {
			t.Fatal(err)
		}
		samples := crossing()
		var coded []byte
		for ; len(samples) > 0; samples = samples[160:] { // as frames come
			if coded, err = e.Encode(coded, samples[:160]); err != nil {
				t.Fatal(err)
			}
		}
		if got := crc32.ChecksumIEEE(coded); len(coded) != 8000 || got != test.coded {
			t.Errorf("%s: %d bytes of sum %#x, want %#x", test.format, len(coded), got, test.coded)
		}
		d, err := NewDecoder(test.format)
		if err != nil {
			t.Fatal(err)
		}
		heard, err := d.Decode(nil, coded)
		if err != nil {
			t.Fatal(err)
		}
		if got := crc32.ChecksumIEEE(little(heard)); got != test.heard {
			t.Errorf("%s: heard with sum %#x, want %#x", test.format, got, test.heard)
		}
	}
}

// The two packings of G.726 differ by the order of halves alone.
func TestG726InATMsOrder(t *testing.T) {
	a, _ := NewEncoder(G726)
	b, _ := NewEncoder(G726AAL2)
	one, _ := a.Encode(nil, crossing())
	two, _ := b.Encode(nil, crossing())
	for i := range one {
		if one[i] != two[i]<<4|two[i]>>4 {
			t.Fatalf("octet %d is %#x in one order and %#x in the other", i, one[i], two[i])
		}
	}
}

func little(samples []int16) []byte {
	b := make([]byte, 0, 2*len(samples))
	for _, v := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}
