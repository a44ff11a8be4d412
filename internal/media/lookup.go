package media

import "strings"

// formats lists every format, in the order of Asterisk's codec numbers.
var formats = [...]*Format{AMR, AMRWB, Codec2, G723, ULaw, ALaw, GSM, G726, G726AAL2, ADPCM,
	SLin, SLin12, SLin16, SLin24, SLin32, SLin44, SLin48, SLin96, SLin192, LPC10, G729, Speex, Speex16, Speex32,
	ILBC, G722, Siren7, Siren14, G719, Opus, H261, H263, H263P, H264, H265, MPEG4, VP8, VP9, Red, T140}

// Formats returns every format, in the order of Asterisk's codec numbers.
func Formats() []*Format { return append([]*Format(nil), formats[:]...) }

// Linear tells if the format is signed linear samples.
func (f *Format) Linear() bool { return f != nil && f.Encoding == "L16" }

// Block tells if the format's frames depend on their borders, so that data can
// be cut only between whole frames.
func (f *Format) Block() bool {
	switch f {
	case GSM, G729, Codec2, ILBC, Siren7, Siren14, G719:
		return true
	}
	return f.FrameBytes == 0 || f.Kind != Audio
}

// SamplesIn returns how many samples n bytes of the format last; 0 where the
// size of its frames varies.
func (f *Format) SamplesIn(n int) int {
	if f.FrameBytes == 0 {
		return 0
	}
	if f.Block() {
		return n / f.FrameBytes * f.FrameSamples
	}
	return n * f.FrameSamples / f.FrameBytes
}

// BytesIn returns how many bytes that many samples of the format take, the last
// frame of a block codec counted whole; 0 where the size of its frames varies.
func (f *Format) BytesIn(samples int) int {
	if f.FrameBytes == 0 {
		return 0
	}
	if f.Block() {
		return (samples + f.FrameSamples - 1) / f.FrameSamples * f.FrameBytes
	}
	return samples * f.FrameBytes / f.FrameSamples
}

// FormatByName finds a format by Asterisk's name, in any case. Names that mean
// the same are known, too: "slin8" is slin, "mulaw" ulaw.
func FormatByName(name string) (*Format, bool) {
	switch strings.ToLower(name) {
	case "slin8", "slinear":
		return SLin, true
	case "mulaw":
		return ULaw, true
	}
	for _, f := range formats {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return nil, false
}

// FormatByEncoding finds a format by what an a=rtpmap line says: the encoding
// name, in any case, and the clock rate in Hz; clock 0 accepts any.
func FormatByEncoding(encoding string, clock int) (*Format, bool) {
	for _, f := range formats {
		if strings.EqualFold(f.Encoding, encoding) && (clock == 0 || clock == f.Clock) {
			return f, true
		}
	}
	// Some phones tell G.722's real rate.
	if strings.EqualFold(encoding, G722.Encoding) && clock == G722.Rate {
		return G722, true
	}
	return nil, false
}

// FormatByPayload finds a format by its static RTP payload type (RFC 3551 §6).
func FormatByPayload(payload int) (*Format, bool) {
	if payload < 0 {
		return nil, false
	}
	for _, f := range formats {
		if f.Payload == payload {
			return f, true
		}
	}
	return nil, false
}

// LinearAt returns the signed linear format of a rate in Hz, or nil.
func LinearAt(rate int) *Format {
	for _, f := range formats {
		if f.Linear() && f.Rate == rate {
			return f
		}
	}
	return nil
}
