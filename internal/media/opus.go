package media

import (
	"fmt"

	"github.com/pion/opus"
)

// opusLongest is how many samples a packet of Opus may hold, 120 ms at 48 kHz (RFC 6716 §3.1).
const opusLongest = 5760

// opusDecoder makes one channel of whatever arrives. There is no encoder: what goes to
// a phone that has Opus comes from one, or goes in another format.
type opusDecoder struct {
	decoder opus.Decoder
	buffer  []int16
}

func newOpusDecoder() (*opusDecoder, error) {
	d, err := opus.NewDecoderWithOutput(Opus.Rate, 1)
	if err != nil {
		return nil, fmt.Errorf("decode opus: %w", err)
	}
	return &opusDecoder{decoder: d, buffer: make([]int16, opusLongest)}, nil
}

// Decode implements Decoder. The decoder of the library may not hold against what a
// stranger sends: a packet on which it panics is none.
func (d *opusDecoder) Decode(dst []int16, data []byte) (out []int16, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = dst, fmt.Errorf("decode opus: %v", r)
		}
	}()
	n, err := d.decoder.DecodeToInt16(data, d.buffer)
	if err != nil {
		return dst, fmt.Errorf("decode opus: %w", err)
	}
	return append(dst, d.buffer[:n]...), nil
}

// Encodes reports whether a format can be made from sound.
func Encodes(f *Format) bool {
	_, err := NewEncoder(f)
	return err == nil
}
