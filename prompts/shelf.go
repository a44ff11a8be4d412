package prompts

import (
	"archive/zip"
	"io"
	"sync"
)

// shelfBytes bounds the prompts that are kept once they were unpacked: some minutes of speech.
const shelfBytes = 4 << 20

// A shelf keeps prompts that were unpacked, so that those who hear the same share it, and
// nobody unpacks it twice. When it is full any one gives way.
type shelf struct {
	mu    sync.Mutex // a leaf
	held  map[*zip.File][]byte
	bytes int
}

var unpacked = shelf{held: map[*zip.File][]byte{}}

// get returns what a file has. Nobody changes it.
func (s *shelf) get(f *zip.File) ([]byte, error) {
	s.mu.Lock()
	b, ok := s.held[f]
	s.mu.Unlock()
	if ok {
		return b, nil
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if b, err = io.ReadAll(r); err != nil {
		return nil, err
	}
	s.put(f, b)
	return b, nil
}

func (s *shelf) put(f *zip.File, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[f] != nil || len(b) > shelfBytes {
		return
	}
	for old, kept := range s.held {
		if s.bytes+len(b) <= shelfBytes {
			break
		}
		delete(s.held, old)
		s.bytes -= len(kept)
	}
	s.held[f] = b
	s.bytes += len(b)
}
