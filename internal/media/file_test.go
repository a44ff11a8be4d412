package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/fstest"
)

func readAll(t testing.TB, r FileReader) (frames int, data []byte) {
	t.Helper()
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return frames, data
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.Format != r.Format() || f.Samples != f.Format.SamplesIn(len(f.Data)) || f.Samples > f.Format.Rate/50 {
			t.Fatalf("frame of %s, %d samples, %d bytes", f.Format, f.Samples, len(f.Data))
		}
		frames++
		data = append(data, f.Data...)
	}
}

// TestFiles writes and reads each kind of file, whole and in two goes, and seeks.
func TestFiles(t *testing.T) {
	for _, extension := range FileExtensions() {
		t.Run(extension, func(t *testing.T) {
			format, _ := FileFormat(extension)
			if format == G729 {
				t.Skip("there is no codec to make data with")
			}
			base := filepath.Join(t.TempDir(), "sound")
			name := base + "." + extension
			data := encode(t, format, torture(format.Rate))
			half := format.BytesIn(format.Rate * 2 / 5) // whole blocks of WAV
			for i, part := range [][]byte{data[:half], data[half:]} {
				w, err := Create(name, extension, i > 0)
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Write(Frame{Kind: Voice, Format: format, Data: part}); err != nil {
					t.Fatal(err)
				}
				if got := w.Position(); got != int64(format.SamplesIn(half*i+len(part))) {
					t.Errorf("position %d after part %d", got, i)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
			}
			r, err := OpenRead(os.DirFS(filepath.Dir(base)), "sound")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			frames, got := readAll(t, r)
			if frames != 50 || !bytes.Equal(got, data) || r.Length() != int64(format.SamplesIn(len(data))) {
				t.Errorf("read %d frames of %d bytes, length %d; wrote %d bytes", frames, len(got), r.Length(), len(data))
			}
			at := int64(format.Rate) / 4
			if err := r.SeekTo(at); err != nil {
				t.Fatal(err)
			}
			step := int64(format.FrameSamples)
			if r.Position() > at || r.Position() <= at-step {
				t.Errorf("position %d after seek to %d", r.Position(), at)
			}
			start := format.BytesIn(int(r.Position()))
			if _, got := readAll(t, r); !bytes.Equal(got, data[start:]) {
				t.Errorf("after the seek %d bytes, want %d", len(got), len(data)-start)
			}
			if err := r.SeekTo(1 << 40); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("past the end: %v", err)
			}
		})
	}
}

func TestOpenReadTakesTheCheapest(t *testing.T) {
	wav := append(appendWAVHeader(nil, SLin, 320), make([]byte, 320)...)
	all := fstest.MapFS{}
	for _, e := range FileExtensions() {
		all["a."+e] = &fstest.MapFile{Data: wav}
	}
	all["b.gsm"], all["b.wav"] = &fstest.MapFile{Data: wav}, &fstest.MapFile{Data: wav}
	all["c.g729"] = &fstest.MapFile{Data: wav}
	all["d.wav16"] = &fstest.MapFile{Data: append(appendWAVHeader(nil, SLin16, 640), make([]byte, 640)...)}
	tests := []struct {
		base   string
		wanted []*Format
		want   *Format // nil for none
	}{
		{"a", []*Format{ULaw}, ULaw},
		{"a", []*Format{G729}, G729},
		{"a", []*Format{ALaw, GSM}, ALaw},
		{"b", []*Format{ULaw}, SLin},
		{"b", []*Format{GSM}, GSM},
		{"c", []*Format{ULaw}, nil},
		{"c", []*Format{G729, ULaw}, G729},
		{"d", []*Format{ULaw}, SLin16},
		{"b.wav", []*Format{ULaw}, SLin},
		{"nothing", nil, nil},
	}
	for _, test := range tests {
		r, err := OpenRead(all, test.base, test.wanted...)
		switch {
		case test.want == nil && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("%s for %v: %v", test.base, test.wanted, err)
		case test.want != nil && err != nil:
			t.Errorf("%s for %v: %v", test.base, test.wanted, err)
		case test.want != nil && r.Format() != test.want:
			t.Errorf("%s for %v: got %s, want %s", test.base, test.wanted, r.Format(), test.want)
		}
	}
	if got := Exists(all, "b"); len(got) != 2 {
		t.Errorf("b exists as %v", got)
	}
}

func TestWriterTranslatesAndCuts(t *testing.T) {
	name := filepath.Join(t.TempDir(), "r.wav")
	w, err := Create(name, "wav", false)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := w.Write(Frame{Kind: Voice, Format: ULaw, Data: make([]byte, 160)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Truncate(800); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(Frame{Kind: Voice, Format: ULaw, Data: make([]byte, 160)}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if want := appendWAVHeader(nil, SLin, 1920); len(b) != wavHeader+1920 || !bytes.Equal(b[:wavHeader], want) {
		t.Errorf("%d bytes, header %x", len(b), b[:wavHeader])
	}
}

// TestWAVHeaders: what other programs write, and what is none of ours.
// A fullDisk takes so many bytes.
type fullDisk struct {
	file io.Writer
	left int
}

func (d *fullDisk) Write(p []byte) (int, error) {
	n, err := d.file.Write(p[:min(len(p), d.left)])
	if d.left -= n; err == nil && n < len(p) {
		err = syscall.ENOSPC
	}
	return n, err
}

func TestRecordingOnAFullDiskKeepsWhatFits(t *testing.T) {
	for extension, fitting := range map[string]int{"wav": 3200, "WAV": 20 * wav49Block} {
		t.Run(extension, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "sound."+extension)
			w, err := Create(name, extension, false)
			if err != nil {
				t.Fatal(err)
			}
			w.buffer = bufio.NewWriterSize(&fullDisk{w.file, fitting}, 1024)
			silence := make([]byte, SLin.BytesIn(SLin.Rate/50))
			for err == nil {
				err = w.Write(Frame{Kind: Voice, Format: SLin, Data: silence})
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			if err := w.Close(); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("Close says %v, want that the disk is full", err)
			}
			data, err := os.ReadFile(name) //nolint:gosec // the test's own
			if err != nil {
				t.Fatal(err)
			}
			start, _, _, err := readWAV(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			if told := binary.LittleEndian.Uint32(data[start-4 : start]); int(told) != fitting || len(data) != int(start)+fitting {
				t.Errorf("the header tells of %d bytes, and there are %d; want %d", told, len(data)-int(start), fitting)
			}
		})
	}
}

func TestWAVHeaders(t *testing.T) {
	pcm := []byte{1, 0, 2, 0, 3, 0}
	head := appendWAVHeader(nil, SLin, 6)
	list := append([]byte("LIST\x05\x00\x00\x00INFOx\x00"), head[36:]...)
	cases := []struct {
		name string
		data []byte
		want int64 // samples; -1 for an error
	}{
		{"plain", append(bytes.Clone(head), pcm...), 3},
		{"other chunk before data", append(append(bytes.Clone(head[:36]), list...), pcm...), 3},
		{"length left open", append(append(bytes.Clone(head[:40]), 0xff, 0xff, 0xff, 0xff), pcm...), 3},
		{"length zero", append(append(bytes.Clone(head[:40]), 0, 0, 0, 0), pcm...), 3},
		{"cut", head[:30], -1},
		{"no riff", make([]byte, 60), -1},
		{"stereo", func() []byte { b := append(bytes.Clone(head), pcm...); b[22] = 2; return b }(), -1},
		{"rate", func() []byte { b := append(bytes.Clone(head), pcm...); b[24] = 1; return b }(), -1},
	}
	for _, c := range cases {
		r, err := OpenRead(fstest.MapFS{"x.wav": &fstest.MapFile{Data: c.data}}, "x")
		if (err != nil) != (c.want < 0) {
			t.Errorf("%s: %v", c.name, err)
		} else if err == nil && r.Length() != c.want {
			t.Errorf("%s: %d samples, want %d", c.name, r.Length(), c.want)
		}
	}
}

func FuzzReadWAV(f *testing.F) {
	f.Add(append(appendWAVHeader(nil, SLin, 6), 1, 2, 3, 4, 5, 6))
	f.Add(append(appendWAVHeader(nil, SLin16, 1<<31), 1))
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := OpenRead(fstest.MapFS{"x.wav": &fstest.MapFile{Data: data}}, "x")
		if err != nil {
			return
		}
		if _, got := readAll(t, r); len(got) > len(data) || int64(len(got)/2) != r.Length() {
			t.Fatalf("%d bytes and length %d from a file of %d", len(got), r.Length(), len(data))
		}
	})
}
