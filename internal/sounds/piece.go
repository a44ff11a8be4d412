package sounds

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Music returns the music of a class for a leg, which may have one of its own; without either it
// is that of "default". It never ends. The leg is said to hear music from now until the source is closed.
func (l *Library) Music(class string, c *channel.Channel) (channel.Source, error) {
	m := &music{library: l, leg: c, name: "default"}
	known := l.class(class, c)
	if known != nil {
		if known.AnsweredOnly && c != nil && c.State() != event.Up {
			return nil, fmt.Errorf("music on hold of class %q is for answered calls", known.Name)
		}
		m.name, m.files = known.Name, known.Files()
		m.announcement, m.loopLast = known.Announcement, known.LoopLast
		if len(m.files) > 0 {
			m.at, m.random = known.order(len(m.files))
			m.resume(known.Name)
		}
	}
	if known != nil && known.program != nil {
		m.live = known.program.listen()
	} else if len(m.files) == 0 {
		src, ok := l.embeddedMusic()
		if !ok {
			return nil, errNoMusic(m.name)
		}
		m.now, m.whole = src, src
	}
	m.publish(true)
	return m, nil
}

// embeddedMusic is what is played where no class has files.
func (l *Library) embeddedMusic() (Stream, bool) {
	data, ok := l.options.Embedded(DefaultLanguage, "music-on-hold")
	if !ok || len(data) == 0 {
		return nil, false
	}
	return &memory{data: data}, true
}

// music plays the pieces of a class one after the other, without end.
type music struct {
	library      *Library
	leg          *channel.Channel
	name         string
	files        []string
	at           int
	random       bool
	loopLast     bool // the last piece plays again
	announcement string
	told         bool      // the announcement before the present piece was played
	announcing   bool      // what plays is the announcement
	now          Stream    // what plays
	whole        Stream    // the embedded piece, which begins again
	live         *listener // what a program makes, instead of all this
	offset       int64     // where the first piece goes on
	closed       bool
}

// place is where a leg stopped hearing a class, so that it goes on there.
type place struct {
	class  string
	at     int
	offset int64
}

type placeKey struct{}

func (m *music) resume(class string) {
	if m.leg == nil {
		return
	}
	if p, ok := m.leg.Value(placeKey{}).(place); ok && p.class == class && p.at < len(m.files) {
		m.at, m.offset = p.at, p.offset
	}
}

// Next implements channel.Source.
func (m *music) Next() (media.Frame, error) {
	if m.live != nil {
		return m.live.Next()
	}
	for tries := 0; tries <= 2*len(m.files)+1; tries++ {
		if m.now == nil {
			m.open()
			continue
		}
		f, err := m.now.Next()
		if err == nil {
			return f, nil
		}
		if m.whole != nil {
			if err := m.whole.SeekTo(0); err != nil {
				return f, err
			}
			continue
		}
		_ = m.now.Close()
		m.now = nil
		if !errors.Is(err, io.EOF) {
			m.library.options.Logger.Warn("a piece of music on hold broke off", "class", m.name, "error", err)
		}
		m.advance()
	}
	return media.Frame{}, errNoMusic(m.name)
}

func (m *music) advance() {
	if m.announcement != "" && !m.told {
		m.told = true
		return
	}
	m.told = false
	if m.random {
		m.at = rand.IntN(len(m.files)) //nolint:gosec // no secret
		return
	}
	if m.loopLast && m.at == len(m.files)-1 {
		return
	}
	m.at = (m.at + 1) % len(m.files)
}

// open begins the next piece, or the announcement before it.
func (m *music) open() {
	var formats []*media.Format
	language := DefaultLanguage
	if m.leg != nil {
		language = m.leg.Snapshot().Language
		if f := m.leg.Leg().WriteFormat(); f != nil {
			formats = []*media.Format{f}
		}
	}
	if m.announcement != "" && !m.told {
		if src, err := m.library.OpenFor(m.announcement, language, formats...); err == nil {
			m.now, m.announcing = src, true
			return
		}
		m.told = true
	}
	src, err := m.library.OpenFor(m.files[m.at], language, formats...)
	if err != nil {
		m.library.options.Logger.Warn("a piece of music on hold can't be played", "class", m.name, "error", err)
		m.told = true
		m.advance()
		return
	}
	if m.offset > 0 {
		_ = src.SeekTo(m.offset) // from the start is as good
		m.offset = 0
	}
	m.now, m.announcing = src, false
}

// Close ends the music and remembers where it was. During an announcement that is
// where the piece behind it would have gone on.
func (m *music) Close() error {
	if m.closed {
		return nil
	}
	m.closed = true
	if m.live != nil {
		_ = m.live.Close()
	}
	if m.leg != nil && m.now != nil && m.whole == nil {
		offset := m.offset
		if !m.announcing {
			offset = m.now.Position()
		}
		m.leg.SetValue(placeKey{}, place{m.name, m.at, offset})
	}
	if m.now != nil {
		_ = m.now.Close()
	}
	m.publish(false)
	return nil
}

func (m *music) publish(start bool) {
	if m.leg == nil {
		return
	}
	bus := m.leg.Registry().Bus
	switch {
	case start && bus.Wants(event.KindMusicOnHoldStart):
		bus.Publish(&event.MusicOnHoldStart{Channel: m.leg.Snapshot(), Class: m.name})
	case !start && bus.Wants(event.KindMusicOnHoldStop):
		bus.Publish(&event.MusicOnHoldStop{Channel: m.leg.Snapshot()})
	}
}
