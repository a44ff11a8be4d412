package external

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/wsclient"
)

// incoming is the destination of a leg whose WebSocket the program opens.
const incoming = "INCOMING"

// WebSocket is the driver of WebSocket/INCOMING/options and WebSocket/client/options. The
// options are c(format), n: the leg is answered when the program says so, not when it
// is connected, f(json) or f(plain-text): how events and commands are written, v(name=value,…): in the query of
// the URL. It serves the WebSockets that programs open below /media/.
type WebSocket struct {
	Channels *channel.Registry
	Logger   *slog.Logger
	Clients  *wsclient.Book
	JSON     atomic.Bool // events and commands are JSON where the destination does not say

	next atomic.Uint64
	mu   sync.Mutex           // a leaf
	legs map[string]*mediaLeg // those that may be connected to, by their identifiers
}

// Technology implements channel.Driver.
func (*WebSocket) Technology() string { return "WebSocket" }

// DeviceState implements channel.Driver: nobody knows.
func (*WebSocket) DeviceState(string) string { return "UNKNOWN" }

// mediaQueue is how many messages may wait for the program: four seconds of voice.
const mediaQueue = 200

// mediaPatience is how long the program may take no message.
const mediaPatience = 5 * time.Second

// A mediaLeg is a leg.
type mediaLeg struct {
	driver *WebSocket
	c      *channel.Channel
	id     string // of the connection
	client *wsclient.Client
	query  url.Values
	format *media.Format
	manual bool // the program answers
	json   bool
	out    playout
	queue  chan outward
	ended  chan struct{}
	once   sync.Once
	taken  atomic.Bool // a program is connected
	up     sync.Once
}

// An outward is a message to the program.
type outward struct {
	kind websocket.MessageType
	data []byte
}

// Request implements channel.Driver.
func (d *WebSocket) Request(_ context.Context, q channel.Request) (*channel.Channel, error) {
	to := parse(q.Destination, 1)
	format, err := to.format(q.Formats, media.ULaw)
	if err != nil {
		return nil, err
	}
	l := &mediaLeg{driver: d, id: bridge.NewID(), format: format, json: d.JSON.Load(), query: url.Values{},
		queue: make(chan outward, mediaQueue), ended: make(chan struct{})}
	l.out.format, l.out.size = format, format.BytesIn(format.Rate/50)
	if written, given := to.options['f']; given {
		l.json = written == "json"
	}
	_, l.manual = to.options['n']
	for pair := range strings.SplitSeq(to.options['v'], ",") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			l.query.Add(name, value)
		}
	}
	if name := to.parts[0]; name != incoming {
		if l.client = d.Clients.Find(name); l.client == nil {
			return nil, refused("websocket_client.conf has no %q", name)
		}
	}
	l.c, err = open(d.Channels, q, fmt.Sprintf("WebSocket/%s/0x%08x", to.parts[0], d.next.Add(1)), d.Technology(), l)
	if err != nil {
		return nil, err
	}
	l.c.SetVariable("MEDIA_WEBSOCKET_CONNECTION_ID", l.id)
	l.c.SetVariable("MEDIA_WEBSOCKET_OPTIMAL_FRAME_SIZE", strconv.Itoa(l.out.size))
	if l.client == nil {
		d.mu.Lock()
		if d.legs == nil {
			d.legs = map[string]*mediaLeg{}
		}
		d.legs[l.id] = l
		d.mu.Unlock()
	}
	return l.c, nil
}

// Call opens the WebSocket, or waits for the program to do so.
func (l *mediaLeg) Call(context.Context) error {
	if l.client == nil {
		return nil
	}
	l.driver.Channels.Go(l.c.Name(), func() {
		conn, _, err := l.client.DialOften(l.c.LegContext(), l.query)
		if err != nil {
			l.driver.Logger.Warn("a WebSocket for media can't be opened", "channel", l.c.Name(), "error", err)
			l.c.Deliver(media.Frame{Kind: media.Control, Signal: media.Congestion, Cause: channel.CauseNoRouteDestination})
			return
		}
		l.taken.Store(true)
		l.serve(conn)
	})
	return nil
}

// ServeHTTP implements http.Handler for what is below /media/.
func (d *WebSocket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	d.mu.Lock()
	l := d.legs[id]
	d.mu.Unlock()
	switch {
	case l == nil:
		http.NotFound(w, r)
		return
	case r.Header.Get("Upgrade") == "":
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, "Upgrade Required", http.StatusUpgradeRequired)
		return
	case l.taken.Swap(true):
		http.Error(w, "Conflict", http.StatusConflict)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"media"}, InsecureSkipVerify: true,
		CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		l.taken.Store(false)
		return // it has answered
	}
	l.serve(conn)
}

// mostMessage is how long a message of the program may be: what is dropped when it is late is
// no reason to refuse a file in one piece.
const mostMessage = 1 << 20

// serve carries media both ways until either side ends.
func (l *mediaLeg) serve(conn *websocket.Conn) {
	conn.SetReadLimit(mostMessage)
	defer l.c.RemoteHangup(channel.CauseNormalClearing)
	ctx, cancel := context.WithCancel(l.c.LegContext())
	reading, done := context.WithCancel(context.Background()) // to the end of the handshake that ends it
	defer done()
	var both sync.WaitGroup
	both.Add(2)
	go func() { // ends with the connection or the leg
		defer both.Done()
		l.write(ctx, conn)
		cancel()
		done()
	}()
	go func() {
		defer both.Done()
		l.play(ctx)
	}()
	l.start()
	if !l.manual {
		l.answer()
	}
	for {
		kind, data, err := conn.Read(reading)
		if err != nil {
			break
		}
		if kind == websocket.MessageBinary {
			l.say(l.out.put(data)...)
		} else if !l.obey(string(data)) {
			break
		}
	}
	cancel()
	both.Wait()
}

func (l *mediaLeg) answer() { l.up.Do(func() { answered(l.c) }) }

// write sends what waits, and says good-bye.
func (l *mediaLeg) write(ctx context.Context, conn *websocket.Conn) {
	defer func() { _ = conn.Close(websocket.StatusNormalClosure, "") }()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.ended:
			return
		case m := <-l.queue:
			within, cancel := context.WithTimeout(context.WithoutCancel(ctx), mediaPatience) // its end would cut the good-bye off
			err := conn.Write(within, m.kind, m.data)
			cancel()
			if err != nil {
				return
			}
		}
	}
}

// play delivers what the program has sent, 20 ms at a time.
func (l *mediaLeg) play(ctx context.Context) {
	clock := time.NewTicker(20 * time.Millisecond)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.ended:
			return
		case <-clock.C:
		}
		data, told := l.out.next()
		l.say(told...)
		if data != nil {
			samples := l.format.Rate / 50
			if l.out.size > 0 {
				samples = samples * len(data) / l.out.size
			}
			l.c.Deliver(media.Frame{Kind: media.Voice, Format: l.format, Data: data, Samples: samples})
		}
	}
}

// put queues a message. A program that does not take what it is told is cut off; voice that it
// does not take in time is dropped.
func (l *mediaLeg) put(m outward) {
	select {
	case l.queue <- m:
	default:
		if m.kind == websocket.MessageText {
			l.Hangup(channel.CauseNormalClearing)
		}
	}
}

// Write implements channel.Leg.
func (l *mediaLeg) Write(f media.Frame) error {
	if f.Kind == media.Voice && f.Format == l.format && l.taken.Load() {
		l.put(outward{websocket.MessageBinary, f.Data})
	}
	return nil
}

// errNoProgram is why a key can't be told.
var errNoProgram = errors.New("no program is connected")

// BeginDigit and EndDigit implement channel.DigitSender.
func (l *mediaLeg) BeginDigit(byte) error { return nil }
func (l *mediaLeg) EndDigit(digit byte, _ int) error {
	if !l.taken.Load() {
		return errNoProgram
	}
	l.tell("DTMF_END", field{"digit", string(digit)})
	return nil
}

// The other methods of channel.Leg.
func (l *mediaLeg) Answer() error              { return nil }
func (l *mediaLeg) Indicate(media.Frame) error { return nil } // the program makes its own sounds
func (l *mediaLeg) WriteFormat() *media.Format { return l.format }

func (l *mediaLeg) Hangup(int) {
	l.once.Do(func() {
		close(l.ended)
		l.driver.mu.Lock()
		delete(l.driver.legs, l.id)
		l.driver.mu.Unlock()
	})
}

// snapshot is the leg as it is now.
func (l *mediaLeg) snapshot() *event.Channel { return l.c.Snapshot() }
