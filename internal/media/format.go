package media

// A Format is a codec at a sample rate, for example G.711 µ-law at 8 kHz.
// Formats are compared by pointer: there is one value for each, the package
// variables below.
type Format struct {
	// Name is Asterisk's name of the format: "ulaw", "slin16", "g722".
	Name string
	// Encoding is the RTP encoding name of RFC 3551 and friends: "PCMU".
	Encoding string
	// Rate is the sample rate of the decoded audio in Hz. G.722 is 16000.
	Rate int
	// Clock is the RTP clock rate in Hz. It is 8000 for G.722 (RFC 3551 §4.5.2).
	Clock int
	// Payload is the static RTP payload type, or -1 where it is dynamic.
	Payload int
	// Kind tells audio from video, text and image.
	Kind MediaKind
	// FrameBytes and FrameSamples describe the smallest unit: 10 ms of a
	// waveform codec, one frame of a block codec (GSM: 33 bytes, 160 samples).
	FrameBytes, FrameSamples int
	// Extension is the usual suffix of files in this format, without the dot.
	Extension string
}

// MediaKind is the kind of a media stream, as in the m= line of SDP.
type MediaKind uint8

// The kinds of media streams.
const (
	Audio MediaKind = iota
	Video
	Text
	Image
)

// String returns the SDP name of the kind.
func (k MediaKind) String() string {
	return [...]string{"audio", "video", "text", "image"}[k]
}

// String returns Asterisk's name of the format.
func (f *Format) String() string {
	if f == nil {
		return "none"
	}
	return f.Name
}

// The formats. SLin formats are signed linear 16-bit little-endian samples.
var (
	ULaw    = &Format{Name: "ulaw", Encoding: "PCMU", Rate: 8000, Clock: 8000, Payload: 0, FrameBytes: 80, FrameSamples: 80, Extension: "ulaw"}
	ALaw    = &Format{Name: "alaw", Encoding: "PCMA", Rate: 8000, Clock: 8000, Payload: 8, FrameBytes: 80, FrameSamples: 80, Extension: "alaw"}
	GSM     = &Format{Name: "gsm", Encoding: "GSM", Rate: 8000, Clock: 8000, Payload: 3, FrameBytes: 33, FrameSamples: 160, Extension: "gsm"}
	G722    = &Format{Name: "g722", Encoding: "G722", Rate: 16000, Clock: 8000, Payload: 9, FrameBytes: 80, FrameSamples: 160, Extension: "g722"}
	G729    = &Format{Name: "g729", Encoding: "G729", Rate: 8000, Clock: 8000, Payload: 18, FrameBytes: 10, FrameSamples: 80, Extension: "g729"}
	Opus    = &Format{Name: "opus", Encoding: "opus", Rate: 48000, Clock: 48000, Payload: -1, FrameSamples: 960, Extension: "opus"}
	SLin    = slin("slin", 8000, "sln")
	SLin12  = slin("slin12", 12000, "sln12")
	SLin16  = slin("slin16", 16000, "sln16")
	SLin24  = slin("slin24", 24000, "sln24")
	SLin32  = slin("slin32", 32000, "sln32")
	SLin44  = slin("slin44", 44100, "sln44")
	SLin48  = slin("slin48", 48000, "sln48")
	SLin96  = slin("slin96", 96000, "sln96")
	SLin192 = slin("slin192", 192000, "sln192")
	H264    = &Format{Name: "h264", Encoding: "H264", Rate: 90000, Clock: 90000, Payload: -1, Kind: Video}
	VP8     = &Format{Name: "vp8", Encoding: "VP8", Rate: 90000, Clock: 90000, Payload: -1, Kind: Video}
)

func slin(name string, rate int, extension string) *Format {
	return &Format{Name: name, Encoding: "L16", Rate: rate, Clock: rate, Payload: -1,
		FrameBytes: rate / 100 * 2, FrameSamples: rate / 100, Extension: extension}
}
