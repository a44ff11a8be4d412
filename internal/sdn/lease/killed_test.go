package lease

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/lease/leasetest"
)

// nodeEnv has this program be a controller, which says when it is the master: its
// name, where it listens, and its peers.
const nodeEnv = "OCTOTHORPE_TEST_LEASE_NODE"

func asNode(what string) error {
	words := strings.Fields(what)
	m, err := Meet(context.Background(), Place{ID: words[0], Listen: words[1], Peers: words[2:], Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return New(Options{ID: words[0], Shards: 1, Bucket: m.Bucket, Connected: m.Connected, Log: slog.New(slog.DiscardHandler),
		Changed: func(_ int, t Term) {
			if t.Master {
				fmt.Println("master")
			}
		}}).Run(context.Background())
}

// A controller that is killed says nothing to the others, and may have been the leader
// of NATS's group, too: another takes over in time all the same.
func TestWhoIsKilledIsFollowed(t *testing.T) {
	var addresses []string
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, l.Addr().String())
		_ = l.Close()
	}
	masters := make(chan int, 16)
	nodes := make([]*exec.Cmd, 3)
	begin := func(i int) {
		words := []string{fmt.Sprint("c", i), addresses[i], addresses[(i+1)%3], addresses[(i+2)%3]}
		node := exec.Command(os.Args[0])
		node.Env = append(os.Environ(), nodeEnv+"="+strings.Join(words, " "))
		out, err := node.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := node.Start(); err != nil {
			t.Fatal(err)
		}
		nodes[i] = node
		go func() { // until the node ends
			for lines := bufio.NewScanner(out); lines.Scan(); {
				masters <- i
			}
		}()
	}
	end := func(i int) {
		_ = nodes[i].Process.Kill()
		_ = nodes[i].Wait()
	}
	next := func() int {
		t.Helper()
		select {
		case i := <-masters:
			return i
		case <-time.After(60 * time.Second):
			t.Fatal("nobody is the master")
			return 0
		}
	}
	for i := range nodes {
		begin(i)
		t.Cleanup(func() { end(i) })
	}
	master := next()
	for range 4 { // whether it leads the group, too, is chance
		time.Sleep(3 * time.Second) // so that all three are of the group
		inTime := leasetest.Takeover(t)
		dead := master
		end(dead)
		master = next()
		inTime()
		if master == dead {
			t.Error("who is dead is the master")
		}
		begin(dead)
	}
}
