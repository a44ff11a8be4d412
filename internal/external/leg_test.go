package external_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/external"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/media/audiosocket"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/internal/wsclient"
)

var discard = slog.New(slog.DiscardHandler)

// echo has a leg called, and sends back what it says until it has said so many bytes.
func echo(t *testing.T, r *channel.Registry, d channel.Driver, destination string) *channel.Channel {
	t.Helper()
	c, err := d.Request(t.Context(), channel.Request{Destination: destination})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Hangup(channel.CauseNormalClearing)
		c.End()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := r.Shutdown(ctx, channel.CauseNormalClearing); err != nil {
			t.Error(err)
		}
	})
	c.SetSink(func(f media.Frame) {
		switch f.Kind {
		case media.Voice:
			_ = c.Write(f)
		case media.DTMFEnd:
			_ = c.BeginDigit(f.Digit)
			_ = c.EndDigit(f.Digit, time.Millisecond)
		}
	})
	return c
}

func TestAudioSocketCarriesVoiceAndKeys(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	r := channel.NewRegistry(event.NewBus(), discard, "")
	c := echo(t, r, &external.AudioSocket{Channels: r, Logger: discard}, l.Addr().String()+"/40325ec2-5efd-4bd3-805f-53576e581d13/c(slin16)")
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s := audiosocket.New(conn)
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kind, id, err := s.Receive(); err != nil || kind != audiosocket.ID || len(id) != 16 || id[0] != 0x40 {
		t.Fatalf("it began with %#x %x, %v", kind, id, err)
	}
	kind, _ := audiosocket.Kind(media.SLin16)
	voice := strings.Repeat("ab", 320)
	for _, m := range []struct {
		kind byte
		data string
	}{{kind, voice}, {audiosocket.Digit, "7"}} {
		if err := s.Send(m.kind, []byte(m.data)); err != nil {
			t.Fatal(err)
		}
		if kind, data, err := s.Receive(); err != nil || kind != m.kind || string(data) != m.data {
			t.Fatalf("it answered with %#x and %d bytes, %v", kind, len(data), err)
		}
	}
	c.Hangup(channel.CauseNormalClearing)
	c.End()
	if kind, _, err := s.Receive(); err != nil || kind != audiosocket.Hangup {
		t.Errorf("it ended with %#x, %v", kind, err)
	}
	if _, _, err := s.Receive(); err != io.EOF {
		t.Errorf("and then came %v", err)
	}
}

func TestWebSocketCarriesMedia(t *testing.T) {
	r := channel.NewRegistry(event.NewBus(), discard, "")
	d := &external.WebSocket{Channels: r, Logger: discard, Clients: &wsclient.Book{}}
	server := httptest.NewServer(d)
	defer server.Close()
	if _, err := d.Request(t.Context(), channel.Request{Destination: "nobody/c(ulaw)"}); err == nil {
		t.Error("a WebSocket was made of a name that is not configured")
	}
	c := echo(t, r, d, "INCOMING/c(ulaw)n")
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	id, _ := c.Variable("MEDIA_WEBSOCKET_CONNECTION_ID")
	at := "ws" + strings.TrimPrefix(server.URL, "http") + "/media/"
	if _, _, err := websocket.Dial(t.Context(), at+"nobody", nil); err == nil {
		t.Error("there is a leg that was not made")
	}
	conn, _, err := websocket.Dial(t.Context(), at+id, &websocket.DialOptions{Subprotocols: []string{"media"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := websocket.Dial(t.Context(), at+id, nil); err == nil {
		t.Error("two programs have one leg")
	}
	hear := func(kind websocket.MessageType, want string) {
		t.Helper()
		k, b, err := conn.Read(t.Context())
		if err != nil || k != kind || !strings.HasPrefix(string(b), want) {
			t.Fatalf("it says %.60q, %v; want %.60q", b, err, want)
		}
	}
	say := func(kind websocket.MessageType, text string) {
		t.Helper()
		if err := conn.Write(t.Context(), kind, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	hear(websocket.MessageText, "MEDIA_START connection_id:"+id+" channel:WebSocket/INCOMING/0x")
	say(websocket.MessageText, "ANSWER")
	say(websocket.MessageText, "START_MEDIA_BUFFERING")
	say(websocket.MessageBinary, strings.Repeat("x", 200))
	say(websocket.MessageText, "STOP_MEDIA_BUFFERING end")
	hear(websocket.MessageBinary, strings.Repeat("x", 160))
	hear(websocket.MessageBinary, strings.Repeat("x", 40)+"\xff")
	hear(websocket.MessageText, "MEDIA_BUFFERING_COMPLETED end")
	say(websocket.MessageText, "HANGUP")
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("it ended with %v", err)
	}
}

func TestUnicastSendsToItsAddress(t *testing.T) {
	far, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = far.Close() }()
	ports, err := rtp.NewPorts(40000, 41000)
	if err != nil {
		t.Fatal(err)
	}
	r := channel.NewRegistry(event.NewBus(), discard, "")
	d := &external.Unicast{Channels: r, Logger: discard, Ports: func() *rtp.Ports { return ports }}
	c := echo(t, r, d, far.LocalAddr().String()+"/c(slin16)")
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Write(media.Frame{Kind: media.Voice, Format: media.SLin16, Samples: 320, Data: []byte(strings.Repeat("ab", 320))}); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2000)
	_ = far.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, from, err := far.ReadFrom(b)
	if err != nil || n != 12+640 || b[1]&127 != 118 || string(b[12:14]) != "ba" {
		t.Fatalf("it sends %d bytes of type %d, %v", n, b[1]&127, err)
	}
	heard := make(chan media.Frame, 1)
	c.SetSink(func(f media.Frame) {
		if f.Kind == media.Voice {
			select {
			case heard <- f:
			default:
			}
		}
	})
	if _, err := far.WriteTo(b[:n], from); err != nil {
		t.Fatal(err)
	}
	select {
	case f := <-heard:
		if f.Format != media.SLin16 || string(f.Data[:2]) != "ab" {
			t.Errorf("it hears %s %q", f.Format.Name, f.Data[:2])
		}
	case <-time.After(5 * time.Second):
		t.Error("it hears nothing")
	}
}
