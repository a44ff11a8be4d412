package media

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// A FileReader gives the voice of a file in frames of 20 ms. It belongs to one
// goroutine.
type FileReader interface {
	// Format is that of the frames.
	Format() *Format
	// Next returns the next frame, the last one perhaps shorter; io.EOF after it.
	Next() (Frame, error)
	// SeekTo moves to a position in samples from the start, rounded down to a
	// whole frame of the codec and kept within the file.
	SeekTo(samples int64) error
	// Position is where Next goes on, in samples from the start.
	Position() int64
	// Length is that of the whole file in samples.
	Length() int64
	Close() error
}

// fileKind is what a file name's extension says.
type fileKind struct {
	extension string
	format    *Format
	wav       bool
}

// fileKinds lists the extensions in the order in which equal choices are taken.
var fileKinds = [...]fileKind{
	{"g722", G722, false}, {"alaw", ALaw, false}, {"al", ALaw, false}, {"alw", ALaw, false},
	{"ulaw", ULaw, false}, {"pcm", ULaw, false}, {"ul", ULaw, false}, {"mu", ULaw, false}, {"ulw", ULaw, false},
	{"sln192", SLin192, false}, {"sln96", SLin96, false}, {"sln48", SLin48, false}, {"sln44", SLin44, false},
	{"sln32", SLin32, false}, {"sln24", SLin24, false}, {"sln16", SLin16, false}, {"sln12", SLin12, false},
	{"sln", SLin, false}, {"slin", SLin, false}, {"raw", SLin, false},
	{"gsm", GSM, false}, {"g729", G729, false}, {"g726-32", G726, false}, {"vox", ADPCM, false},
	{"wav16", SLin16, true}, {"wav", SLin, true}, {"WAV", GSM, true},
}

// kindOf finds what an extension says, in any case but that of WAV, which is not wav:
// as in the reference it holds GSM, and wav49 is another word for it.
func kindOf(extension string) (fileKind, bool) {
	if strings.EqualFold(extension, "wav49") {
		extension = "WAV"
	}
	for _, k := range fileKinds {
		if k.extension == extension {
			return k, true
		}
	}
	for _, k := range fileKinds {
		if strings.EqualFold(k.extension, extension) {
			return k, true
		}
	}
	return fileKind{}, false
}

// FileFormat returns the format that a file name extension, without its dot,
// stands for: "wav", "gsm", "ul", "sln16".
func FileFormat(extension string) (*Format, bool) {
	k, ok := kindOf(extension)
	return k.format, ok
}

// FileExtensions returns every extension that can be read and written.
func FileExtensions() []string {
	var names []string
	for _, k := range fileKinds {
		names = append(names, k.extension)
	}
	return names
}

// Exists returns the extensions with which a sound exists, best known first.
func Exists(fsys fs.FS, base string) []string {
	var found []string
	for _, k := range fileKinds {
		if info, err := fs.Stat(fsys, base+"."+k.extension); err == nil && !info.IsDir() {
			found = append(found, k.extension)
		}
	}
	return found
}

// OpenRead opens a sound by its name without extension: of those that exist the
// one that costs least to bring to one of the wanted formats. Without wanted
// formats any will do. A name with a known extension is tried as it stands if
// nothing else is found. The error is fs.ErrNotExist where there is no sound.
func OpenRead(fsys fs.FS, base string, wanted ...*Format) (FileReader, error) {
	best, least := fileKind{}, -1
	for _, k := range fileKinds {
		info, err := fs.Stat(fsys, base+"."+k.extension)
		if err != nil || info.IsDir() {
			continue
		}
		cost := 0
		if len(wanted) > 0 {
			if cost = cheapest(k.format, wanted); cost < 0 {
				continue
			}
		}
		if least < 0 || cost < least {
			best, least = k, cost
		}
	}
	if least >= 0 {
		return open(fsys, base+"."+best.extension, best)
	}
	if k, ok := kindOf(strings.TrimPrefix(path.Ext(base), ".")); ok {
		return open(fsys, base, k)
	}
	return nil, fmt.Errorf("open sound %s: %w", base, fs.ErrNotExist)
}

func cheapest(from *Format, wanted []*Format) int {
	least := -1
	for _, to := range wanted {
		if c, ok := Cost(from, to); ok && (least < 0 || c < least) {
			least = c
		}
	}
	return least
}

func open(fsys fs.FS, name string, k fileKind) (FileReader, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open sound: %w", err)
	}
	r, err := newReader(f, k)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open sound %s: %w", name, err)
	}
	return r, nil
}

// newReader reads from f, which it takes whole into memory if it can't seek.
func newReader(f io.ReadCloser, k fileKind) (*reader, error) {
	source, ok := f.(io.ReadSeeker)
	if !ok {
		all, err := io.ReadAll(f)
		if err != nil {
			return nil, err
		}
		source = bytes.NewReader(all)
	}
	r := &reader{source: source, closer: f, format: k.format}
	end, err := source.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	r.length = end
	if k.wav {
		if r.start, r.length, r.format, err = readWAV(source, end); err != nil {
			return nil, err
		}
	}
	if k.wav && r.format == GSM { // whatever its name says
		if source, r.length, err = unpackWAV49(source, r.start, r.length); err != nil {
			return nil, err
		}
		r.source, r.start = source, 0
	}
	r.length -= r.length % int64(r.unit())
	return r, r.SeekTo(0)
}

// reader reads any format of constant rate: that is all of ours.
type reader struct {
	source        io.ReadSeeker
	closer        io.Closer
	format        *Format
	start, length int64  // of the media, in bytes
	at            int64  // what Next gives next, in bytes from start
	ahead         []byte // what was read beyond it
}

// unit is the smallest piece of the format in bytes.
func (r *reader) unit() int {
	switch {
	case r.format.Block():
		return r.format.FrameBytes
	case r.format.Linear():
		return 2
	}
	return 1
}

// readAhead is how much is read at once, in frames of 20 ms.
const readAhead = 25

func (r *reader) Format() *Format { return r.format }
func (r *reader) Position() int64 { return r.samples(r.at) }
func (r *reader) Length() int64   { return r.samples(r.length) }

func (r *reader) samples(n int64) int64 {
	return n * int64(r.format.FrameSamples) / int64(r.format.FrameBytes)
}

func (r *reader) Next() (Frame, error) {
	size := r.format.BytesIn(r.format.Rate / 50)
	if len(r.ahead) < size {
		if err := r.fill(size); err != nil {
			return Frame{}, err
		}
	}
	n := min(size, len(r.ahead))
	if n -= n % r.unit(); n == 0 {
		return Frame{}, io.EOF
	}
	data := r.ahead[:n:n]
	r.ahead = r.ahead[n:]
	r.at += int64(n)
	return Frame{Kind: Voice, Format: r.format, Data: data, Samples: int(r.samples(int64(n)))}, nil
}

// fill reads ahead into new memory, as frames keep the old.
func (r *reader) fill(size int) error {
	rest := r.length - r.at - int64(len(r.ahead))
	if rest <= 0 {
		return nil
	}
	room := make([]byte, len(r.ahead)+int(min(rest, int64(readAhead*size))))
	have := copy(room, r.ahead)
	n, err := io.ReadFull(r.source, room[have:])
	r.ahead = room[:have+n]
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		r.length = r.at + int64(len(r.ahead)) // cut short while we read
		return nil
	}
	return err
}

func (r *reader) SeekTo(samples int64) error {
	at := max(0, samples) * int64(r.format.FrameBytes) / int64(r.format.FrameSamples)
	at = min(at, r.length)
	at -= at % int64(r.unit())
	if _, err := r.source.Seek(r.start+at, io.SeekStart); err != nil {
		return fmt.Errorf("seek in sound: %w", err)
	}
	r.at, r.ahead = at, nil
	return nil
}

func (r *reader) Close() error { return r.closer.Close() }
