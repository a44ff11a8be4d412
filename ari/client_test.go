package ari

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// types are those of the next events.
func types(t *testing.T, s *Subscription, n int) []string {
	t.Helper()
	var list []string
	for range n {
		e, err := s.Next(t.Context())
		if err != nil {
			t.Fatalf("%v after %q", err, list)
		}
		list = append(list, e.EventType())
	}
	return list
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client(func(c *Config) { c.SubscribeAll = true; c.Apps = []string{"app", "other"} })
		if want := "app=app%2Cother&sequence=true&subscribeAll=true"; s.query != want {
			t.Errorf("it asks for %s, want %s", s.query, want)
		}
		s.tell(t, started("7", "Ring"))
		synctest.Wait()
		some := c.Subscribe(SubscribeOptions{Types: []string{"ChannelVarset", "StasisEnd"}, Match: func(e Event) bool {
			v, ok := e.(*ChannelVarset)
			return !ok || v.Variable == "A"
		}})
		s.tell(t, `{"type":"ChannelVarset","variable":"A"}`, `{"type":"ChannelVarset","variable":"B"}`, `{"type":"New"}`, about("StasisEnd", "7", "Up"))
		same(t, types(t, some, 2), "ChannelVarset", "StasisEnd")
		same(t, types(t, c.Events(), 5), "StasisStart", "ChannelVarset", "ChannelVarset", "New", "StasisEnd")
		some.Close()
		if _, err := some.Next(t.Context()); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("enough"))
		if _, err := c.Events().Next(ctx); err == nil || err.Error() != "enough" {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if _, err := c.Events().Next(t.Context()); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if _, err := c.Subscribe(SubscribeOptions{}).Next(t.Context()); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
}

// Who does not read gets what was kept, and then an error; others get all.
func TestSlowConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client(func(c *Config) { c.Buffer = 4 })
		quick := c.Subscribe(SubscribeOptions{Buffer: 100})
		for i := range 6 {
			s.tell(t, fmt.Sprintf(`{"type":"ChannelVarset","variable":"%d"}`, i))
		}
		same(t, types(t, quick, 6), slices.Repeat([]string{"ChannelVarset"}, 6)...)
		same(t, types(t, c.Events(), 4), slices.Repeat([]string{"ChannelVarset"}, 4)...)
		if _, err := c.Events().Next(t.Context()); !errors.Is(err, ErrOverflow) {
			t.Errorf("the end is %v", err)
		}
	})
}

func TestHandles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client()
		f.set("POST /channels", channelText("7", "Down"))
		call, err := c.Originate(t.Context(), "Local/7", &ChannelOriginateOptions{ChannelID: "7"})
		if err != nil {
			t.Fatal(err)
		}
		defer call.Close()
		if call.Data().Name != "Local/7" {
			t.Errorf("it is %+v", call.Data())
		}
		s.tell(t, about("ChannelStateChange", "7", "Ringing"), about("ChannelStateChange", "8", "Up"), about("ChannelStateChange", "7", "Up"), started("7", "Up"))
		if err := call.WaitUp(t.Context()); err != nil {
			t.Error(err)
		}
		if start, err := call.WaitStart(t.Context()); err != nil || start.Args[0] != "one" {
			t.Error(start, err)
		}
		f.set("POST /channels/7/play", `{"id":"p","media_uri":"sound:x","state":"queued"}`)
		playback, err := call.Play(t.Context(), &ChannelPlayOptions{PlaybackID: "p"}, "sound:x", "sound:y")
		if err != nil {
			t.Fatal(err)
		}
		s.tell(t, `{"type":"PlaybackStarted","playback":{"id":"p","state":"playing","target_uri":"channel:7"}}`,
			`{"type":"ChannelDtmfReceived","digit":"5","channel":{"id":"7"}}`,
			`{"type":"PlaybackFinished","playback":{"id":"p","media_uri":"sound:x","state":"failed","target_uri":"channel:7"}}`)
		var failed *FailedError
		if err := playback.Wait(t.Context()); !errors.As(err, &failed) || failed.Error() != "ari: playback sound:x failed" {
			t.Error(err)
		}
		same(t, types(t, playback.Subscription, 2), "PlaybackStarted", "PlaybackFinished")
		if _, err := playback.Next(t.Context()); !errors.Is(err, ErrOver) {
			t.Errorf("behind the end comes %v", err)
		}
		digit, err := Await(t.Context(), call, func(e *ChannelDtmfReceived) bool { return e.Digit == "5" })
		if err != nil || digit.Channel.ID != "7" {
			t.Error(digit, err)
		}
		s.tell(t, destroyed("7"))
		if end, err := call.WaitEnd(t.Context()); err != nil || end.Cause != 16 {
			t.Error(end, err)
		}
		var ended *EndedError
		if _, err := call.WaitStart(t.Context()); !errors.As(err, &ended) || ended.Error() != "ari: channel 7 has ended: Normal Clearing (16)" {
			t.Error(err)
		}
		for e, err := range call.All(t.Context()) {
			if err != nil || e.EventType() != "ChannelDestroyed" {
				t.Error(e, err)
			}
		}
		f.set("POST /channels", `400 {"message":"Invalid endpoint specified"}`)
		if _, err := c.Originate(t.Context(), "nonsense", nil); Status(err) != 400 {
			t.Error(err)
		}
		if n := len(c.handles); n != 0 {
			t.Errorf("%d handles are left", n)
		}
	})
}

func TestBridgeAndRecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client()
		f.set("POST /bridges", `{"id":"b","technology":"simple_bridge","channels":[]}`)
		f.set("POST /applications/app/subscription", `{"name":"app"}`)
		b, err := c.NewBridge(t.Context(), &BridgeCreateOptions{BridgeID: "b"})
		if err != nil {
			t.Fatal(err)
		}
		s.tell(t, `{"type":"ChannelEnteredBridge","bridge":{"id":"b","channels":["7"]},"channel":{"id":"7"}}`)
		if err := b.WaitChannel(t.Context(), "7", true); err != nil {
			t.Error(err)
		}
		f.set("POST /bridges/b/record", `{"name":"r","state":"queued"}`)
		r, err := b.Record(t.Context(), "r", "wav", nil)
		if err != nil {
			t.Fatal(err)
		}
		s.tell(t, `{"type":"RecordingFailed","recording":{"name":"r","state":"failed","cause":"disk"}}`)
		var failed *FailedError
		if err := r.Wait(t.Context()); !errors.As(err, &failed) || failed.Cause != "disk" {
			t.Error(err)
		}
		s.tell(t, `{"type":"BridgeDestroyed","bridge":{"id":"b","channels":[]}}`)
		if err := b.Wait(t.Context(), func(b Bridge) bool { return len(b.Channels) == 2 }); !errors.Is(err, ErrOver) {
			t.Error(err)
		}
		f.set("POST /applications/app/subscription", `422 {"message":"no"}`)
		f.set("DELETE /bridges/c", `204`)
		if _, err := c.NewBridge(t.Context(), &BridgeCreateOptions{BridgeID: "c"}); Status(err) != 422 {
			t.Error(err)
		}
	})
}

// A handle that is made of a StasisStart has what came behind it, though it was not read.
func TestHandleSinceTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client()
		s.tell(t, started("7", "Ring"), about("ChannelVarset", "8", "Up"), about("ChannelStateChange", "7", "Up"), destroyed("7"))
		synctest.Wait()
		start, err := Await[*StasisStart](t.Context(), c.Events())
		if err != nil {
			t.Fatal(err)
		}
		call := c.Events().Channel(start.Channel)
		same(t, types(t, call.Subscription, 2), "ChannelStateChange", "ChannelDestroyed")
		if _, err := call.WaitEnd(t.Context()); err != nil {
			t.Error(err)
		}
		same(t, types(t, c.Events(), 3), "ChannelVarset", "ChannelStateChange", "ChannelDestroyed")
	})
}

func TestServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client(func(c *Config) { c.MaxCalls = 2 })
		for _, id := range []string{"stays", "fails", "panics", "many"} {
			f.set("POST /channels/"+id+"/continue", "204")
			f.set("DELETE /channels/"+id, "204")
		}
		f.set("POST /channels", channelText("own", "Down"))
		own, err := c.Originate(t.Context(), "Local/own", &ChannelOriginateOptions{ChannelID: "own"})
		if err != nil {
			t.Fatal(err)
		}
		defer own.Close()
		ctx, cancel := context.WithCancelCause(t.Context())
		release := make(chan struct{})
		why := make(chan error, 1)
		done := make(chan error, 1)
		go func() {
			done <- c.Serve(ctx, func(ctx context.Context, call *ChannelHandle, start *StasisStart) error {
				switch call.ID {
				case "stays":
					<-release
					return nil
				case "fails":
					return errors.New("no")
				case "panics":
					panic("ouch")
				case "leaves":
					<-ctx.Done()
					why <- context.Cause(ctx)
					return context.Cause(ctx)
				}
				t.Errorf("a handler has %s", call.ID)
				return nil
			})
		}()
		f.was()
		s.tell(t, started("own", "Up"), started("leaves", "Up"))
		synctest.Wait()
		s.tell(t, about("StasisEnd", "leaves", "Up"))
		if err := <-why; !errors.Is(err, ErrLeft) {
			t.Errorf("the context ended for %v", err)
		}
		synctest.Wait()
		s.tell(t, started("fails", "Up"))
		synctest.Wait()
		s.tell(t, started("panics", "Up"))
		synctest.Wait()
		s.tell(t, started("stays", "Up"))
		release <- struct{}{}
		synctest.Wait()
		same(t, f.was(), "DELETE /channels/fails", "DELETE /channels/panics", "POST /channels/stays/continue")
		s.tell(t, started("stays", "Up"), started("stays", "Up"), started("many", "Up"))
		synctest.Wait()
		same(t, f.was(), "DELETE /channels/many")
		close(release)
		synctest.Wait()
		cancel(errors.New("enough"))
		if err := <-done; err == nil || err.Error() != "enough" {
			t.Error(err)
		}
	})
}

func TestOverWebSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client(func(c *Config) { c.OverWebSocket = true; c.MinBackoff = time.Second })
		f.set("POST /channels/7/variables", "204")
		if err := c.Channels.SetChannelVars(t.Context(), "7", map[string]string{"A": "1"}); err != nil {
			t.Error(err)
		}
		same(t, f.was(), `POST /channels/7/variables {"variables":{"A":"1"}}`)
		if _, err := c.Channels.Get(t.Context(), "7"); Status(err) != http.StatusNotFound || !strings.Contains(err.Error(), "nothing there") {
			t.Error(err)
		}
		f.set("GET /channels/8", "0")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Channels.Get(ctx, "8"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		lost := make(chan error)
		go func() {
			_, err := c.Channels.Get(t.Context(), "8")
			lost <- err
		}()
		synctest.Wait()
		f.refuse = func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "", http.StatusServiceUnavailable)
			return true
		}
		_ = s.CloseNow()
		if err := <-lost; !errors.Is(err, ErrLost) {
			t.Error(err)
		}
		synctest.Wait()
		if err := c.Channels.Answer(t.Context(), "7"); !errors.Is(err, ErrDisconnected) {
			t.Error(err)
		}
	})
}

func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, _ := f.client()
		stream, err := c.WebSockets.EventWebsocket(t.Context(), []string{"other"}, &EventWebsocketOptions{SubscribeAll: true, Sequence: true, Share: true, Since: "e-1"})
		if err != nil {
			t.Fatal(err)
		}
		s := f.socket()
		if want := "app=other&sequence=true&share=true&since=e-1&subscribeAll=true"; s.query != want {
			t.Errorf("it asks for %s, want %s", s.query, want)
		}
		wrote := make(chan error)
		go func() { wrote <- s.Write(t.Context(), websocket.MessageText, []byte(started("7", "Up"))) }()
		if e, err := stream.Next(t.Context()); err != nil || e.EventType() != "StasisStart" {
			t.Error(e, err)
		}
		if err := <-wrote; err != nil {
			t.Error(err)
		}
		if err := stream.Close(); err != nil {
			t.Error(err)
		}
		f.refuse = func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, `{"message":"HTTP request is missing param: [app]"}`, http.StatusBadRequest)
			return true
		}
		if _, err := c.WebSockets.EventWebsocket(t.Context(), nil, nil); Status(err) != 400 || !strings.Contains(err.Error(), "missing param") {
			t.Error(err)
		}
	})
}
