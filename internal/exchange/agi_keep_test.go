package exchange

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/event"
)

// counting counts the connections that it takes.
type counting struct {
	net.Listener
	taken atomic.Int32
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.taken.Add(1)
	}
	return conn, err //nolint:wrapcheck // it stands for the listener
}

func listening(t *testing.T) *counting {
	t.Helper()
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	return &counting{Listener: l}
}

// TestAGIKeepsConnections runs sessions one after the other: our server gives its connection back, another does not
// notice that it may, and one that has gone away meanwhile is called anew.
func TestAGIKeepsConnections(t *testing.T) {
	ours, plain := listening(t), listening(t)
	go func() { // a server that knows of nothing
		for {
			conn, err := plain.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(conn)
			for line := ""; line != "\n" && err == nil; {
				line, err = in.ReadString('\n')
			}
			fmt.Fprint(conn, "SET VARIABLE PATH plain\n")
			_, _ = in.ReadString('\n')
			_ = conn.Close()
		}
	}()
	program := agi.HandlerFunc(func(ctx context.Context, s *agi.Session) error {
		return s.SetVariable(ctx, "PATH", s.Request().Path+" "+s.Env.Get("network_script"))
	})
	serve := func(l net.Listener) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- (&agi.Server{Handler: program, Grace: patient}).Serve(ctx, l) }()
		return func() {
			t.Helper()
			cancel()
			select {
			case err := <-served:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(patient / 2):
				t.Error("the server waits for connections without a call")
			}
		}
	}
	stop := serve(ours)
	k := begin(t, fmt.Sprintf(`[house]
exten => ours,1,Set(TO=agi://%s/menu/\;keepalive)
 same => n,Goto(run,1)
exten => plain,1,Set(TO=agi://%s/\;keepalive)
 same => n,Goto(run,1)
exten => run,1,Answer()
 same => n,Set(I=0)
 same => n,While($[${I} < 20])
 same => n,Set(I=$[${I} + 1])
 same => n,Set(PATH=)
 same => n,AGI(${TO})
 same => n,EndWhile()
 same => n,UserEvent(Done,Status: ${AGISTATUS},Path: ${PATH})
exten => 2,1,Wait(600)
`, ours.Addr(), plain.Addr()))
	done := make(chan string, 1)
	k.bus.Subscribe(event.Kinds(event.KindUserEvent), func(s event.Stamped) {
		e := s.Event.(*event.UserEvent)
		done <- e.Fields[0].Value + " " + e.Fields[1].Value
	})
	expect := func(extension, want string, l *counting, connections int32) {
		t.Helper()
		before := l.taken.Load()
		k.execute("channel originate Local/" + extension + "@house extension 2@house")
		select {
		case got := <-done:
			if got != want {
				t.Errorf("%s: %q, want %q", extension, got, want)
			}
		case <-time.After(patient):
			t.Fatalf("%s: the dialplan does not go on", extension)
		}
		if n := l.taken.Load() - before; n != connections {
			t.Errorf("%s took %d connections, want %d", extension, n, connections)
		}
		k.execute("channel request hangup all")
		k.eventually("the call ends", func() bool { return k.channels.Count() == 0 })
	}
	expect("ours", "SUCCESS /menu/ menu/", ours, 1)
	expect("ours", "SUCCESS /menu/ menu/", ours, 0) // by the same
	expect("plain", "SUCCESS plain", plain, 20)
	stop() // and with it the connection
	l, err := net.Listen("tcp", ours.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	again := &counting{Listener: l}
	stop = serve(again)
	expect("ours", "SUCCESS /menu/ menu/", again, 1)
	k.end()
	stop()
	_ = plain.Close()
}
