package speech_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/speech"
	"github.com/octothorpe/octothorpe/internal/speech/speechtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engines are the clients of a configuration, at a server.
func engines(t *testing.T, text string, s *speechtest.Server) *speech.Engines {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	f, err := config.Parse("aeap.conf", []byte(strings.ReplaceAll(text, "ENGINE", server.Listener.Addr().String())), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clients, problems := speech.ReadClients(f, slog.New(slog.DiscardHandler))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	e := &speech.Engines{}
	e.Configure(clients)
	return e
}

func open(t *testing.T, e *speech.Engines, name string) (*speech.Object, error) {
	t.Helper()
	found, err := e.Find(name)
	if err != nil {
		return nil, err
	}
	return speech.Open(t.Context(), found, media.ULaw)
}

// done waits until an object has results.
func done(t *testing.T, o *speech.Object) {
	t.Helper()
	told := make(chan bool, 1)
	o.Notify(func(s speech.State, _ bool) {
		if s == speech.Done {
			told <- true
		}
	})
	select {
	case <-told:
	case <-time.After(20 * time.Second):
		t.Fatal("there are no results")
	}
}

// TestProtocol is one conversation with a server, on the wire.
func TestProtocol(t *testing.T) {
	s := &speechtest.Server{}
	e := engines(t, speechtest.Clients, s)
	o, err := open(t, e, "MINE")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for name, want := range map[string]string{"mood": "good", "depth": "3", "nothing": ""} {
		if got, err := o.Get(t.Context(), name); got != want || err != nil {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	if err := o.Set("hear", "three"); err != nil {
		t.Error(err)
	}
	o.Write(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: make([]byte, speechtest.Enough)}) // before it listens
	if err := o.Start(); err != nil {
		t.Fatal(err)
	}
	for range speechtest.Enough / 160 {
		o.Write(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: make([]byte, 160)})
	}
	done(t, o)
	if got, want := fmt.Sprint(o.Results()), "[{a 70 gr2 0} {c 42 gr2 0} {b 50 gr 0}]"; got != want {
		t.Errorf("results %s, want %s", got, want)
	}
	if got := s.Sound(); got != speechtest.Enough {
		t.Errorf("%d bytes of sound came, want %d", got, speechtest.Enough)
	}
	if err := o.Start(); err != nil || len(o.Results()) != 0 {
		t.Errorf("what was heard before is not forgotten: %v, %v", o.Results(), err)
	}
	if err := o.Ask(t.Context()); err != nil || len(o.Results()) != 1 || o.Results()[0].Text != "so far" {
		t.Errorf("asked for, the results are %v, %v", o.Results(), err)
	}
	if o.Listener().Load("a", "b") == nil || o.Listener().Activate("a") == nil || o.Listener().Deactivate("a") == nil || o.Listener().Unload("a") == nil {
		t.Error("there are grammars")
	}
	requests := s.Requests()
	if want := `setup [{"name":"ulaw"}]{"language":"en-US"}`; requests[0] != want {
		t.Errorf("the setup was %s, want %s", requests[0], want)
	}
	if !slices.Contains(requests, `set {"hear":"three"}`) || !slices.Contains(requests, `get ["results"]`) {
		t.Errorf("asked was %q", requests)
	}
	if err := o.Start(); err != nil {
		t.Fatal(err)
	}
	if err := o.Set("answer", "gone"); err != nil { // the server goes
		t.Error(err)
	}
	done(t, o)
	if err := o.Ask(t.Context()); err == nil {
		t.Error("a server that is gone was asked")
	}
}

// tardy is told slowly.
type tardy struct{ told atomic.Int32 }

func (*tardy) Speaks() {}
func (*tardy) Thinks() {}
func (l *tardy) Heard([]speech.Result) {
	time.Sleep(20 * time.Millisecond) // who does not wait for it is ahead by then
	l.told.Add(1)
}

// TestGone has a server go: that nothing will be heard is told once, before who waits for an answer goes on. Told later, it
// would end what is listened for next.
func TestGone(t *testing.T) {
	e := engines(t, speechtest.Clients, &speechtest.Server{})
	found, err := e.Find("mine")
	if err != nil {
		t.Fatal(err)
	}
	told := &tardy{}
	l, err := found.Listen(t.Context(), media.ULaw, told)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 2 { // the second finds it gone
		if err := l.Set("answer", "gone"); err != nil {
			t.Error(err)
		}
		if n := told.told.Load(); n != 1 {
			t.Errorf("when who asked goes on, the end has been told %d times, want 1", n)
		}
	}
}

// TestRefused are the servers that no object comes from, in bounded time.
func TestRefused(t *testing.T) {
	e := engines(t, speechtest.Clients, &speechtest.Server{})
	for name, want := range map[string]string{"nosuch": "no such speech engine", "other": "no such speech engine", "refuse": "not today", "wrong": "refused the codec ulaw",
		"silent": "deadline exceeded", "gone": "reach the speech engine gone", "mute": "takes no sound"} {
		begun := time.Now()
		o, err := open(t, e, name)
		switch {
		case err == nil:
			o.Close()
			t.Errorf("%s: there is an object", name)
		case !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v, want %q", name, err, want)
		case time.Since(begun) > 10*time.Second:
			t.Errorf("%s took %v", name, time.Since(begun))
		}
	}
}

// TestWideband offers the format of the leg where the server takes it, and tells nothing of the rate of linear sound, as on
// the reference.
func TestWideband(t *testing.T) {
	s := &speechtest.Server{}
	e := engines(t, "[a]\ntype=client\nurl=ws://ENGINE/\ncodecs=!all,slin16,alaw,ulaw\nprotocol=speech_to_text\n", s)
	found, err := e.Find("a")
	if err != nil {
		t.Fatal(err)
	}
	for _, leg := range []*media.Format{media.ULaw, media.G722, nil} {
		o, err := speech.Open(context.Background(), found, leg)
		if err != nil {
			t.Fatal(err)
		}
		o.Close()
	}
	if got, want := strings.Join(s.Requests(), " "), `setup [{"name":"ulaw"}]{} setup [{"name":"slin"}]{} setup [{"name":"slin"}]{}`; got != want {
		t.Errorf("offered was %s, want %s", got, want)
	}
}

// TestReadClients are the lines of aeap.conf that are wrong.
func TestReadClients(t *testing.T) {
	f, err := config.Parse("aeap.conf", []byte("[a]\ntype=client\nurl=http://x\ncodecs=ulaw,nonsense\ncolour=red\n@b=c\n[no]\nurl=ws://x\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clients, problems := speech.ReadClients(f, nil)
	if len(clients) != 1 || len(problems) != 3 {
		t.Fatalf("%d clients, problems %v", len(clients), problems)
	}
	if got, want := clients[0].Show(), "client: a\n\t@b: c\n\tcodecs: (ulaw)\n\tprotocol: \n\turl: http://x\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzResults has a server say anything: nothing of it may hurt.
func FuzzResults(f *testing.F) {
	for _, seed := range []string{`{"results":[{"text":"a","score":1,"grammar":"g"}]}`, `{"results":"x"}`, `{"results":[{"score":5}]}`, `{"results":[{"text":7}]}`,
		`{"results":[{"text":"a","score":1e400}]}`, `{"results":[null]}`, `[]`, `null`, "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, params string) {
		results, err := speech.ReadResults([]byte(params))
		if err != nil && results != nil {
			t.Error("there are results beside an error")
		}
	})
}
