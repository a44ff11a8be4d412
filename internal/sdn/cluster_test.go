package sdn

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/emptyswitch"
	"github.com/octothorpe/octothorpe/internal/sdn/loopback"
	"github.com/octothorpe/octothorpe/openflow"
)

// crown is what a switch that is connected to three controllers has heard.
type crown struct {
	who        int
	generation uint64
}

// attached connects a switch in memory to a controller; each time it becomes the
// master that is told.
func attached(t *testing.T, who int, address string, masters chan<- crown) (leave func()) {
	t.Helper()
	conn, err := openflow.Dial(t.Context(), "tcp:"+address, nil, openflow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			r, err := conn.Receive(context.Background())
			if err != nil {
				return
			}
			if m, ok := r.Message.(*openflow.RoleRequest); ok && m.Role == openflow.RoleMaster {
				masters <- crown{who, m.GenerationID}
			}
			reply := emptyswitch.Answer(r.Message, 1, nil)
			if reply != nil {
				_ = conn.Reply(context.Background(), r.XID, reply)
			}
		}
	}()
	return func() { conn.Close(); <-done }
}

// Three controllers with nodes of their own: one drives, and when it is closed
// another does within two seconds.
func TestOneOfThreeControllersDrives(t *testing.T) {
	path := file(t, small)
	addresses := loopback.Addresses(t, 3)
	masters := make(chan crown, 16)
	var networks []*Network
	for i, own := range addresses {
		peers := strings.Fields(strings.ReplaceAll(strings.Join(addresses, " "), own, ""))
		n, err := Start(Options{Config: path, Listen: "ptcp:0:127.0.0.1", Metrics: none, View: none, Log: slog.New(slog.DiscardHandler),
			Cluster: Cluster{Listen: own, Peers: peers, ID: string(rune('a' + i))}})
		if err != nil {
			t.Fatal(err)
		}
		var once sync.Once
		networks = append(networks, n)
		leave := attached(t, i, n.Addr().String(), masters)
		t.Cleanup(func() { leave(); once.Do(n.Close) })
	}
	next := func() crown {
		t.Helper()
		select {
		case m := <-masters:
			return m
		case <-time.After(60 * time.Second):
			t.Fatal("nobody drives the switch")
		}
		return crown{}
	}
	first := next()
	left := time.Now()
	go networks[first.who].Close() // its cleanup waits for it, too
	second := next()
	took := time.Since(left)
	t.Logf("another drives the switch after %v", took)
	if took > 2*time.Second {
		t.Errorf("another drives the switch after %v", took)
	}
	if second.who == first.who || second.generation <= first.generation {
		t.Errorf("first %+v, then %+v", first, second)
	}
}

func TestClustersThatCanNotBe(t *testing.T) {
	for _, c := range []Cluster{{URL: "nats://127.0.0.1:1", Listen: "127.0.0.1:0"}} {
		if n, err := Start(Options{Config: file(t, small), Listen: "ptcp:0:127.0.0.1", Metrics: none, View: none, Cluster: c}); err == nil {
			n.Close()
			t.Errorf("%+v is taken", c)
		}
	}
}
