package media

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// A FileWriter writes the voice of a file. It belongs to one goroutine.
type FileWriter struct {
	file       *os.File
	buffer     *bufio.Writer
	kind       fileKind
	start      int64 // where media begins, in bytes
	length     int64 // of media, in bytes
	translator Translator
	from       *Format // what translator takes
	frame      []byte  // of a WAV49 file: one that waits for its block's other
}

// Create opens a file to write to, named with its extension; extension tells the
// format ("wav", "gsm", "sln16"). What the file held is kept where adding is set.
func Create(name, extension string, adding bool) (*FileWriter, error) {
	k, ok := kindOf(extension)
	if !ok {
		return nil, fmt.Errorf("write sound %s: unknown file format %q", name, extension)
	}
	flags := os.O_RDWR | os.O_CREATE
	if !adding {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(name, flags, 0o666)
	if err != nil {
		return nil, fmt.Errorf("write sound: %w", err)
	}
	w := &FileWriter{file: f, buffer: bufio.NewWriterSize(f, 8192), kind: k}
	if err := w.begin(); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("write sound %s: %w", name, err)
	}
	return w, nil
}

// Writes tells whether Create knows a file format by its extension.
func Writes(extension string) bool {
	_, ok := kindOf(extension)
	return ok
}

// begin finds where to go on.
func (w *FileWriter) begin() error {
	end, err := w.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	w.length = end
	if w.kind.blocks() {
		return w.beginBlocks(end)
	}
	if w.kind.wav {
		if end == 0 {
			w.start = wavHeader
			_, err = w.file.Write(appendWAVHeader(nil, w.kind.format, 0))
			return err
		}
		var format *Format
		if w.start, w.length, format, err = readWAV(w.file, end); err != nil {
			return err
		}
		if format != w.kind.format || w.start != wavHeader {
			return fmt.Errorf("can't add to a file of another kind: %w", errWAV)
		}
	}
	_, err = w.file.Seek(w.start+w.length, io.SeekStart)
	return err
}

// beginBlocks is begin for GSM in blocks.
func (w *FileWriter) beginBlocks(end int64) error {
	w.start, w.length = wav49Header, 0
	if end == 0 {
		_, err := w.file.Write(appendWAV49Header(nil, 0))
		return err
	}
	start, length, format, err := readWAV(w.file, end)
	if err != nil {
		return err
	}
	if format != GSM || start != wav49Header {
		return fmt.Errorf("can't add to a file of another kind: %w", errWAV)
	}
	w.length = length / wav49Block * wav49Frames
	_, err = w.file.Seek(start+length-length%wav49Block, io.SeekStart)
	return err
}

// Format is what the file holds. Frames in it are written as they are.
func (w *FileWriter) Format() *Format { return w.kind.format }

// Write appends a Voice frame, translated if need be. Other frames are ignored.
func (w *FileWriter) Write(f Frame) error {
	if f.Kind != Voice {
		return nil
	}
	if f.Format != w.kind.format {
		if w.translator == nil || w.from != f.Format {
			t, err := NewTranslator(f.Format, w.kind.format)
			if err != nil {
				return err
			}
			w.translator, w.from = t, f.Format
		}
		var ok bool
		var err error
		if f, ok, err = w.translator.Translate(f); err != nil || !ok {
			return err
		}
	}
	if w.kind.blocks() {
		return w.writeBlocks(f.Data)
	}
	n, err := w.buffer.Write(f.Data)
	w.length += int64(n)
	if err != nil {
		return fmt.Errorf("write sound: %w", err)
	}
	return nil
}

// blocks tells if files of the kind hold GSM in blocks of two frames.
func (k fileKind) blocks() bool { return k.wav && k.format == GSM }

// writeBlocks writes frames of GSM by twos. Length counts them as they came.
func (w *FileWriter) writeBlocks(frames []byte) error {
	w.frame = append(w.frame, frames...)
	w.length += int64(len(frames))
	for len(w.frame) >= wav49Frames {
		block, err := appendWAV49(nil, w.frame[:wav49Frames])
		if err == nil {
			_, err = w.buffer.Write(block)
		}
		if err != nil {
			return fmt.Errorf("write sound: %w", err)
		}
		w.frame = append([]byte(nil), w.frame[wav49Frames:]...)
	}
	return nil
}

// Position is how much was written, in samples, what the file held before included.
func (w *FileWriter) Position() int64 {
	return w.length * int64(w.kind.format.FrameSamples) / int64(w.kind.format.FrameBytes)
}

// Truncate cuts the file to a length in samples, as after a recording that ends
// with silence. A length beyond the end changes nothing.
func (w *FileWriter) Truncate(samples int64) error {
	length := max(0, samples) * int64(w.kind.format.FrameBytes) / int64(w.kind.format.FrameSamples)
	if w.kind.format.Block() {
		length -= length % int64(w.kind.format.FrameBytes)
	}
	if length >= w.length {
		return nil
	}
	err := w.buffer.Flush()
	at := w.start + length
	if w.kind.blocks() {
		length -= length % wav49Frames
		at, w.frame = w.start+length/wav49Frames*wav49Block, nil
	}
	if err == nil {
		err = w.file.Truncate(at)
	}
	if err == nil {
		_, err = w.file.Seek(at, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("cut sound: %w", err)
	}
	w.length = length
	return nil
}

// Close writes what is left and sets the header right: where the disk was full, the file
// is whole as far as it goes.
func (w *FileWriter) Close() error {
	err := w.buffer.Flush()
	if w.kind.wav {
		err = errors.Join(err, w.finishHeader())
	}
	if err = errors.Join(err, w.file.Close()); err != nil {
		return fmt.Errorf("close sound: %w", err)
	}
	return nil
}

// finishHeader has the header tell what there is of media.
func (w *FileWriter) finishHeader() error {
	end, err := w.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	length := end - w.start
	header := appendWAVHeader(nil, w.kind.format, length)
	if w.kind.blocks() { // a frame without its other is left out, as in the reference
		header = appendWAV49Header(nil, length-length%wav49Block)
	}
	_, err = w.file.WriteAt(header, 0)
	return err
}
