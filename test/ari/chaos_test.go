package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var chaos = flag.Duration("chaos", 2*time.Second, "how long clients do what they like")

// A mob is clients that ask for anything, in any order.
type mob struct {
	t    *testing.T
	base string
	http *http.Client
}

// ask asks for something and returns the status. Only what is the exchange's own fault is an error.
func (m *mob) ask(method, path string) int {
	r, err := http.NewRequestWithContext(context.Background(), method, m.base+path, nil)
	if err != nil {
		m.t.Error(err)
		return 0
	}
	r.SetBasicAuth("ari", "secret")
	a, err := m.http.Do(r)
	if err != nil {
		m.t.Errorf("%s %s: %v", method, path, err)
		return 0
	}
	defer func() { _ = a.Body.Close() }()
	_, _ = io.Copy(io.Discard, a.Body)
	return a.StatusCode
}

// list returns the identifiers of what there is.
func (m *mob) list(what string) (ids []string) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, m.base+"/"+what, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	r.SetBasicAuth("ari", "secret")
	a, err := m.http.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	var all []struct{ ID string }
	if err := json.NewDecoder(a.Body).Decode(&all); err != nil {
		m.t.Fatal(err)
	}
	for _, one := range all {
		ids = append(ids, one.ID)
	}
	return ids
}

// one does as it likes with a few calls of its own until the time is up.
func (m *mob) one(n int, end time.Time) {
	random := rand.New(rand.NewPCG(uint64(n), 1)) //nolint:gosec // any sequence is as good
	leg := func() string { return url.PathEscape(fmt.Sprintf("leg-%d-%d", n, random.IntN(4))) }
	room := func() string { return fmt.Sprintf("room-%d", random.IntN(4)) }
	for i := 0; time.Now().Before(end); i++ {
		switch random.IntN(16) {
		case 0, 1:
			m.ask("POST", "/channels?endpoint=Local/echo@default&app=app&channelId="+leg())
		case 2:
			m.ask("POST", "/channels/create?endpoint=Local/101@default&app=app&channelId="+leg())
		case 3:
			m.ask("POST", "/channels/"+leg()+"/dial")
		case 4:
			m.ask("POST", "/bridges/"+room())
		case 5, 6:
			m.ask("POST", "/bridges/"+room()+"/addChannel?channel="+leg())
		case 7:
			m.ask("POST", "/bridges/"+room()+"/removeChannel?channel="+leg())
		case 8:
			m.ask("DELETE", "/bridges/"+room())
		case 9:
			m.ask("POST", "/channels/"+leg()+"/snoop?app=app&spy=both&whisper=both")
		case 10:
			m.ask("POST", fmt.Sprintf("/channels/%s/record?name=r-%d-%d&format=wav&maxDurationSeconds=1", leg(), n, i))
		case 11:
			m.ask("POST", "/channels/"+leg()+"/play?media=sound:beep")
		case 12:
			m.ask("POST", "/channels/"+leg()+"/move?app=other")
		case 13:
			m.ask("POST", "/channels/"+leg()+"/continue?context=default&extension=101")
		case 14:
			m.ask("POST", "/bridges/"+room()+"/play?media=sound:beep")
		default:
			m.ask("DELETE", "/channels/"+leg())
		}
	}
}

// descriptors are the file descriptors that the process has open, and what each is of.
func descriptors(t *testing.T) map[string]string {
	t.Helper()
	const folder = "/proc/self/fd"
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Skipf("descriptors can't be counted here: %v", err)
	}
	open := map[string]string{}
	for _, d := range list {
		of, err := os.Readlink(filepath.Join(folder, d.Name()))
		if err == nil && of != fmt.Sprintf("/proc/%d/fd", os.Getpid()) { // that is this reading's own
			open[d.Name()] = of
		}
	}
	return open
}

// leftOver are the descriptors that are open and were not.
func leftOver(before, now map[string]string) (list []string) {
	for fd, of := range now {
		if before[fd] != of {
			list = append(list, fd+" "+of)
		}
	}
	slices.Sort(list)
	return list
}

// Whatever clients do, and however they go, nothing is left of it: no channel, no bridge, no
// goroutine, no file descriptor. Nobody waits for another for ever.
func TestChaosLeavesNothing(t *testing.T) {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close() // the runtime has its own descriptors for the network now
	}
	before, open := runtime.NumGoroutine(), descriptors(t)
	t.Run("mob", func(t *testing.T) {
		m := &mob{t: t, base: begin(t, "chaos"), http: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
		t.Cleanup(m.http.CloseIdleConnections)
		end := time.Now().Add(*chaos)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for _, app := range []string{"app", "other"} {
			all.Add(1)
			go func() { // a listener that is cut off now and then
				defer all.Done()
				for ctx.Err() == nil {
					at := strings.Replace(m.base, "http", "ws", 1) + "/events?api_key=ari:secret&app=" + app
					conn, _, err := websocket.Dial(ctx, at, nil)
					if err != nil {
						continue
					}
					within, stop := context.WithTimeout(ctx, 300*time.Millisecond)
					for within.Err() == nil {
						_, _, _ = conn.Read(within)
					}
					stop()
					_ = conn.CloseNow()
				}
			}()
		}
		var mobs sync.WaitGroup
		for n := range 12 {
			mobs.Add(1)
			go func() { defer mobs.Done(); m.one(n, end) }()
		}
		mobs.Wait()
		cancel()
		all.Wait()
		for limit := time.Now().Add(30 * time.Second); ; {
			legs, rooms := m.list("channels"), m.list("bridges")
			if len(legs) == 0 && len(rooms) == 0 {
				break
			}
			if time.Now().After(limit) {
				t.Fatalf("channels %v and bridges %v are left", legs, rooms)
			}
			for _, id := range legs {
				m.ask("DELETE", "/channels/"+url.PathEscape(id))
			}
			for _, id := range rooms {
				m.ask("DELETE", "/bridges/"+url.PathEscape(id))
			}
		}
	})
	for limit := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(limit) {
			b := make([]byte, 1<<20)
			t.Fatalf("there were %d goroutines and are %d\n%s", before, runtime.NumGoroutine(), b[:runtime.Stack(b, true)])
		}
	}
	for limit := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		left := leftOver(open, descriptors(t))
		if len(left) == 0 {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("there were %d descriptors, and these are left: %q", len(open), left)
		}
	}
}
