package app

import (
	"context"
	"io"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// longestPlaylist is how many files may wait to be played in one ExternalIVR. What is
// asked for beyond is told as dropped.
const longestPlaylist = 1000

// A playlist plays files one after the other. It is the leg's owner's.
type playlist struct {
	house *House
	c     *channel.Channel
	wake  func() // says that a file has been heard

	now  string   // that plays
	next []string // that wait

	cancel context.CancelFunc
	done   chan struct{} // closed when the file has ended, by itself or not
}

// start begins a file. A goroutine of the leg's plays it until stop or its end.
func (l *playlist) start(ctx context.Context, name string) error {
	src, err := l.house.Sounds.Open(name, l.c.Snapshot().Language, l.c)
	if err != nil {
		return err
	}
	within, cancel := context.WithCancel(ctx)
	l.now, l.cancel, l.done = name, cancel, make(chan struct{})
	done := l.done
	l.c.Registry().Go(l.c.Name(), func() {
		defer l.wake()
		defer close(done)
		_ = l.c.Pace(within, src) // that the leg is gone, its owner sees
		if closer, ok := src.(io.Closer); ok {
			_ = closer.Close()
		}
	})
	return nil
}

// heard tells whether the file that plays has ended, once.
func (l *playlist) heard() (name string, done bool) {
	if l.done == nil {
		return "", false
	}
	select {
	case <-l.done:
		l.cancel()
		name, l.now, l.done = l.now, "", nil
		return name, true
	default:
		return "", false
	}
}

// stop ends the file that plays.
func (l *playlist) stop() {
	if l.done == nil {
		return
	}
	l.cancel()
	<-l.done
	l.done = nil
}
