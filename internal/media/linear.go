package media

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// grow lengthens dst by n elements, whose values are whatever the memory held,
// and returns the added part, too.
func grow[T any](dst []T, n int) (whole, added []T) {
	whole = slices.Grow(dst, n)[:len(dst)+n]
	return whole, whole[len(dst):]
}

// AppendSamples appends the samples of slin data (16 bits, little-endian). An
// odd last byte is ignored.
func AppendSamples(dst []int16, data []byte) []int16 {
	dst, added := grow(dst, len(data)/2)
	for i := range added {
		added[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return dst
}

// AppendLinear appends samples as slin data (16 bits, little-endian).
func AppendLinear(dst []byte, samples []int16) []byte {
	dst, added := grow(dst, 2*len(samples))
	for i, s := range samples {
		binary.LittleEndian.PutUint16(added[2*i:], uint16(s))
	}
	return dst
}

// linearCodec is the codec of the slin formats.
type linearCodec struct{}

func (linearCodec) Decode(dst []int16, data []byte) ([]int16, error) {
	if len(data)%2 != 0 {
		return dst, fmt.Errorf("linear data of %d bytes: samples have two", len(data))
	}
	return AppendSamples(dst, data), nil
}

func (linearCodec) Encode(dst []byte, samples []int16) ([]byte, error) {
	return AppendLinear(dst, samples), nil
}
