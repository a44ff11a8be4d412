package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

var errWAV = errors.New("no wav file")

const (
	wavPCM    = 1
	wavHeader = 44
	wavChunks = 64 // a file with more before its data is refused
)

// readWAV finds the samples of a RIFF/WAVE file: 16 bits, mono, at a rate of a
// slin format, or GSM in blocks. A data chunk that tells no length or too much ends with the file.
func readWAV(r io.ReadSeeker, end int64) (start, length int64, format *Format, err error) {
	var head [12]byte
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, 0, nil, err
	}
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return 0, 0, nil, errWAV
	}
	at := int64(len(head))
	for range wavChunks {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return 0, 0, nil, fmt.Errorf("%w: it has no data", errWAV)
		}
		at += 8
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if format, err = readWAVFormat(r, size); err != nil {
				return 0, 0, nil, err
			}
		case "data":
			if format == nil {
				return 0, 0, nil, fmt.Errorf("%w: its data comes before its format", errWAV)
			}
			if size == 0 || at+size > end {
				size = end - at
			}
			return at, size, format, nil
		}
		at += size + size&1
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			return 0, 0, nil, err
		}
	}
	return 0, 0, nil, fmt.Errorf("%w: too many chunks", errWAV)
}

func readWAVFormat(r io.Reader, size int64) (*Format, error) {
	var b [16]byte
	if size < int64(len(b)) {
		return nil, fmt.Errorf("%w: format of %d bytes", errWAV, size)
	}
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return nil, fmt.Errorf("%w: %w", errWAV, err)
	}
	coding, channels := binary.LittleEndian.Uint16(b[0:]), binary.LittleEndian.Uint16(b[2:])
	rate, width := binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint16(b[14:])
	if coding == wavGSM && channels == 1 && rate == 8000 {
		return GSM, nil
	}
	f := LinearAt(int(rate))
	if coding != wavPCM || channels != 1 || width != 16 || f == nil {
		return nil, fmt.Errorf("wav file of coding %d, %d channels, %d bits, %d Hz: want PCM, mono, 16 bits, 8000 or 16000 Hz, or GSM",
			coding, channels, width, rate)
	}
	return f, nil
}

// appendWAVHeader appends the header of a file with that many bytes of samples.
func appendWAVHeader(b []byte, f *Format, length int64) []byte {
	le := binary.LittleEndian
	size := uint32(min(length, 1<<32-1-wavHeader))
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, size+wavHeader-8)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, wavPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, uint32(f.Rate))
	b = le.AppendUint32(b, uint32(2*f.Rate))
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	return le.AppendUint32(b, size)
}
