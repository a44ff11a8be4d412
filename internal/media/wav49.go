package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// GSM in files of Windows: two frames in a block of 65 octets, each field with its
// lowest bit first, behind a header of its own. Asterisk writes them as WAV, where wav
// is linear.

const (
	wavGSM      = 0x31
	wav49Header = 60
	wav49Block  = 65
	wav49Frames = 2 * gsmBytes // as many octets of GSM as phones have it
)

// wav49Longest bounds a file that is read: it is held in memory.
const wav49Longest = 256 << 20

// appendWAV49 appends the block of two frames.
func appendWAV49(dst []byte, frames []byte) ([]byte, error) {
	pending, count := uint(0), 0
	for range 2 {
		var f gsmFrame
		if err := f.parse(frames); err != nil {
			return dst, err
		}
		frames = frames[gsmBytes:]
		f.fields(func(field *int, width int) {
			pending, count = pending|uint(*field)<<count, count+width
			for ; count >= 8; count -= 8 {
				dst = append(dst, byte(pending))
				pending >>= 8
			}
		})
	}
	return dst, nil
}

// readWAV49 appends the two frames of a block.
func readWAV49(dst []byte, block []byte) []byte {
	pending, count := uint(0), 0
	for range 2 {
		var f gsmFrame
		f.fields(func(field *int, width int) {
			if count < width {
				pending, count = pending|uint(block[0])<<count, count+8
				block = block[1:]
			}
			*field = int(pending & (1<<width - 1))
			pending, count = pending>>width, count-width
		})
		dst = f.append(dst)
	}
	return dst
}

// unpackWAV49 reads the blocks of a file and returns their frames.
func unpackWAV49(r io.ReadSeeker, start, length int64) (io.ReadSeeker, int64, error) {
	if length > wav49Longest {
		return nil, 0, fmt.Errorf("%w: %d bytes are too many", errWAV, length)
	}
	if _, err := r.Seek(start, io.SeekStart); err != nil {
		return nil, 0, err
	}
	blocks := make([]byte, length-length%wav49Block)
	if _, err := io.ReadFull(r, blocks); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errWAV, err)
	}
	frames := make([]byte, 0, len(blocks)/wav49Block*wav49Frames)
	for ; len(blocks) > 0; blocks = blocks[wav49Block:] {
		frames = readWAV49(frames, blocks[:wav49Block])
	}
	return bytes.NewReader(frames), int64(len(frames)), nil
}

// appendWAV49Header appends the header of a file with that many octets of blocks.
func appendWAV49Header(b []byte, length int64) []byte {
	le := binary.LittleEndian
	size := uint32(min(length, 1<<32-1-wav49Header))
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, size+wav49Header-8)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 20)
	b = le.AppendUint16(b, wavGSM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, 8000)
	b = le.AppendUint32(b, 8000*wav49Block/(2*gsmSamples))
	b = le.AppendUint16(b, wav49Block)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 2*gsmSamples)
	b = append(b, "fact"...)
	b = le.AppendUint32(b, 4)
	b = le.AppendUint32(b, size/wav49Block*2*gsmSamples)
	b = append(b, "data"...)
	return le.AppendUint32(b, size)
}
