package monitor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/media"
)

// A writer is a file of a recording.
type writer struct {
	file   *media.FileWriter
	raw    *os.File // of two voices side by side, instead
	stereo bool
}

// cut takes the extension off a name.
func cut(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

// open makes a file, whose extension tells the format; without one it holds linear samples.
func open(name string, adding bool) (*writer, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil { //nolint:gosec // as the reference creates them; umask decides
		return nil, fmt.Errorf("record: %w", err)
	}
	extension := strings.TrimPrefix(filepath.Ext(name), ".")
	if extension == "" {
		name, extension = name+".raw", "raw"
	}
	f, err := media.Create(name, extension, adding)
	if err != nil {
		return nil, err
	}
	return &writer{file: f}, nil
}

// stereo makes a file of two voices, sample by sample, without a header.
func stereo(name string, adding bool) (*writer, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil { //nolint:gosec // as above
		return nil, fmt.Errorf("record: %w", err)
	}
	how := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if adding {
		how = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	f, err := os.OpenFile(name, how, 0o666) //nolint:gosec // umask decides
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &writer{raw: f, stereo: true}, nil
}

func (w *writer) write(rate int, voices ...[]int16) error {
	if w.stereo {
		data := make([]byte, 0, 4*len(voices[0]))
		pair := make([]int16, 2)
		for i := range voices[0] {
			pair[0], pair[1] = voices[0][i], voices[1][i]
			data = media.AppendLinear(data, pair)
		}
		_, err := w.raw.Write(data)
		return err
	}
	var m media.Mixer
	m.Reset(len(voices[0]))
	for _, v := range voices {
		m.Add(v)
	}
	samples := m.Without(nil, nil)
	return w.file.Write(media.Frame{Kind: media.Voice, Format: media.LinearAt(rate), Samples: len(samples),
		Data: media.AppendLinear(make([]byte, 0, 2*len(samples)), samples)})
}

func (w *writer) close() error {
	switch {
	case w == nil:
		return nil
	case w.raw != nil:
		return w.raw.Close()
	}
	return w.file.Close()
}
