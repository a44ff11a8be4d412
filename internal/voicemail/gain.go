package voicemail

import (
	"bytes"
	"encoding/binary"
	"math"
)

// louder multiplies the samples of a WAV file of 16 bits by a gain. Other files stay as they
// are: their samples are compressed.
func louder(file []byte, gain float64) []byte {
	const header, format, bits = 12, 8, 22 // the file's; in a chunk
	if len(file) < header || !bytes.HasPrefix(file, []byte("RIFF")) || !bytes.Equal(file[8:header], []byte("WAVE")) {
		return file
	}
	linear := false
	for at := header; at+format <= len(file); {
		name, size := string(file[at:at+4]), int(binary.LittleEndian.Uint32(file[at+4:]))
		end := min(at+format+size, len(file))
		if size < 0 || end < at+format {
			return file
		}
		switch {
		case name == "fmt " && at+bits+2 <= len(file):
			linear = binary.LittleEndian.Uint16(file[at+format:]) == 1 && binary.LittleEndian.Uint16(file[at+bits:]) == 16
		case name == "data" && linear:
			out := bytes.Clone(file)
			for i := at + format; i+1 < end; i += 2 {
				sample := float64(int16(binary.LittleEndian.Uint16(out[i:]))) * gain                                              //nolint:gosec // the bits of a sample
				binary.LittleEndian.PutUint16(out[i:], uint16(int16(math.Round(min(max(sample, math.MinInt16), math.MaxInt16))))) //nolint:gosec // the same
			}
			return out
		}
		at = end + size&1
	}
	return file
}
