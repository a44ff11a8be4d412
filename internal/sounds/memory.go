package sounds

import (
	"io"

	"github.com/octothorpe/octothorpe/internal/media"
)

// memory is a prompt that is held in memory, as µ-law: a byte is a sample.
type memory struct {
	data []byte
	at   int
}

const frameSamples = 160 // 20 ms at 8 kHz

func (m *memory) Next() (media.Frame, error) {
	if m.at >= len(m.data) {
		return media.Frame{}, io.EOF
	}
	end := min(m.at+frameSamples, len(m.data))
	part := m.data[m.at:end:end]
	m.at = end
	return media.Frame{Kind: media.Voice, Format: media.ULaw, Data: part, Samples: len(part)}, nil
}

func (m *memory) Format() *media.Format { return media.ULaw }
func (m *memory) Position() int64       { return int64(m.at) }
func (m *memory) Length() int64         { return int64(len(m.data)) }
func (m *memory) Close() error          { return nil }

func (m *memory) SeekTo(samples int64) error {
	m.at = int(min(max(0, samples), int64(len(m.data))))
	return nil
}
