package ari

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A server that counts its events goes on where the last WebSocket ended.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client()
		s.tell(t, `{"type":"ChannelVarset","variable":"A","sequence":"e1-7"}`)
		same(t, types(t, c.Events(), 1), "ChannelVarset")
		_ = s.CloseNow()
		s = f.socket()
		if want := "app=app&sequence=true&since=e1-7"; s.query != want {
			t.Errorf("it asks for %s, want %s", s.query, want)
		}
		s.tell(t, `{"type":"ChannelVarset","variable":"B","sequence":"e1-8"}`)
		same(t, types(t, c.Events(), 1), "Disconnected")
		if e, err := Await[*Reconnected](t.Context(), c.Events()); err != nil || !e.Resumed {
			t.Error(e, err)
		}
		same(t, types(t, c.Events(), 1), "ChannelVarset")
		// Another server is there, which knows nothing of places.
		f.set("GET /channels", `[]`)
		f.set("GET /bridges", `[]`)
		f.forgetful = true
		_ = s.CloseNow()
		s = f.socket()
		if want := "app=app&sequence=true&since=e1-8"; s.query != want {
			t.Errorf("it asks for %s, want %s", s.query, want)
		}
		if e, err := Await[*Reconnected](t.Context(), c.Events()); err != nil || e.Resumed {
			t.Error(e, err)
		}
		_ = s.CloseNow()
		if s = f.socket(); s.query != "app=app&sequence=true" {
			t.Errorf("it asks for %s, but nobody has told it a place", s.query)
		}
		same(t, types(t, c.Events(), 2), "Disconnected", "Reconnected")
		s.tell(t, `{"type":"ChannelVarset","variable":"C","sequence":"e2-1"}`)
		same(t, types(t, c.Events(), 1), "ChannelVarset")
		f.forgetful = false
		// Now it has not kept them.
		f.refuse = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Has("since") {
				http.Error(w, `{"message":"too long ago"}`, http.StatusGone)
				return true
			}
			return false
		}
		_ = s.CloseNow()
		s = f.socket()
		if want := "app=app&sequence=true"; s.query != want {
			t.Errorf("it asks for %s, want %s", s.query, want)
		}
		if e, err := Await[*Reconnected](t.Context(), c.Events()); err != nil || e.Resumed {
			t.Error(e, err)
		}
	})
}

// Who shares an application and comes back as another client has no calls any more, and
// does not take those of others for its own.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.set("GET /asterisk/ping", `{"ping":"pong"}`)
		c, s := f.client(func(c *Config) { c.Share = true })
		if want := "app=app&sequence=true&share=true"; s.query != want {
			t.Errorf("it asks for %s, want %s", s.query, want)
		}
		s.tell(t, started("mine", "Up"))
		same(t, types(t, c.Events(), 1), "StasisStart")
		f.set("GET /channels", `[`+channelText("mine", "Up")+`,`+channelText("theirs", "Up")+`]`)
		f.set("GET /bridges", `[]`)
		_ = s.CloseNow()
		f.socket()
		same(t, types(t, c.Events(), 3), "Disconnected", "Reconnected", "StasisEnd")
		synctest.Wait()
		if n := c.main.count; n > 0 {
			t.Errorf("%d events more", n)
		}
		if _, err := c.Asterisk.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if asked := f.was(); f.framed != len(asked) || len(asked) != 3 {
			t.Errorf("it asked %q, %d of it over the WebSocket", asked, f.framed)
		}
	})
}

// Another server is asked what there is, and what is different is told.
func TestResync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client()
		f.set("POST /applications/app/subscription", `{"name":"app"}`)
		f.set("PUT /applications/app/eventFilter", `{"name":"app"}`)
		if _, err := c.Applications.Subscribe(t.Context(), "app", []string{"endpoint:PJSIP/a", "endpoint:PJSIP/b"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Applications.Unsubscribe(t.Context(), "app", []string{"endpoint:PJSIP/b"}); Status(err) != 404 {
			t.Fatal(err) // the fake has no DELETE
		}
		f.set("DELETE /applications/app/subscription", `{"name":"app"}`)
		if _, err := c.Applications.Unsubscribe(t.Context(), "app", []string{"endpoint:PJSIP/b"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Applications.Filter(t.Context(), "app", EventFilter{Disallowed: []string{"Dial"}}); err != nil {
			t.Fatal(err)
		}
		s.tell(t, started("stays", "Up"), started("goes", "Up"), started("answers", "Ring"), started("leaves", "Up"),
			`{"type":"ChannelEnteredBridge","bridge":{"id":"b","channels":["goes","stays"]},"channel":{"id":"goes"}}`,
			`{"type":"ChannelEnteredBridge","bridge":{"id":"gone","channels":[]}}`,
			`{"type":"PlaybackStarted","playback":{"id":"p","target_uri":"channel:stays","state":"playing"}}`,
			`{"type":"RecordingStarted","recording":{"name":"kept","target_uri":"channel:stays","state":"recording"}}`,
			`{"type":"RecordingStarted","recording":{"name":"lost","target_uri":"channel:stays","state":"recording"}}`)
		types(t, c.Events(), 9)
		call := c.Channel("goes")
		f.set("GET /channels", `[`+strings.Join([]string{channelText("stays", "Up"), channelText("answers", "Up"), channelText("new", "Up"), channelText("new2", "Up"),
			`{"id":"leaves","state":"Up","dialplan":{"app_name":"Wait"}}`, `{"id":"other","state":"Up","dialplan":{"app_name":"Stasis","app_data":"theirs"}}`}, ",")+`]`)
		f.set("GET /bridges", `[{"id":"b","channels":["stays","answers"]}]`)
		f.set("GET /recordings/stored/kept", `{"name":"kept"}`)
		f.was()
		asked := make(chan struct{})
		f.before = func(request string) {
			if request == "GET /bridges" {
				<-asked
			}
		}
		_ = s.CloseNow()
		s = f.socket()
		s.tell(t, started("new2", "Up"))
		synctest.Wait()
		close(asked)
		same(t, types(t, c.Events(), 1), "Disconnected")
		if e, err := Await[*Reconnected](t.Context(), c.Events()); err != nil || e.Resumed || len(e.Missing) > 0 {
			t.Error(e, err)
		}
		same(t, f.was(), "POST /applications/app/subscription", `PUT /applications/app/eventFilter {"disallowed":[{"type":"Dial"}]}`,
			"GET /channels", "GET /bridges", "GET /playbacks/p", "GET /recordings/live/kept", "GET /recordings/stored/kept",
			"GET /recordings/live/lost", "GET /recordings/stored/lost")
		s.tell(t, started("new", "Up"), destroyed("goes"), about("StasisEnd", "new", "Up"), started("new", "Up")) // what was on its way; and what is new
		var told []string
		for range 13 {
			e, err := c.Events().Next(t.Context())
			if err != nil {
				t.Fatal(err, told)
			}
			what := e.EventType()
			e.about(func(t thing, _ any) { what += " " + t.id })
			if e.Head().Resync {
				what += " found out"
			}
			told = append(told, what)
		}
		same(t, told, "PlaybackFinished p found out", "RecordingFinished kept found out", "RecordingFailed lost found out",
			"ChannelLeftBridge b goes found out", "ChannelEnteredBridge b answers found out", "BridgeDestroyed gone found out",
			"ChannelStateChange answers found out", "StasisEnd goes found out", "ChannelDestroyed goes found out", "StasisEnd leaves found out",
			"StasisStart new found out", "StasisStart new2", "StasisEnd new")
		same(t, types(t, c.Events(), 1), "StasisStart")
		if end, err := call.WaitEnd(t.Context()); err != nil || !end.Resync {
			t.Error(end, err)
		}
		if left := c.state.channels; len(left) != 4 {
			t.Errorf("%d channels are known: %v", len(left), left)
		}
	})
}

// What comes while it is asked what there is, is told even if the WebSocket is lost again.
func TestLostWhileAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client()
		f.set("GET /channels", `[`+channelText("7", "Up")+`]`)
		f.set("GET /bridges", `[]`)
		asked := make(chan struct{})
		f.before = func(request string) {
			if request == "GET /bridges" {
				<-asked
			}
		}
		_ = s.CloseNow()
		s = f.socket()
		s.tell(t, started("7", "Up"), `{"type":"ChannelVarset","variable":"A"}`)
		synctest.Wait()
		_ = s.CloseNow()
		synctest.Wait()
		close(asked)
		same(t, types(t, c.Events(), 5), "Disconnected", "StasisStart", "ChannelVarset", "Disconnected", "Reconnected")
		synctest.Wait()
		if n := c.main.count; n > 0 {
			t.Errorf("%d events more", n)
		}
	})
}

// A server that can't be reached is tried again, with growing pauses.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client(func(c *Config) { c.MinBackoff, c.MaxBackoff = time.Second, 4*time.Second })
		f.set("GET /channels", `403 {"message":"no"}`)
		f.set("GET /bridges", `[]`)
		var tries []time.Time
		f.refuse = func(w http.ResponseWriter, _ *http.Request) bool {
			if tries = append(tries, time.Now()); len(tries) < 6 {
				http.Error(w, "", http.StatusServiceUnavailable)
				return true
			}
			return false
		}
		lost := time.Now()
		_ = s.CloseNow()
		f.socket()
		for i, usual := range []time.Duration{1, 2, 4, 4, 4, 4} {
			usual *= time.Second
			if pause := tries[i].Sub(lost); pause < usual*8/10 || pause > usual*12/10 {
				t.Errorf("pause %d is %v", i+1, pause)
			}
			lost = tries[i]
		}
		if e, err := Await[*Reconnected](t.Context(), c.Events()); err != nil || !slices.Equal(e.Missing, []string{"GET /channels"}) {
			t.Error(e, err)
		}
	})
}

// A server that says nothing any more is given up.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		config := f.config()
		transport := config.HTTPClient.Transport.(*http.Transport)
		var conns []*mute
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := f.pipes.dial(ctx, network, address)
			m := &mute{Conn: conn, silent: make(chan struct{}), closed: make(chan struct{})}
			conns = append(conns, m)
			return m, err
		}
		c, err := Connect(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		f.socket()
		time.Sleep(5 * time.Minute) // of the test's own time: pings are answered
		close(conns[0].silent)
		before := time.Now()
		e, err := Await[*Disconnected](t.Context(), c.Events())
		if err != nil || !strings.Contains(e.Reason.Error(), "ping") {
			t.Errorf("%v, %v", e, err)
		}
		if after := time.Since(before); after > 41*time.Second {
			t.Errorf("it takes %v", after)
		}
		f.socket()
	})
}

// A mute connection takes all, and from some time on gives nothing.
type mute struct {
	net.Conn
	silent, closed chan struct{}
	once           sync.Once
}

func (m *mute) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	select {
	case <-m.silent:
		<-m.closed
		return 0, net.ErrClosed
	default:
	}
	return n, err
}

func (m *mute) Close() error {
	m.once.Do(func() { close(m.closed) })
	return m.Conn.Close()
}

// Who is replaced does not fight for its application.
func TestReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c, s := f.client(func(c *Config) { c.Apps = []string{"app", "other"} })
		s.tell(t, `{"type":"ApplicationReplaced","application":"app"}`)
		same(t, types(t, c.Events(), 1), "ApplicationReplaced")
		synctest.Wait()
		same(t, c.Apps(), "other")
		s.tell(t, `{"type":"ApplicationReplaced","application":"other"}`)
		<-c.Done()
		if err := c.Err(); !errors.Is(err, ErrReplaced) {
			t.Error(err)
		}
		same(t, types(t, c.Events(), 2), "ApplicationReplaced", "Disconnected")
		if _, err := c.Events().Next(t.Context()); !errors.Is(err, ErrReplaced) {
			t.Error(err)
		}
	})
}
