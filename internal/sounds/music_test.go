package sounds

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type testLeg struct{}

func (testLeg) Call(context.Context) error { return nil }
func (testLeg) Answer() error              { return nil }
func (testLeg) Indicate(media.Frame) error { return channel.ErrNotIndicated }
func (testLeg) Write(media.Frame) error    { return nil }
func (testLeg) WriteFormat() *media.Format { return media.ULaw }
func (testLeg) Hangup(int)                 {}

func leg(t *testing.T) *channel.Channel {
	t.Helper()
	r := channel.NewRegistry(event.NewBus(), slog.New(slog.DiscardHandler), "")
	c, err := r.New(channel.Config{Name: "Test/1", Technology: "Test", Leg: testLeg{}, State: event.Up})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.End)
	return c
}

// heard is the order of the pieces of the next frames, told
// apart by their first octet.
func heard(t *testing.T, src channel.Source, frames int) string {
	t.Helper()
	order := ""
	for range frames {
		f, err := src.Next()
		if err != nil {
			t.Fatal(err)
		}
		order += string(rune(f.Data[0]))
	}
	return order
}

func pieces(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		data := make([]byte, 320)
		for i := range data {
			data[i] = name[0]
		}
		write(t, filepath.Join(root, name+".ulaw"), data)
	}
	write(t, filepath.Join(root, "readme.txt"), []byte("x"))
	return root
}

func TestMusicPlaysTheFilesInTurnWithoutEnd(t *testing.T) {
	root := pieces(t)
	l := New(Options{Data: root, Logger: slog.New(slog.DiscardHandler)})
	l.SetMusic(parse(t, "[default]\nmode=files\ndirectory="+root+"\n[list]\nmode=playlist\nentry="+root+"/c\nentry="+root+"/a\n"))
	c := leg(t)
	for _, p := range []struct{ class, want string }{{"", "aabbccaab"}, {"default", "aabb"}, {"nosuch", "aabb"}, {"list", "ccaacc"}} {
		c.SetValue(placeKey{}, nil)
		src, err := l.Music(p.class, c)
		if err != nil {
			t.Fatal(err)
		}
		if got := heard(t, src, len(p.want)); got != p.want {
			t.Errorf("class %q plays %s, want %s", p.class, got, p.want)
		}
		if err := src.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMusicGoesOnWhereItStopped(t *testing.T) {
	root := pieces(t)
	l := New(Options{Data: root, Logger: slog.New(slog.DiscardHandler)})
	l.SetMusic(parse(t, "[default]\nmode=files\ndirectory="+root+"\n"))
	c := leg(t)
	first, err := l.Music("", c)
	if err != nil {
		t.Fatal(err)
	}
	heard(t, first, 3)
	_ = first.(io.Closer).Close()
	second, err := l.Music("", c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.(io.Closer).Close() }()
	if got, want := heard(t, second, 3), "bcc"; got != want {
		t.Errorf("the music goes on with %s, want %s", got, want)
	}
}

// Music that ends during the announcement goes on where the piece was, not where the
// announcement was.
func TestMusicThatEndsDuringItsAnnouncement(t *testing.T) {
	root := pieces(t)
	write(t, filepath.Join(root, "soon.ulaw"), bytes.Repeat([]byte("!"), 480))
	l := New(Options{Data: root, Logger: slog.New(slog.DiscardHandler)})
	l.SetMusic(parse(t, "[default]\nmode=playlist\nentry="+root+"/a\nentry="+root+"/b\nannouncement="+root+"/soon\n"))
	c := leg(t)
	for _, want := range []string{"!!!a", "!!", "!!!a!!!b"} { // a has two frames, of which one was heard
		src, err := l.Music("", c)
		if err != nil {
			t.Fatal(err)
		}
		if got := heard(t, src, len(want)); got != want {
			t.Errorf("heard %s, want %s", got, want)
		}
		_ = src.(io.Closer).Close()
	}
}

func TestMusicIsTold(t *testing.T) {
	l := New(Options{Logger: slog.New(slog.DiscardHandler), Embedded: func(_, name string) ([]byte, bool) {
		return make([]byte, 200), name == "music-on-hold"
	}})
	c := leg(t)
	told := ""
	defer c.Registry().Bus.Subscribe(event.Kinds(event.KindMusicOnHoldStart, event.KindMusicOnHoldStop), func(s event.Stamped) {
		if e, ok := s.Event.(*event.MusicOnHoldStart); ok {
			told += "start " + e.Class + ";"
		} else {
			told += "stop;"
		}
	})()
	src := l.For(c, media.Frame{Kind: media.Control, Signal: media.Hold})
	if src == nil {
		t.Fatal("no music for a leg on hold")
	}
	for range 10 { // the embedded piece is short, and begins again
		if _, err := src.Next(); err != nil {
			t.Fatal(err)
		}
	}
	_ = src.(io.Closer).Close()
	_ = src.(io.Closer).Close()
	if want := "start default;stop;"; told != want {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestNoMusic(t *testing.T) {
	l := New(Options{Logger: slog.New(slog.DiscardHandler)})
	l.SetMusic(parse(t, "[default]\nmode=files\ndirectory=/nonexistent\n"))
	if _, err := l.Music("", leg(t)); err == nil {
		t.Error("there is music where there are no files")
	}
}

func TestFor(t *testing.T) {
	l := New(Options{Logger: slog.New(slog.DiscardHandler)})
	c := leg(t)
	for _, f := range []struct {
		frame media.Frame
		some  bool
	}{
		{media.Frame{Kind: media.Control, Signal: media.Ringing}, true}, {media.Frame{Kind: media.Control, Signal: media.Busy}, true},
		{media.Frame{Kind: media.Control, Signal: media.Congestion}, true}, {media.Frame{Kind: media.Control, Signal: media.Unhold}, false},
		{media.Frame{Kind: media.Control, Signal: media.StopTone}, false}, {media.Frame{Kind: media.Control, Signal: media.Hold}, false},
		{media.Frame{Kind: media.DTMFEnd, Digit: '5'}, true}, {media.Frame{Kind: media.DTMFEnd, Digit: 'x'}, false},
		{media.Frame{Kind: media.Voice}, false},
	} {
		if got := l.For(c, f.frame) != nil; got != f.some {
			t.Errorf("For(%v %v): a source is %v, want %v", f.frame.Kind, f.frame.Signal, got, f.some)
		}
	}
}

// What is wrong with a class is told with its place; a class that nobody has is
// told when it is asked for.
func TestMusicThatIsNotThere(t *testing.T) {
	var told bytes.Buffer
	l := New(Options{Embedded: func(string, string) ([]byte, bool) { return make([]byte, 800), true }, Logger: slog.New(slog.NewTextHandler(&told, nil))})
	f, err := config.Parse("musiconhold.conf", []byte("[default]\nmode=files\ndirectory=/nonexistent\n[odd]\nmode=filez\n[empty]\nmode=playlist\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range l.SetMusic(f) {
		got = append(got, fmt.Sprintf("%d %s", d.Line, d.Severity))
	}
	if want := []string{"3 warning", "5 error", "7 error"}; !slices.Equal(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
	for _, c := range []struct {
		class string
		told  bool
	}{{"default", false}, {"ODD", false}, {"nosuch", true}} {
		told.Reset()
		src, err := l.Music(c.class, nil)
		if err != nil {
			t.Fatal(err)
		}
		if closer, ok := src.(io.Closer); ok {
			_ = closer.Close()
		}
		if got := strings.Contains(told.String(), "Music on Hold class 'nosuch' not found in memory. Verify your configuration."); got != c.told {
			t.Errorf("class %s: told %q, want a warning: %v", c.class, told.String(), c.told)
		}
	}
}
