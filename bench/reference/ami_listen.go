package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// lags is a histogram of how late events were, its steps an eighth of a power of two.
type lags struct {
	steps [64 * 8]atomic.Int64
	n     atomic.Int64
}

func (l *lags) add(late time.Duration) {
	v := uint64(max(late, 8))
	top := bits.Len64(v) - 1
	l.steps[top*8+int(v>>(top-3)&7)].Add(1)
	l.n.Add(1)
}

func (l *lags) clear() {
	for i := range l.steps {
		l.steps[i].Store(0)
	}
	l.n.Store(0)
}

// at returns the lag that so much of all events did not pass.
func (l *lags) at(share float64) time.Duration {
	left := int64(share * float64(l.n.Load()))
	for i := range l.steps {
		if left -= l.steps[i].Load(); left < 0 {
			return time.Duration((8 + uint64(i%8) + 1) << (i / 8) >> 3)
		}
	}
	return 0
}

// audience listens. Each event carries a number, that nothing is lost or out of order,
// and when it was sent.
type audience struct {
	list  []*client
	lags  lags
	got   atomic.Int64
	wrong atomic.Int64
	all   sync.WaitGroup
	sent  int // events so far
}

func gather(address string, n int) (*audience, error) {
	list, err := dialAll(address, n, true, 1<<14)
	if err != nil {
		return nil, err
	}
	a := &audience{list: list}
	for _, c := range list {
		a.all.Go(func() { a.hear(c) })
	}
	return a, nil
}

// hear reads the events of one client until it is closed.
func (a *audience) hear(c *client) {
	next := int64(0)
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return
		}
		rest, ok := bytes.CutPrefix(line, []byte("Stamp: "))
		if !ok {
			continue
		}
		number, sent, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
		n, _ := strconv.ParseInt(string(number), 10, 64)
		at, _ := strconv.ParseInt(string(sent), 10, 64)
		if next != 0 && n != next {
			a.wrong.Add(1)
		}
		next = n + 1
		a.lags.add(time.Duration(time.Now().UnixNano() - at))
		a.got.Add(1)
	}
}

func (a *audience) end() {
	hangUp(a.list)
	a.all.Wait()
}

// tell sends events at a rate for a time, and waits until the audience has them all.
func (a *audience) tell(address string, rate int, long time.Duration) (sent int, err error) {
	c, err := dialClient(address, false, 4096)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	go drain(c)
	before, began := a.got.Load(), time.Now()
	for end := began.Add(long); time.Now().Before(end); {
		due := int(time.Since(began).Seconds() * float64(rate))
		for ; sent < due; sent++ {
			if _, err := fmt.Fprintf(c, "Action: UserEvent\r\nUserEvent: Bench\r\nStamp: %d %d\r\nChannel: PJSIP/alice-00000001\r\n"+
				"CallerIDNum: 1234567890\r\nCallerIDName: Alice\r\nUniqueid: 1700000000.1\r\nLinkedid: 1700000000.1\r\nContext: default\r\n\r\n",
				a.sent+1, time.Now().UnixNano()); err != nil {
				return 0, err
			}
			a.sent++
		}
		time.Sleep(time.Second / time.Duration(rate) / 4)
	}
	want := int64(sent) * int64(len(a.list))
	for late := time.Now().Add(patience); a.got.Load()-before < want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			return sent, fmt.Errorf("of %d events %d came", want, a.got.Load()-before)
		}
	}
	if a.wrong.Load() > 0 {
		return sent, errors.New("events came out of order")
	}
	return sent, nil
}

// listens measures events with a thousand listeners, then on the bare hub.
func (w *worker) listens() error {
	bare, err := startHub()
	if err != nil {
		return err
	}
	defer bare.end()
	for _, one := range []struct {
		name    string
		address string
		process process
	}{{"", managerAddress, w.process}, {"-bare", bare.address, bare.process}} {
		a, err := gather(one.address, listeners)
		if err != nil {
			return err
		}
		sent := 0
		used, err := w.per(one.process, "ami-event"+one.name, listeners, func() (err error) {
			sent, err = a.tell(one.address, w.eventRate(), listenFor)
			return err
		})
		a.end()
		if err != nil {
			return err
		}
		w.results["ami-event"+one.name] = used / float64(sent)
		w.results["ami-lag"+one.name] = milliseconds(a.lags.at(0.99))
	}
	w.results["ami-lag-times"] = w.results["ami-lag"] / w.results["ami-lag-bare"]
	return nil
}

// stalls measures the lag of those who read while others do not, and while there are
// none, in turns: machines are never the same for long.
func (w *worker) stalls() error {
	if w.role == roleReference {
		return nil // waits for each of them
	}
	const turns = 4
	a, err := gather(managerAddress, listeners-stalled)
	if err != nil {
		return err
	}
	defer a.end()
	grown, lag := int64(0), map[string][]time.Duration{}
	for range turns {
		if err := w.turn(a, "before", lag); err != nil {
			return err
		}
		asleep, err := dialAll(managerAddress, stalled, true, 16)
		if err != nil {
			return err
		}
		for _, c := range asleep {
			_ = c.Conn.(*net.TCPConn).SetReadBuffer(4096) // it is soon full
		}
		before, err := w.process.resident()
		if err == nil {
			err = w.turn(a, "filling", lag)
		}
		if err == nil {
			err = w.turn(a, "beside", lag)
		}
		after, failed := w.process.resident()
		hangUp(asleep)
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		grown = max(grown, after-before)
	}
	for name, list := range lag {
		slices.Sort(list)
		w.results["ami-lag-"+name] = milliseconds((list[turns/2-1] + list[turns/2]) / 2)
	}
	w.results["ami-stall-memory"] = float64(grown) / (1 << 20)
	return nil
}

// turn notes the lag of one turn.
func (w *worker) turn(a *audience, name string, lag map[string][]time.Duration) error {
	a.lags.clear()
	_, err := a.tell(managerAddress, w.eventRate(), listenFor/2)
	lag[name] = append(lag[name], a.lags.at(0.99))
	return err
}

// What a rate of events holds by: 99 % of them have come within late, all in order.
const (
	late     = 100 * time.Millisecond
	stepsFor = 3 * time.Second
)

// climbs finds the highest rate of events that a thousand listeners hold, in steps of a
// half more.
func (w *worker) climbs() error {
	a, err := gather(managerAddress, listeners)
	if err != nil {
		return err
	}
	defer a.end()
	for rate := w.eventRate(); ; rate += rate / 2 {
		a.lags.clear()
		sent := 0
		used, err := w.per(w.process, "ami-climb", listeners, func() (err error) {
			sent, err = a.tell(managerAddress, rate, stepsFor)
			return err
		})
		if err != nil && w.results["ami-climb"] == 0 {
			return err
		}
		held := float64(sent) / stepsFor.Seconds()
		if err != nil || a.lags.at(0.99) > late || held < 0.9*float64(rate) {
			return nil
		}
		w.results["ami-climb"], w.results["ami-climb-event"] = held, used/float64(sent)
	}
}
