package sounds

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// A program's sound is heard by all who listen, at the pace at which it lasts; when the
// last one leaves the program ends, and what it has started with it.
func TestMusicOfAProgram(t *testing.T) {
	root := pieces(t)
	pid := filepath.Join(root, "pid")
	l := New(Options{Data: root, Logger: slog.New(slog.DiscardHandler)})
	if problems := l.SetMusic(parse(t, "[default]\nmode=files\ndirectory="+root+"\n[own]\nmode=custom\nformat=ulaw\napplication=echo $$ > "+pid+" && yes yyy | tr -d '\\n'\n"+
		"[gone]\nmode=files\ndirectory=nowhere\n")); len(problems) != 1 {
		t.Errorf("problems: %v, want that of gone", problems)
	}
	began := time.Now() // no later than the program
	var sources []channel.Source
	for range 2 {
		src, err := l.Music("own", leg(t))
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, src)
	}
	played := l.class("own", nil).program.now
	for i, src := range sources {
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			f, err := src.Next()
			if err != nil || f.Samples != 160 || len(f.Data) != 160 {
				t.Fatalf("%d samples, %v", f.Samples, err)
			}
			if bytes.Count(f.Data, []byte("y")) == 160 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("listener %d hears nothing", i)
			}
		}
	}
	played.mu.Lock()
	count, most := played.count, int(time.Since(began)/(20*time.Millisecond))+60
	played.mu.Unlock()
	if count > most {
		t.Errorf("%d frames were read, want at most %d", count, most)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	for i, src := range sources {
		_ = src.(io.Closer).Close()
		if over := played.program.now == nil; over != (i == 1) {
			t.Errorf("after %d have left it is over: %v", i+1, over)
		}
	}
	<-played.ended
	if _, err := os.Stat("/proc/" + strings.TrimSpace(string(text))); err == nil {
		t.Error("the program still runs")
	}
	src, err := l.Music("gone", leg(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := heard(t, src, 2); got != "aa" {
		t.Errorf("a class without music plays %s, want what default does", got)
	}
	_ = src.(io.Closer).Close()
}
