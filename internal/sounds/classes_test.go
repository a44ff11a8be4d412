package sounds

import (
	"io"
	"log/slog"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// classLibrary has the classes x, y, whose last piece plays again, and up, which is for legs that are up.
func classLibrary(t *testing.T, general string) *Library {
	t.Helper()
	root := pieces(t)
	l := New(Options{Data: root, Logger: slog.New(slog.DiscardHandler)})
	files := "mode=files\ndirectory=" + root + "\n"
	l.SetMusic(parse(t, general+"[default]\n"+files+"[x]\n"+files+"[y]\nloop_last=yes\n"+files+"[up]\nansweredonly=yes\n"+files))
	return l
}

// played is the class that a leg hears.
func played(t *testing.T, l *Library, asked string, c *channel.Channel) string {
	t.Helper()
	src, err := l.Music(asked, c)
	if err != nil {
		return "none"
	}
	_ = src.(io.Closer).Close()
	return src.(*music).name
}

func TestClassOfALeg(t *testing.T) {
	for _, c := range []struct{ general, own, asked, want string }{
		{"", "", "", "default"}, {"", "", "x", "x"}, {"", "y", "", "y"}, {"", "y", "x", "y"},
		{"", "nosuch", "x", "x"}, {"", "y", "nosuch", "y"}, {"", "", "nosuch", "default"},
		{"[general]\npreferchannelclass=yes\n", "y", "x", "y"},
		{"[general]\npreferchannelclass=no\n", "y", "x", "x"}, {"[general]\npreferchannelclass=no\n", "y", "", "y"},
		{"[general]\npreferchannelclass=no\n", "y", "nosuch", "y"},
	} {
		one := leg(t)
		one.Change(func(s *event.Channel) { s.MusicClass = c.own })
		if got := played(t, classLibrary(t, c.general), c.asked, one); got != c.want {
			t.Errorf("%swith %q of its own and %q asked for a leg hears %s, want %s", c.general, c.own, c.asked, got, c.want)
		}
	}
}

func TestClassForAnsweredCalls(t *testing.T) {
	l, c := classLibrary(t, ""), leg(t)
	c.SetState(event.Ring)
	if got := played(t, l, "up", c); got != "none" {
		t.Errorf("a leg that is not up hears %s", got)
	}
	c.SetState(event.Up)
	if got := played(t, l, "up", c); got != "up" {
		t.Errorf("a leg that is up hears %s", got)
	}
}

func TestLastPieceAgain(t *testing.T) {
	src, err := classLibrary(t, "").Music("y", leg(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = src.(io.Closer).Close() }()
	if got, want := heard(t, src, 10), "aabbcccccc"; got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}
