package iax

import (
	"math/bits"

	"github.com/octothorpe/octothorpe/internal/media"
)

// formats are the bits of media formats (RFC 5456 §8.7). Linear sound is left out: its
// bytes are in another order here.
var formats = map[uint32]string{1 << 1: "gsm", 1 << 2: "ulaw", 1 << 3: "alaw", 1 << 4: "g726aal2", 1 << 5: "adpcm", 1 << 8: "g729",
	1 << 9: "speex", 1 << 10: "ilbc", 1 << 11: "g726", 1 << 12: "g722"}

// bitOf is the bit of a format, 0 where it has none.
func bitOf(f *media.Format) uint32 {
	for bit, name := range formats {
		if f.Name == name {
			return bit
		}
	}
	return 0
}

// formatOf is the format of one bit, nil where it is none that is spoken here.
func formatOf(bit uint64) *media.Format {
	if bit > 1<<31 || bits.OnesCount64(bit) != 1 {
		return nil
	}
	f, ok := media.FormatByName(formats[uint32(bit)])
	if !ok {
		return nil
	}
	return f
}

// capability is the bits of all formats of a list.
func capability(list []*media.Format) uint32 {
	var all uint32
	for _, f := range list {
		all |= bitOf(f)
	}
	return all
}

// choose is the first format of a list that is among bits, nil where none is.
func choose(list []*media.Format, among uint64) *media.Format {
	for _, f := range list {
		if uint64(bitOf(f))&among != 0 {
			return f
		}
	}
	return nil
}

// samplesIn is how long sound is.
func samplesIn(f *media.Format, data []byte) int {
	if f.FrameBytes <= 0 {
		return f.Rate / 50
	}
	return len(data) / f.FrameBytes * f.FrameSamples
}
