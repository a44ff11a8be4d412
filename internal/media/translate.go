package media

import "fmt"

// A Translator turns voice frames of one format into another. It keeps state
// from frame to frame and belongs to one stream.
type Translator interface {
	// Translate returns the frame in the target format. ok is false where more
	// input is needed first. The frame's Data is new and may be kept.
	Translate(f Frame) (out Frame, ok bool, err error)
}

// NewTranslator returns a translator by the cheapest path. The error is
// ErrNoCodec where one of the formats can't be decoded or encoded.
func NewTranslator(from, to *Format) (Translator, error) {
	switch {
	case from == nil || to == nil:
		return nil, fmt.Errorf("translate %s to %s: %w", from, to, ErrNoCodec)
	case from == to:
		return same{}, nil
	case from == ULaw && to == ALaw:
		return &recoder{to, &ulawToALaw}, nil
	case from == ALaw && to == ULaw:
		return &recoder{to, &alawToULaw}, nil
	case from == ULaw && to == SLin:
		return &expander{&ulawToLinear}, nil
	case from == ALaw && to == SLin:
		return &expander{&alawToLinear}, nil
	case from == SLin && to == ULaw:
		return &compressor{to, &linearToULaw}, nil
	case from == SLin && to == ALaw:
		return &compressor{to, &linearToALaw}, nil
	}
	return newPipeline(from, to)
}

// NewConcealing is NewTranslator, also between equal formats, for a stream in which packets may be
// missing: what is missing by the timestamps of the frames is made up (see Concealer), and the frame
// after it is the longer by so much.
func NewConcealing(from, to *Format) (Translator, error) {
	if from == nil || to == nil {
		return NewTranslator(from, to)
	}
	p, err := newPipeline(from, to)
	if err != nil {
		return nil, err
	}
	p.gaps = &gaps{concealer: NewConcealer(from.Rate)}
	return p, nil
}

func newPipeline(from, to *Format) (*pipeline, error) {
	decoder, err := NewDecoder(from)
	if err != nil {
		return nil, err
	}
	encoder, err := NewEncoder(to)
	if err != nil {
		return nil, err
	}
	p := &pipeline{from: from, to: to, decoder: decoder, encoder: encoder}
	if from.Rate != to.Rate {
		if p.resampler, err = NewResampler(from.Rate, to.Rate); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// with returns a frame that carries other data, all else as it was.
func (f Frame) with(format *Format, data []byte, samples int) Frame {
	f.Format, f.Data, f.Samples = format, data, samples
	return f
}

type same struct{}

func (same) Translate(f Frame) (Frame, bool, error) { return f, true, nil }

// recoder goes between µ-law and A-law octet by octet.
type recoder struct {
	to    *Format
	table *[256]byte
}

func (t *recoder) Translate(f Frame) (Frame, bool, error) {
	data := make([]byte, len(f.Data))
	for i, c := range f.Data {
		data[i] = t.table[c]
	}
	return f.with(t.to, data, len(data)), true, nil
}

// expander goes from G.711 to linear.
type expander struct{ table *[256]int16 }

func (t *expander) Translate(f Frame) (Frame, bool, error) {
	data := make([]byte, 2*len(f.Data))
	for i, c := range f.Data {
		v := uint16(t.table[c])
		pair := data[2*i : 2*i+2 : 2*i+2]
		pair[0], pair[1] = byte(v), byte(v>>8)
	}
	return f.with(SLin, data, len(f.Data)), true, nil
}

// compressor goes from linear to G.711.
type compressor struct {
	to    *Format
	table *[1 << 14]byte
}

func (t *compressor) Translate(f Frame) (Frame, bool, error) {
	data := make([]byte, len(f.Data)/2)
	in := f.Data[:2*len(data)]
	for i := range data {
		data[i] = t.table[(uint16(in[2*i])|uint16(in[2*i+1])<<8)>>2]
	}
	return f.with(t.to, data, len(data)), true, nil
}

// pipeline is every other path: decode, change the rate, encode.
type pipeline struct {
	from, to  *Format
	decoder   Decoder
	resampler *Resampler // nil at equal rates
	encoder   Encoder
	gaps      *gaps // nil if what is missing is left out
	decoded   []int16
	resampled []int16
}

func (p *pipeline) Translate(f Frame) (Frame, bool, error) {
	var err error
	p.decoded = p.decoded[:0]
	if p.gaps != nil {
		p.decoded = p.gaps.fill(p.decoded, &f)
	}
	missing := len(p.decoded)
	if p.decoded, err = p.decoder.Decode(p.decoded, f.Data); err != nil {
		return f, false, fmt.Errorf("translate %s to %s: %w", p.from, p.to, err)
	}
	if p.gaps != nil {
		p.gaps.concealer.Heard(p.decoded[missing:])
	}
	samples := p.decoded
	if p.resampler != nil {
		p.resampled = p.resampler.Resample(p.resampled[:0], samples)
		samples = p.resampled
	}
	data, err := p.encoder.Encode(make([]byte, 0, p.to.BytesIn(len(samples))), samples)
	if err != nil {
		return f, false, fmt.Errorf("translate %s to %s: %w", p.from, p.to, err)
	}
	if len(data) == 0 {
		return f, false, nil
	}
	return f.with(p.to, data, p.to.SamplesIn(len(data))), true, nil
}
