package media

import (
	"errors"
	"fmt"
)

// ErrNoCodec is the cause when audio of a format can be carried but not decoded
// or encoded.
var ErrNoCodec = errors.New("no codec")

// A Decoder turns encoded audio into samples. It keeps the state of one stream.
type Decoder interface {
	// Decode appends the samples of data, at the format's Rate, to dst. Data that
	// is no whole number of the format's frames gives an error and what was
	// decoded before it.
	Decode(dst []int16, data []byte) ([]int16, error)
}

// An Encoder turns samples into encoded audio. It keeps the state of one stream.
type Encoder interface {
	// Encode appends encoded samples to dst. A block codec keeps samples that
	// fill no whole frame for the next call.
	Encode(dst []byte, samples []int16) ([]byte, error)
}

// NewDecoder returns a decoder of a format, or ErrNoCodec.
func NewDecoder(f *Format) (Decoder, error) {
	switch {
	case f == ULaw:
		return g711Decoder{&ulawToLinear}, nil
	case f == ALaw:
		return g711Decoder{&alawToLinear}, nil
	case f == G722:
		return newG722Decoder(), nil
	case f == GSM:
		return newGSMDecoder(), nil
	case f == G726, f == G726AAL2:
		return &g726Codec{g726: newG726(), high: f == G726AAL2}, nil
	case f == ADPCM:
		return &adpcm{}, nil
	case f == Opus:
		return newOpusDecoder()
	case f.Linear():
		return linearCodec{}, nil
	}
	return nil, fmt.Errorf("decode %s: %w", f, ErrNoCodec)
}

// NewEncoder returns an encoder of a format, or ErrNoCodec.
func NewEncoder(f *Format) (Encoder, error) {
	switch {
	case f == ULaw:
		return g711Encoder{&linearToULaw}, nil
	case f == ALaw:
		return g711Encoder{&linearToALaw}, nil
	case f == G722:
		return newG722Encoder(), nil
	case f == GSM:
		return newGSMEncoder(), nil
	case f == G726, f == G726AAL2:
		return &g726Codec{g726: newG726(), high: f == G726AAL2}, nil
	case f == ADPCM:
		return &adpcm{}, nil
	case f.Linear():
		return linearCodec{}, nil
	}
	return nil, fmt.Errorf("encode %s: %w", f, ErrNoCodec)
}
