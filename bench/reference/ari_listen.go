package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// hall is applications that listen to one channel, each by a WebSocket of its own. A variable of
// the channel that changes is an event to each; its value is a number, that nothing is lost or out
// of order, and when it was set.
type hall struct {
	list  []*webSocket
	deaf  map[*webSocket]bool // those that are not read
	asker *restClient
	lags  lags
	got   atomic.Int64
	wrong atomic.Int64
	all   sync.WaitGroup
	sent  int
}

const hallLeg = "hall"

// fill opens n WebSockets, of which the first few are never read.
func fill(n, deaf int) (*hall, error) {
	asker, err := dialREST(ariAddress)
	if err != nil {
		return nil, err
	}
	h := &hall{asker: asker, deaf: map[*webSocket]bool{}}
	if h.list, err = dialAllEvents(n); err != nil {
		h.end()
		return nil, err
	}
	if err = asker.do("POST", "/channels?endpoint=Local/held@bench&app=bench0&channelId="+hallLeg); err != nil {
		h.end()
		return nil, err
	}
	for i, s := range h.list {
		if err = asker.do("POST", fmt.Sprintf("/applications/bench%d/subscription?eventSource=channel:%s", i, hallLeg)); err != nil {
			h.end()
			return nil, err
		}
		if i < deaf {
			h.deaf[s] = true
			continue
		}
		h.all.Go(func() { h.hear(s) })
	}
	return h, nil
}

func (h *hall) end() {
	if h.asker != nil {
		_ = h.asker.do("DELETE", "/channels/"+hallLeg)
		_ = h.asker.Close()
	}
	for _, s := range h.list {
		if s != nil {
			_ = s.Close()
		}
	}
	h.all.Wait()
}

// hear reads the events of one WebSocket until it is closed.
func (h *hall) hear(s *webSocket) {
	next := int64(0)
	for {
		message, err := s.read()
		if err != nil {
			return
		}
		number, sent, ok := bytes.Cut(textOf(message, `"value":"`), []byte("."))
		if !ok {
			continue
		}
		n, _ := strconv.ParseInt(string(number), 10, 64)
		at, _ := strconv.ParseInt(string(sent), 10, 64)
		if next != 0 && n != next {
			h.wrong.Add(1)
		}
		next = n + 1
		h.lags.add(time.Duration(time.Now().UnixNano() - at))
		h.got.Add(1)
	}
}

// tell makes events at a rate for a time, and waits until all have them.
func (h *hall) tell(rate int, long time.Duration) (delivered int, err error) {
	before, began, sent := h.got.Load(), time.Now(), 0
	for end := began.Add(long); time.Now().Before(end); {
		for due := int(time.Since(began).Seconds() * float64(rate)); sent < due; sent++ {
			h.sent++
			if err := h.asker.do("POST", fmt.Sprintf("/channels/%s/variable?variable=STAMP&value=%d.%d", hallLeg, h.sent, time.Now().UnixNano())); err != nil {
				return 0, err
			}
		}
		time.Sleep(time.Second / time.Duration(rate) / 4)
	}
	want := int64(sent * (len(h.list) - len(h.deaf)))
	for end := time.Now().Add(patience); h.got.Load()-before < want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return 0, fmt.Errorf("%d of %d events came", h.got.Load()-before, want)
		}
	}
	if n := h.wrong.Load(); n > 0 {
		return 0, fmt.Errorf("%d events came out of their order", n)
	}
	return int(want), nil
}

// ariListens is an event to a hundred WebSockets.
func (w *worker) ariListens() error {
	h, err := fill(100, 0)
	if err != nil {
		return err
	}
	defer h.end()
	if _, err := h.tell(50, time.Second); err != nil {
		return err
	}
	h.lags.clear()
	delivered := 0
	used, err := w.cost("ari-event", func() (err error) {
		delivered, err = h.tell(100, listenFor)
		return err
	})
	w.results["ari-event"] = microseconds(used) / float64(max(1, delivered))
	w.results["ari-event-lag"] = milliseconds(h.lags.at(.99))
	return err
}

// ariMany is a hundred events a second (of Asterisk as many as it can: ten) to a thousand WebSockets, and the same beside
// one that is not read.
func (w *worker) ariMany() error {
	rate := 100
	if w.role == roleReference {
		rate = 10
	}
	for _, deaf := range []int{0, 1} {
		err := func() error {
			h, err := fill(1000, deaf)
			if err != nil {
				return err
			}
			defer h.end()
			if _, err := h.tell(rate/2, time.Second); err != nil {
				return err
			}
			h.lags.clear()
			delivered := 0
			name := "ari-many" + map[int]string{1: "-beside"}[deaf]
			used, err := w.cost(name, func() (err error) {
				delivered, err = h.tell(rate, listenFor)
				return err
			})
			w.results[name] = microseconds(used) / float64(max(1, delivered))
			w.results[name+"-lag"] = milliseconds(h.lags.at(.99))
			return err
		}()
		if err != nil {
			return errors.Join(fmt.Errorf("%d that are not read", deaf), err)
		}
	}
	return nil
}
