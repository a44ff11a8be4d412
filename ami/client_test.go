package ami_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/ami/amitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func dial(t *testing.T, server *amitest.Server, change ...func(*ami.Config)) *ami.Client {
	t.Helper()
	config := ami.Config{Username: "test", Secret: "secret", Dial: server.Dial}
	for _, f := range change {
		f(&config)
	}
	c, err := ami.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestLogin(t *testing.T) {
	server := &amitest.Server{Secrets: map[string]string{"test": "secret"}}
	c := dial(t, server)
	if got := c.Banner(); got != "Asterisk Call Manager/11.0.0" {
		t.Errorf("the banner is %q", got)
	}
	dial(t, server, func(c *ami.Config) { c.PlainLogin = true })
	var refused *ami.ResponseError
	_, err := ami.Dial(t.Context(), ami.Config{Username: "test", Secret: "wrong", Dial: server.Dial})
	if !errors.As(err, &refused) || refused.Text() != "Authentication failed" {
		t.Errorf("a wrong secret: %v", err)
	}
	_, err = ami.Dial(t.Context(), ami.Config{Dial: (&amitest.Server{Banner: "SSH-2.0-x"}).Dial})
	if !errors.Is(err, ami.ErrBanner) {
		t.Errorf("something else: %v", err)
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := &amitest.Server{Secrets: map[string]string{"test": "secret"}, Banner: "Asterisk Call Manager/11.0.0"}
		silent.Answer = func(*amitest.Session, ami.Message) {}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := ami.Dial(ctx, ami.Config{Username: "test", Secret: "secret", Resync: true, NoReconnect: true, Dial: silent.Dial})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// Answers find who asked, in whatever order they come.
func TestDoConcurrently(t *testing.T) {
	var mu sync.Mutex
	var waiting []func()
	server := &amitest.Server{Answer: func(s *amitest.Session, action ami.Message) {
		mu.Lock()
		defer mu.Unlock()
		waiting = append(waiting, func() { s.Reply(action, "Success", "", "Echo", action.Get("Number")) })
		if len(waiting) == 10 {
			for i := range waiting {
				waiting[len(waiting)-1-i]()
			}
		}
	}}
	c := dial(t, server)
	var running sync.WaitGroup
	for i := range 10 {
		running.Go(func() {
			number := fmt.Sprint(i)
			m, err := c.Do(t.Context(), ami.Action("Echo", "Number", number))
			if err != nil || m.Get("Echo") != number {
				t.Errorf("%d: %q, %v", i, m, err)
			}
		})
	}
	running.Wait()
}

func TestDoErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &amitest.Server{}
		server.Answer = func(s *amitest.Session, action ami.Message) {
			switch action.Get("Action") {
			case "Refused":
				s.Reply(action, "Error", "Permission denied")
			case "Die":
				s.Close()
			}
		}
		c := dial(t, server)
		var refused *ami.ResponseError
		m, err := c.Do(t.Context(), ami.Action("Refused"))
		if !errors.As(err, &refused) || err.Error() != "ami: Permission denied" || m.Get("Response") != "Error" {
			t.Errorf("refused: %q, %v", m, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Do(ctx, ami.Action("Silence")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("silence: %v", err)
		}
		if _, err := c.Do(t.Context(), ami.Action("Evil", "Key", "x\r\nAction: Die")); err == nil {
			t.Error("a value with a line break is sent")
		}
		go func() { _, _ = c.Do(t.Context(), ami.Action("Silence", "ActionID", "mine")) }()
		synctest.Wait()
		if _, err := c.Do(t.Context(), ami.Action("Silence", "ActionID", "mine")); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("an ActionID twice: %v", err)
		}
		if _, err := c.Do(t.Context(), ami.Action("Die")); !errors.Is(err, ami.ErrLost) {
			t.Errorf("a lost connection: %v", err)
		}
		synctest.Wait()
		if _, err := c.Do(t.Context(), ami.Action("Ping")); !errors.Is(err, ami.ErrDisconnected) {
			t.Errorf("no connection: %v", err)
		}
		if err := c.Ready(t.Context()); err != nil {
			t.Errorf("no new connection: %v", err)
		}
		if err := c.Ping(t.Context()); err != nil {
			t.Errorf("a new connection: %v", err)
		}
		c.Close()
		if _, err := c.Do(t.Context(), ami.Action("Ping")); !errors.Is(err, ami.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
}

func item(n int) ami.Message {
	return ami.Message{{Key: "Event", Value: "Item"}, {Key: "Number", Value: fmt.Sprint(n)}}
}

func TestList(t *testing.T) {
	server := &amitest.Server{Answer: func(s *amitest.Session, action ami.Message) {
		switch action.Get("Action") {
		case "Three":
			s.List(action, "ThreeComplete", item(1), item(2), item(3))
		case "Unmarked": // as some lists of Asterisk are
			s.Reply(action, "Success", "Result will follow")
			s.Send(item(1).With("ActionID", action.Get("ActionID")))
			s.Send(ami.Message{{Key: "Event", Value: "UnmarkedComplete"}, {Key: "ActionID", Value: action.Get("ActionID")}})
		case "None":
			s.Reply(action, "Error", "No items")
		}
	}}
	c := dial(t, server, func(c *ami.Config) { c.MaxList = 10 })
	events := c.Subscribe(ami.SubscribeOptions{})
	defer events.Close()
	for action, want := range map[string]int{"Three": 3, "Unmarked": 1} {
		if got, err := c.List(t.Context(), ami.Action(action)); len(got) != want || err != nil {
			t.Errorf("%s: %q, %v, want %d", action, got, err, want)
		}
	}
	var refused *ami.ResponseError
	if got, err := c.List(t.Context(), ami.Action("None")); len(got) != 0 || !errors.As(err, &refused) {
		t.Errorf("None: %q, %v", got, err)
	}
	// Who stops early gets the rest of the list neither here nor among the events.
	for m, err := range c.Stream(t.Context(), ami.Action("Three")) {
		if err != nil || m.Get("Number") != "1" {
			t.Errorf("the first of a stream: %q, %v", m, err)
		}
		break
	}
	server.Send(item(9))
	if m, err := events.Next(t.Context()); err != nil || m.Get("Number") != "9" {
		t.Errorf("the first event is %q, %v", m, err)
	}
}

func TestListTooLong(t *testing.T) {
	server := &amitest.Server{Answer: func(s *amitest.Session, action ami.Message) {
		var items []ami.Message
		for n := range 20 {
			items = append(items, item(n))
		}
		s.List(action, "ItemsComplete", items...)
	}}
	c := dial(t, server, func(c *ami.Config) { c.MaxList = 10 })
	if _, err := c.List(t.Context(), ami.Action("Items")); !errors.Is(err, ami.ErrOverflow) {
		t.Errorf("got %v", err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAnswerTooLarge(t *testing.T) {
	server := &amitest.Server{Answer: func(s *amitest.Session, action ami.Message) {
		s.Reply(action, "Success", "", "Output", strings.Repeat("x", 100_000))
	}}
	c := dial(t, server, func(c *ami.Config) { c.Limits.Message = 10_000 })
	if _, err := c.Command(t.Context(), "core show much"); !errors.Is(err, ami.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestSubscriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &amitest.Server{}
		c := dial(t, server)
		filter, err := ami.ParseFilter("header(Number),method(exact)", "3")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []struct {
			name    string
			options ami.SubscribeOptions
			want    string
			dropped uint64
			end     error
		}{
			{"all", ami.SubscribeOptions{}, "0 1 2 3 4 other", 0, nil},
			{"by name", ami.SubscribeOptions{Events: []string{"ITEM"}}, "0 1 2 3 4", 0, nil},
			{"by filter", ami.SubscribeOptions{Filters: ami.Filters{filter}}, "3", 0, nil},
			{"by function", ami.SubscribeOptions{Match: func(m ami.Message) bool { return m.Get("Number") > "2" }}, "3 4 other", 0, nil},
			{"the oldest dropped", ami.SubscribeOptions{Buffer: 2}, "4 other", 4, nil},
			{"the newest dropped", ami.SubscribeOptions{Buffer: 2, Overflow: ami.DropNewest}, "0 1", 4, nil},
			{"ended", ami.SubscribeOptions{Buffer: 2, Overflow: ami.End}, "0 1", 1, ami.ErrOverflow},
		} {
			sub := c.Subscribe(s.options)
			for n := range 5 {
				server.Send(item(n))
			}
			server.Send(ami.Message{{Key: "Event", Value: "Else"}, {Key: "Number", Value: "other"}})
			synctest.Wait()
			var got []string
			var end error
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for m, err := range sub.All(ctx) {
				if err != nil {
					end = err
					break
				}
				got = append(got, m.Get("Number"))
			}
			if text := strings.Join(got, " "); text != s.want || sub.Dropped() != s.dropped {
				t.Errorf("%s: %q with %d dropped, want %q with %d", s.name, text, sub.Dropped(), s.want, s.dropped)
			}
			if s.end == nil {
				s.end = context.Canceled
			}
			if !errors.Is(end, s.end) {
				t.Errorf("%s ended with %v, want %v", s.name, end, s.end)
			}
			sub.Close()
			if _, err := sub.Next(t.Context()); !errors.Is(err, ami.ErrClosed) && !errors.Is(err, ami.ErrOverflow) {
				t.Errorf("%s: closed: %v", s.name, err)
			}
		}
		late := c.Subscribe(ami.SubscribeOptions{})
		c.Close()
		if m, err := late.Next(t.Context()); m.Event() != "Disconnected" || err != nil {
			t.Errorf("a closed client: %q, %v", m, err)
		}
		if _, err := late.Next(t.Context()); !errors.Is(err, ami.ErrClosed) {
			t.Errorf("then %v", err)
		}
		if _, err := c.Subscribe(ami.SubscribeOptions{}).Next(t.Context()); !errors.Is(err, ami.ErrClosed) {
			t.Errorf("a subscription of a closed client: %v", err)
		}
	})
}

func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts []time.Duration
		var down atomic.Bool
		began := time.Now()
		server := &amitest.Server{Refuse: func() error {
			attempts = append(attempts, time.Since(began))
			if down.Load() {
				return errors.New("refused")
			}
			return nil
		}}
		c := dial(t, server, func(c *ami.Config) { c.MinBackoff, c.MaxBackoff = time.Second, 4*time.Second })
		events := c.Subscribe(ami.SubscribeOptions{})
		down.Store(true)
		attempts = nil
		server.Cut()
		time.Sleep(21 * time.Second)
		down.Store(false)
		if err := c.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		// 1, 2, 4, 4 … seconds, each a fifth more or less
		pauses := []float64{1, 2, 4, 4}
		for i, want := range pauses {
			got := (attempts[i] - began.Sub(began)).Seconds()
			if i > 0 {
				got = (attempts[i] - attempts[i-1]).Seconds()
			}
			if got < want*0.79 || got > want*1.21 {
				t.Errorf("pause %d is %.2f s, want about %.0f", i, got, want)
			}
		}
		server.Send(item(1))
		for _, want := range []string{"Disconnected", "Reconnected", "Item"} {
			if m, err := events.Next(t.Context()); m.Event() != want || err != nil {
				t.Errorf("%q, %v, want %s", m, err, want)
			}
		}
		c.Close() // inside the bubble, where its goroutines are
	})
}

// A server that stopped answering without closing is noticed by a ping.
func TestPingNoticesSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mute := make(chan struct{})
		connections := 0
		server := &amitest.Server{}
		c := dial(t, &amitest.Server{}, func(c *ami.Config) {
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				connections++
				conn, err := server.Dial(ctx, network, address)
				if connections == 1 {
					conn = &deaf{conn, mute}
				}
				return conn, err
			}
		})
		events := c.Subscribe(ami.SubscribeOptions{})
		close(mute)
		began := time.Now()
		if m, err := events.Next(t.Context()); m.Event() != "Disconnected" || !strings.Contains(m.Get("Reason"), "ping") || err != nil {
			t.Errorf("%q, %v", m, err)
		}
		if took := time.Since(began); took > 41*time.Second {
			t.Errorf("noticed after %v", took)
		}
		c.Close()
	})
}

// deaf is a connection to which nothing gets through any more.
type deaf struct {
	net.Conn
	mute chan struct{}
}

func (d *deaf) Write(b []byte) (int, error) {
	select {
	case <-d.mute:
		return len(b), nil
	default:
		return d.Conn.Write(b)
	}
}

func TestNoReconnect(t *testing.T) {
	server := &amitest.Server{}
	c := dial(t, server, func(c *ami.Config) { c.NoReconnect = true })
	server.Cut()
	<-c.Done()
	if err := c.Err(); !errors.Is(err, io.EOF) {
		t.Errorf("ended with %v", err)
	}
	if err := c.Ready(t.Context()); err == nil {
		t.Error("it is ready")
	}
}

func TestOriginate(t *testing.T) {
	var asked atomic.Pointer[ami.Message]
	server := &amitest.Server{Answer: func(s *amitest.Session, action ami.Message) {
		asked.Store(&action)
		if action.Get("Channel") == "None/1" {
			s.Reply(action, "Error", "Channel not specified")
			return
		}
		response, reason := "Success", "4"
		if action.Get("Channel") == "PJSIP/busy" {
			response, reason = "Failure", "5"
		}
		s.Reply(action, "Success", "Originate successfully queued")
		s.Send(ami.Message{{Key: "Event", Value: "OriginateResponse"}, {Key: "ActionID", Value: action.Get("ActionID")},
			{Key: "Response", Value: response}, {Key: "Channel", Value: "PJSIP/1-0"}, {Key: "Reason", Value: reason}, {Key: "Uniqueid", Value: "1.1"}})
	}}
	c := dial(t, server)
	got, err := c.Originate(t.Context(), ami.Originate{Channel: "PJSIP/100", Context: "default", Exten: "200", Timeout: 1500 * time.Millisecond,
		CallerID: "Ana <1>", Variables: []ami.Field{{Key: "A", Value: "1"}, {Key: "B", Value: "2"}}, Codecs: []string{"ulaw", "alaw"}, EarlyMedia: true})
	if err != nil || got.Reason != 4 || got.Uniqueid != "1.1" || got.Channel != "PJSIP/1-0" {
		t.Errorf("%+v, %v", got, err)
	}
	want := "Action: Originate\r\nChannel: PJSIP/100\r\nContext: default\r\nExten: 200\r\nPriority: 1\r\nTimeout: 1500\r\nCallerID: Ana <1>\r\n" +
		"Variable: A=1\r\nVariable: B=2\r\nCodecs: ulaw,alaw\r\nEarlyMedia: true\r\nAsync: true\r\n\r\n"
	if sent := asked.Load().Without("ActionID").String(); sent != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
	var failed *ami.OriginateError
	if _, err := c.Originate(t.Context(), ami.Originate{Channel: "PJSIP/busy", Application: "Wait", Data: "1"}); !errors.As(err, &failed) || failed.Reason != 5 {
		t.Errorf("busy: %v", err)
	}
	var refused *ami.ResponseError
	if _, err := c.Originate(t.Context(), ami.Originate{Channel: "None/1"}); !errors.As(err, &refused) {
		t.Errorf("refused: %v", err)
	}
}

// A program that routes sends and sees all that comes, in its order.
func TestSendAndObserve(t *testing.T) {
	seen := make(chan string, 10)
	server := &amitest.Server{}
	server.Answer = func(s *amitest.Session, action ami.Message) {
		s.Send(item(1))
		s.Reply(action, "Success", "done")
		s.Send(item(2))
	}
	c := dial(t, server, func(c *ami.Config) {
		c.Observe = func(m ami.Message) { seen <- m.Get("Number") + m.Get("Message") + m.Get("ActionID") }
	})
	if err := c.Send(t.Context(), ami.Action("Test", "ActionID", "7")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1", "done7", "2"} {
		if got := <-seen; got != want {
			t.Errorf("saw %q, want %q", got, want)
		}
	}
	if err := c.Ping(t.Context()); err != nil || len(seen) > 0 {
		t.Errorf("a response that is waited for: %v, %d seen", err, len(seen))
	}
	c.Close()
	if err := c.Send(t.Context(), ami.Action("Test")); !errors.Is(err, ami.ErrDisconnected) {
		t.Errorf("closed: %v", err)
	}
}
