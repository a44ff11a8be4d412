package lease

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/octothorpe/octothorpe/internal/sdn/loopback"
)

// nodeEnv has this program be a controller, which says when NATS's group has all three,
// and when it is the master: its name, where it listens, and its peers.
const nodeEnv = "OCTOTHORPE_TEST_LEASE_NODE"

func asNode(what string) error {
	words := strings.Fields(what)
	m, err := Meet(context.Background(), Place{ID: words[0], Listen: words[1], Peers: words[2:], Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	go func() {
		for !whole(m.Bucket) {
			time.Sleep(20 * time.Millisecond) // between two looks
		}
		fmt.Println("whole")
	}()
	return New(Options{ID: words[0], Shards: 1, Meeting: m, Log: slog.New(slog.DiscardHandler),
		Changed: func(_ int, t Term) {
			if t.Master {
				fmt.Println("master")
			}
		}}).Run(context.Background())
}

// whole says whether all three nodes have what the lease is kept in, and are of one mind.
func whole(b jetstream.KeyValue) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s, err := b.Status(ctx)
	if err != nil {
		return false
	}
	c := s.(*jetstream.KeyValueBucketStatus).StreamInfo().Cluster
	if c == nil || c.Leader == "" || len(c.Replicas) != 2 {
		return false
	}
	return !slices.ContainsFunc(c.Replicas, func(r *jetstream.PeerInfo) bool { return r.Offline || !r.Current })
}

// A controller that is killed says nothing to the others, and may have been the leader
// of NATS's group, too: another takes over in time all the same.
func TestWhoIsKilledIsFollowed(t *testing.T) {
	addresses := loopback.Addresses(t, 3)
	masters, wholes := make(chan int, 16), make(chan int, 16)
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
				switch lines.Text() {
				case "master":
					masters <- i
				case "whole":
					wholes <- i
				default:
					t.Log(lines.Text())
				}
			}
		}()
	}
	end := func(i int) {
		_ = nodes[i].Process.Kill()
		_ = nodes[i].Wait()
	}
	next := func(what string, from <-chan int) int {
		t.Helper()
		select {
		case i := <-from:
			return i
		case <-time.After(60 * time.Second):
			t.Fatal("not seen:", what)
			return 0
		}
	}
	for i := range nodes {
		begin(i)
		t.Cleanup(func() { end(i) })
	}
	for range nodes {
		next("a group of three", wholes)
	}
	master := next("a master", masters)
	for range 4 { // whether it leads the group, too, is chance
		for len(masters) > 0 {
			master = <-masters
		}
		dead, died := master, time.Now()
		end(dead)
		master = next("another master", masters)
		took := time.Since(died)
		t.Logf("another is the master after %v", took)
		if took > 2*time.Second {
			t.Errorf("another took over after %v", took)
		}
		if master == dead {
			t.Error("who is dead is the master")
		}
		begin(dead)
		next("a group of three again", wholes)
	}
}
