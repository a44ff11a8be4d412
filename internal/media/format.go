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
	// Offer is the payload type under which it is offered where Payload is -1; 0 is
	// the next that is free.
	Offer int
	// FrameBytes and FrameSamples describe the smallest unit: 10 ms of a
	// waveform codec, one frame of a block codec (GSM: 33 bytes, 160 samples).
	FrameBytes, FrameSamples int
	// Framing and Longest are how much of it a packet holds, usually and at most, in
	// ms; 0 is 20, and no limit.
	Framing, Longest int
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

// The formats that sound is turned into and from.
var (
	ULaw     = &Format{Name: "ulaw", Encoding: "PCMU", Rate: 8000, Clock: 8000, Payload: 0, FrameBytes: 80, FrameSamples: 80, Longest: 140, Extension: "ulaw"}
	ALaw     = &Format{Name: "alaw", Encoding: "PCMA", Rate: 8000, Clock: 8000, Payload: 8, FrameBytes: 80, FrameSamples: 80, Longest: 140, Extension: "alaw"}
	GSM      = &Format{Name: "gsm", Encoding: "GSM", Rate: 8000, Clock: 8000, Payload: 3, FrameBytes: 33, FrameSamples: 160, Longest: 300, Extension: "gsm"}
	G722     = &Format{Name: "g722", Encoding: "G722", Rate: 16000, Clock: 8000, Payload: 9, FrameBytes: 80, FrameSamples: 160, Longest: 140, Extension: "g722"}
	G726     = &Format{Name: "g726", Encoding: "G726-32", Rate: 8000, Clock: 8000, Payload: -1, Offer: 111, FrameBytes: 40, FrameSamples: 80, Longest: 300, Extension: "g726-32"}
	G726AAL2 = &Format{Name: "g726aal2", Encoding: "AAL2-G726-32", Rate: 8000, Clock: 8000, Payload: -1, Offer: 112, FrameBytes: 40, FrameSamples: 80, Longest: 300}
	ADPCM    = &Format{Name: "adpcm", Encoding: "DVI4", Rate: 8000, Clock: 8000, Payload: 5, FrameBytes: 40, FrameSamples: 80, Longest: 300, Extension: "vox"}
)

// The linear formats: signed 16-bit samples, little-endian.
var (
	SLin    = slin("slin", 8000, 10, "sln")
	SLin12  = slin("slin12", 12000, 122, "sln12")
	SLin16  = slin("slin16", 16000, 118, "sln16")
	SLin24  = slin("slin24", 24000, 123, "sln24")
	SLin32  = slin("slin32", 32000, 124, "sln32")
	SLin44  = slin("slin44", 44100, 125, "sln44")
	SLin48  = slin("slin48", 48000, 126, "sln48")
	SLin96  = slin("slin96", 96000, 127, "sln96")
	SLin192 = slin("slin192", 192000, 96, "sln192")
)

// The sound that is carried from phone to phone as it is, and from and to files.
var (
	AMR     = &Format{Name: "amr", Encoding: "AMR", Rate: 8000, Clock: 8000, Payload: -1, Longest: 20}
	AMRWB   = &Format{Name: "amrwb", Encoding: "AMR-WB", Rate: 16000, Clock: 16000, Payload: -1, Longest: 20}
	Codec2  = &Format{Name: "codec2", Encoding: "CODEC2", Rate: 8000, Clock: 8000, Payload: -1, FrameBytes: 6, FrameSamples: 160, Longest: 300}
	G723    = &Format{Name: "g723", Encoding: "G723", Rate: 8000, Clock: 8000, Payload: 4, Framing: 30, Longest: 300}
	LPC10   = &Format{Name: "lpc10", Encoding: "LPC", Rate: 8000, Clock: 8000, Payload: 7, Longest: 20}
	G729    = &Format{Name: "g729", Encoding: "G729", Rate: 8000, Clock: 8000, Payload: 18, FrameBytes: 10, FrameSamples: 80, Longest: 220, Extension: "g729"}
	Speex   = &Format{Name: "speex", Encoding: "speex", Rate: 8000, Clock: 8000, Payload: -1, Offer: 110, Longest: 60}
	Speex16 = &Format{Name: "speex16", Encoding: "speex", Rate: 16000, Clock: 16000, Payload: -1, Offer: 117, Longest: 60}
	Speex32 = &Format{Name: "speex32", Encoding: "speex", Rate: 32000, Clock: 32000, Payload: -1, Offer: 119, Longest: 60}
	ILBC    = &Format{Name: "ilbc", Encoding: "iLBC", Rate: 8000, Clock: 8000, Payload: -1, Offer: 97, FrameBytes: 38, FrameSamples: 160, Longest: 300}
	Siren7  = &Format{Name: "siren7", Encoding: "G7221", Rate: 16000, Clock: 16000, Payload: -1, Offer: 102, FrameBytes: 80, FrameSamples: 320, Longest: 80}
	Siren14 = &Format{Name: "siren14", Encoding: "G7221", Rate: 32000, Clock: 32000, Payload: -1, Offer: 115, FrameBytes: 120, FrameSamples: 640, Longest: 80}
	G719    = &Format{Name: "g719", Encoding: "G719", Rate: 48000, Clock: 48000, Payload: -1, Offer: 116, FrameBytes: 160, FrameSamples: 960, Longest: 80}
	Opus    = &Format{Name: "opus", Encoding: "opus", Rate: 48000, Clock: 48000, Payload: -1, Offer: 107, Longest: 60, Extension: "opus"}
)

// Pictures and text. They are carried as they are.
var (
	H261  = &Format{Name: "h261", Encoding: "H261", Rate: 90000, Clock: 90000, Payload: 31, Kind: Video}
	H263  = &Format{Name: "h263", Encoding: "H263", Rate: 90000, Clock: 90000, Payload: 34, Kind: Video}
	H263P = &Format{Name: "h263p", Encoding: "h263-1998", Rate: 90000, Clock: 90000, Payload: -1, Offer: 103, Kind: Video}
	H264  = &Format{Name: "h264", Encoding: "H264", Rate: 90000, Clock: 90000, Payload: -1, Offer: 99, Kind: Video}
	H265  = &Format{Name: "h265", Encoding: "H265", Rate: 90000, Clock: 90000, Payload: -1, Offer: 109, Kind: Video}
	MPEG4 = &Format{Name: "mpeg4", Encoding: "MP4V-ES", Rate: 90000, Clock: 90000, Payload: -1, Offer: 104, Kind: Video}
	VP8   = &Format{Name: "vp8", Encoding: "VP8", Rate: 90000, Clock: 90000, Payload: -1, Offer: 100, Kind: Video}
	VP9   = &Format{Name: "vp9", Encoding: "VP9", Rate: 90000, Clock: 90000, Payload: -1, Offer: 108, Kind: Video}
	Red   = &Format{Name: "red", Encoding: "red", Rate: 1000, Clock: 1000, Payload: -1, Offer: 105, Kind: Text}
	T140  = &Format{Name: "t140", Encoding: "t140", Rate: 1000, Clock: 1000, Payload: -1, Offer: 106, Kind: Text}
)

func slin(name string, rate, offer int, extension string) *Format {
	return &Format{Name: name, Encoding: "L16", Rate: rate, Clock: rate, Payload: -1, Offer: offer,
		FrameBytes: rate / 100 * 2, FrameSamples: rate / 100, Longest: 60, Extension: extension}
}
