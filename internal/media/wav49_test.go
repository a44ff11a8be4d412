package media

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A WAV file is the reference's to the last bit, and gives the frames that went into
// it. Its odd last frame is left out.
func TestWAV49IsTheReferences(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.WAV")
	w, err := Create(name, "wav49", false)
	if err != nil {
		t.Fatal(err)
	}
	e, _ := NewEncoder(GSM)
	var frames [][]byte
	for samples := append(crossing(), make([]int16, 160)...); len(samples) > 0; samples = samples[160:] {
		data, err := e.Encode(nil, samples[:160])
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, data)
		if err := w.Write(Frame{Kind: Voice, Format: GSM, Data: data, Samples: 160}); err != nil {
			t.Fatal(err)
		}
	}
	if w.Position() != 16160 {
		t.Errorf("%d samples were written, want 16160", w.Position())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := crc32.ChecksumIEEE(file); len(file) != 3310 || got != 0x9e2e73d9 {
		t.Errorf("%d bytes of sum %#x, want 3310 of %#x", len(file), got, 0x9e2e73d9)
	}
	r, err := OpenRead(os.DirFS(filepath.Dir(name)), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if r.Format() != GSM || r.Length() != 16000 {
		t.Errorf("it is read as %d samples of %s", r.Length(), r.Format())
	}
	if err := r.SeekTo(320); err != nil {
		t.Fatal(err)
	}
	for i := 2; ; i++ {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			if i != 100 {
				t.Errorf("%d frames came, want 100", i)
			}
			return
		}
		if err != nil || !bytes.Equal(f.Data, frames[i]) {
			t.Fatalf("frame %d is % x (%v), want % x", i, f.Data, err, frames[i])
		}
	}
}

func TestWAV49IsCutAtBlocks(t *testing.T) {
	name := filepath.Join(t.TempDir(), "b.WAV")
	w, err := Create(name, "WAV", false)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := w.Write(Frame{Kind: Voice, Format: SLin, Data: make([]byte, 320), Samples: 160}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Truncate(800); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Size() != wav49Header+2*wav49Block {
		t.Errorf("the file is %v (%v), want two blocks", info.Size(), err)
	}
	if w, err = Create(name, "WAV", true); err != nil {
		t.Fatal(err)
	}
	if w.Position() != 640 {
		t.Errorf("it is added to behind %d samples, want 640", w.Position())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
