package main

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// ARI under load: what GET /channels costs beside a bare handler, what a call that a client
// makes and holds, and how long it takes until it is there; see ari_listen.go for events.

const (
	getters   = 60_000 // requests of all clients
	shownLegs = 10     // channels that GET /channels tells of
	ariCalls  = 3000
)

// ariCosts are measured on a server of their own.
var ariCosts = []operation{
	{"ari-get", "GET /channels", (*worker).gets},
	{"ari-call", "calls of ARI", (*worker).stasisCalls},
	{"ari-listen", "events of ARI", (*worker).ariListens},
	{"ari-many", "events to many WebSockets", (*worker).ariMany},
}

// gets asks for the channels that there are, of a server and of a bare handler that has the same
// bytes at hand, in turns.
func (w *worker) gets() error {
	maker, err := dialREST(ariAddress)
	if err != nil {
		return err
	}
	defer maker.Close()
	listener, err := dialEvents("bench")
	if err != nil {
		return err
	}
	defer listener.Close()
	go listener.drain()
	for i := range shownLegs / 2 { // each has two halves
		if err := maker.do("POST", fmt.Sprintf("/channels?endpoint=Local/held@bench&app=bench&channelId=shown%d", i)); err != nil {
			return err
		}
	}
	if err := maker.do("GET", "/channels"); err != nil {
		return err
	}
	bare, err := startBareHTTP(maker.body)
	if err != nil {
		return err
	}
	defer bare.end()
	for _, clients := range []int{10, 100} {
		for _, one := range []struct {
			name    string
			address string
			process process
		}{{"", ariAddress, w.process}, {"-bare", bare.address, bare.process}} {
			name := fmt.Sprintf("ari-get-%d%s", clients, one.name)
			list, err := dialRESTs(one.address, clients)
			if err != nil {
				return err
			}
			err = w.getAll(name, one.process, list)
			closeRESTs(list)
			if err != nil {
				return err
			}
		}
		w.results[fmt.Sprintf("ari-get-%d-times", clients)] = w.results[fmt.Sprintf("ari-get-%d", clients)] / w.results[fmt.Sprintf("ari-get-%d-bare", clients)]
	}
	_ = maker.Close() // the server may have, as it has heard nothing for so long
	if maker, err = dialREST(ariAddress); err != nil {
		return err
	}
	for i := range shownLegs / 2 {
		if err := maker.do("DELETE", fmt.Sprintf("/channels/shown%d", i)); err != nil {
			return err
		}
	}
	return w.noneLeft(maker)
}

func (w *worker) getAll(name string, p process, list []*restClient) error {
	turn := func(times int) error {
		errs := make([]error, len(list))
		var all sync.WaitGroup
		for i, c := range list {
			all.Go(func() {
				for range times / len(list) {
					if errs[i] = c.do("GET", "/channels"); errs[i] != nil {
						return
					}
				}
			})
		}
		all.Wait()
		return errors.Join(errs...)
	}
	if err := turn(getters / 20); err != nil {
		return err
	}
	began := time.Now()
	used, err := w.costOf(name, p, func() error { return turn(getters) })
	w.results[name] = microseconds(used) / getters
	w.results[name+"-rate"] = getters / (time.Since(began) - settle).Seconds()
	return err
}

// drain reads until the WebSocket ends.
func (s *webSocket) drain() {
	for {
		if _, err := s.read(); err != nil {
			return
		}
	}
}

// noneLeft waits until no channel is left.
func (w *worker) noneLeft(c *restClient) error {
	for end := time.Now().Add(patience); ; {
		if err := c.do("GET", "/channels"); err != nil {
			return err
		}
		if len(c.body) <= 3 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("channels are left: %s", c.body)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// stasisCalls makes calls: a Local channel whose far half answers, into the application, answered,
// given a variable and hung up by it; by one client, and by fifty, of which each makes one
// after the other, as fast as it goes and at a rate that does not fill the machine.
func (w *worker) stasisCalls() error {
	c, err := w.callers(50)
	if err != nil {
		return err
	}
	defer c.end()
	if err := c.make(200, 10, 0); err != nil {
		return err
	}
	for _, turn := range []struct {
		name                 string
		clients, calls, rate int
	}{{"ari-call-1", 1, ariCalls / 3, 0}, {"ari-call", 50, ariCalls, 0}, {"ari-paced", 50, ariCalls, w.ariRate()}} {
		c.starts.clear()
		began := time.Now()
		used, err := w.cost(turn.name, func() error { return c.make(turn.calls, turn.clients, turn.rate) })
		if err != nil {
			return err
		}
		w.results[turn.name] = milliseconds(used) / float64(turn.calls)
		w.results[turn.name+"-rate"] = float64(turn.calls) / (time.Since(began) - settle).Seconds()
		w.results[turn.name+"-median"] = milliseconds(c.starts.at(.5))
		w.results[turn.name+"-late"] = milliseconds(c.starts.at(.99))
	}
	w.results["ari-call-times"] = w.results["ari-call-late"] / w.results["ari-call-1-late"]
	w.results["ari-paced-times"] = w.results["ari-paced-late"] / w.results["ari-call-1-late"]
	return w.noneLeft(c.list[0])
}

// ariRate is how many calls a second both have time for.
func (w *worker) ariRate() int {
	if w.role == roleReference {
		return 150
	}
	return 500
}

// A switchboard is the clients that make calls, and the WebSocket of their application.
type switchboard struct {
	list    []*restClient
	socket  *webSocket
	started []chan time.Time // of the call of each client
	starts  lags             // from asking for a call to its StasisStart
	number  atomic.Int64
	all     sync.WaitGroup
}

func (w *worker) callers(n int) (*switchboard, error) {
	socket, err := dialEvents("bench")
	if err != nil {
		return nil, err
	}
	list, err := dialRESTs(ariAddress, n)
	if err != nil {
		_ = socket.Close()
		return nil, err
	}
	b := &switchboard{list: list, socket: socket}
	for range n {
		b.started = append(b.started, make(chan time.Time, 1))
	}
	b.all.Go(b.hear)
	return b, nil
}

func (b *switchboard) end() {
	closeRESTs(b.list)
	_ = b.socket.Close()
	b.all.Wait()
}

// hear tells each client that its call has come.
func (b *switchboard) hear() {
	for {
		message, err := b.socket.read()
		if err != nil {
			return
		}
		if !bytes.HasPrefix(message, []byte(`{"type":"StasisStart"`)) {
			continue
		}
		now := time.Now()
		var client int
		if _, err := fmt.Sscanf(string(textOf(message, `"channel":{"id":"`)), "by%d-", &client); err == nil && client < len(b.started) {
			b.started[client] <- now
		}
	}
}

// make makes calls by some clients, at a rate of all of them if there is one.
func (b *switchboard) make(calls, clients, rate int) error {
	errs := make([]error, clients)
	var all sync.WaitGroup
	began := time.Now()
	for i := range clients {
		all.Go(func() {
			for n := range calls / clients {
				if rate > 0 {
					time.Sleep(time.Until(began.Add(time.Duration(n*clients+i) * time.Second / time.Duration(rate))))
				}
				if errs[i] = b.call(i); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (b *switchboard) call(i int) error {
	c := b.list[i]
	id := fmt.Sprintf("by%d-%d", i, b.number.Add(1))
	began := time.Now()
	if err := c.do("POST", "/channels?endpoint=Local/held@bench&app=bench&channelId="+id); err != nil {
		return err
	}
	select {
	case at := <-b.started[i]:
		b.starts.add(at.Sub(began))
	case <-time.After(patience):
		return fmt.Errorf("%s did not come to its application", id)
	}
	for _, ask := range [][2]string{{"POST", "/answer"}, {"POST", "/variable?variable=BENCH&value=1"}, {"DELETE", ""}} {
		if err := c.do(ask[0], "/channels/"+id+ask[1]); err != nil {
			return err
		}
	}
	return nil
}
