package exchange

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
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

// keepPlan runs a call that tells how its session ended.
const keepPlan = `[house]
exten => 1,1,Answer()
 same => n,AGI(%s://%s/\;keepalive)
 same => n,UserEvent(Done,Status: ${AGISTATUS})
exten => 2,1,Wait(600)
`

// told runs a call and returns its AGISTATUS.
func (k *trial) told() string {
	k.t.Helper()
	done := make(chan string, 1)
	defer k.bus.Subscribe(event.Kinds(event.KindUserEvent), func(s event.Stamped) { done <- s.Event.(*event.UserEvent).Fields[0].Value })()
	k.execute("channel originate Local/1@house extension 2@house")
	defer func() {
		k.execute("channel request hangup all")
		k.eventually("the call ends", func() bool { return k.channels.Count() == 0 })
	}()
	select {
	case status := <-done:
		return status
	case <-time.After(patient):
		k.t.Fatal("the dialplan does not go on")
		return ""
	}
}

// TestAGIPlacesAnew has connections end while they wait, just as the next call goes out on them: it goes out anew, once, if the
// server has not begun with it, and never if it may have.
func TestAGIPlacesAnew(t *testing.T) {
	l := listening(t)
	type seen struct {
		connection, calls int
		begun             bool
	}
	calls := make(chan seen, 100)
	var how atomic.Value // what the server does with a further call on a connection
	how.Store("end")
	go func() {
		for n := 1; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				ask := func(line string) bool {
					fmt.Fprintln(conn, line)
					reply, err := in.ReadString('\n')
					return err == nil && reply == "200 result=1\n"
				}
				for call := 1; ; call++ {
					if _, err := agi.ReadEnvironment(in); err != nil {
						return
					}
					if call > 1 && how.Load() != "serve" {
						calls <- seen{n, call, how.Load() == "begin" && ask(agi.KeepAliveBegin)}
						return
					}
					calls <- seen{n, call, call == 1 || ask(agi.KeepAliveBegin)}
					if !ask("SET VARIABLE A b") || !ask(agi.KeepAlive) {
						return
					}
				}
			}()
		}
	}()
	k := begin(t, fmt.Sprintf(keepPlan, "agi", l.Addr()))
	defer k.end()
	expect := func(status string, want ...seen) {
		t.Helper()
		if got := k.told(); got != status {
			t.Errorf("the status is %s, want %s", got, status)
		}
		for _, w := range want {
			if got := <-calls; got != w {
				t.Errorf("the server saw %+v, want %+v", got, w)
			}
		}
		if len(calls) > 0 {
			t.Errorf("the call came again: %+v", <-calls)
		}
	}
	expect("SUCCESS", seen{1, 1, true})
	expect("SUCCESS", seen{1, 2, false}, seen{2, 1, true}) // on a new one
	how.Store("begin")
	expect("SUCCESS", seen{2, 2, true}) // it has begun: not again
	expect("SUCCESS", seen{3, 1, true})
	how.Store("serve")
	expect("SUCCESS", seen{3, 2, true})
	how.Store("end")
	_ = l.Close()
	expect("FAILURE", seen{3, 3, false}) // there is nobody any more
}

// TestAGIOverTLS has calls by agis://, of which the connection is kept, too, and placed anew once the server has gone and come back.
func TestAGIOverTLS(t *testing.T) {
	authority := httptest.NewUnstartedServer(nil)
	authority.StartTLS() // for its certificate, of 127.0.0.1
	defer authority.Close()
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate())
	program := agi.HandlerFunc(func(ctx context.Context, s *agi.Session) error {
		return s.Verbose(ctx, s.Request().Scheme, 1)
	})
	l := listening(t)
	serve := func(l net.Listener) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- (&agi.Server{Handler: program, TLS: &tls.Config{Certificates: authority.TLS.Certificates}}).Serve(ctx, l) //nolint:gosec // of a test
		}()
		return func() {
			cancel()
			if err := <-served; err != nil {
				t.Error(err)
			}
		}
	}
	stop := serve(l)
	k := begin(t, fmt.Sprintf(keepPlan, "agis", l.Addr()))
	defer k.end()
	if got := k.told(); got != "FAILURE" {
		t.Errorf("a server whom nobody trusts: %s", got)
	}
	k.programs.TLS = &tls.Config{RootCAs: roots} //nolint:gosec // the usual least version
	before := l.taken.Load()
	for range 5 {
		if got := k.told(); got != "SUCCESS" {
			t.Errorf("by TLS: %s", got)
		}
	}
	if n := l.taken.Load() - before; n != 1 {
		t.Errorf("%d connections for five calls, want one", n)
	}
	stop()
	again, err := net.Listen("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	counted := &counting{Listener: again}
	defer serve(counted)()
	for range 2 {
		if got := k.told(); got != "SUCCESS" {
			t.Errorf("after the server has come back: %s", got)
		}
	}
	if n := counted.taken.Load(); n != 1 {
		t.Errorf("%d connections for two calls, want one", n)
	}
}
