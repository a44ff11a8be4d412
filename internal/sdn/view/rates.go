package view

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// A Rate is what goes through a port in a second.
type Rate struct {
	DP        string  `json:"dp"`
	Port      uint32  `json:"port"`
	Name      string  `json:"name"`
	RxBits    float64 `json:"rx_bits"`
	TxBits    float64 `json:"tx_bits"`
	RxPackets float64 `json:"rx_packets"`
	TxPackets float64 `json:"tx_packets"`
	Speed     uint32  `json:"speed_kbps"`
}

// between is the time between two looks at the counters.
const between = time.Second

// meters look at the counters of all switches as long as somebody wants to know,
// once for all who do.
type meters struct {
	ports func(context.Context, *config.DP) ([]Port, error)
	dps   func() []*config.DP

	mu      sync.Mutex // leaf
	readers map[chan []byte]bool
	stop    context.CancelFunc
}

// subscribe gives the newest rates, each time as JSON; one that is not read yet is
// replaced. The context ends it.
func (m *meters) subscribe(ctx context.Context) <-chan []byte {
	c := make(chan []byte, 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.readers[c] = true
	if len(m.readers) == 1 {
		inner, stop := context.WithCancel(context.Background())
		m.stop = stop
		go m.run(inner) // it ends with the last reader
	}
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if delete(m.readers, c); len(m.readers) == 0 {
			m.stop()
		}
	})
	return c
}

func (m *meters) run(ctx context.Context) {
	t := time.NewTicker(between)
	defer t.Stop()
	var last map[string]Port
	var at time.Time
	for {
		now, looked := m.look(ctx), time.Now()
		if last != nil {
			text, err := json.Marshal(rates(last, now, looked.Sub(at)))
			if err != nil {
				return // numbers and texts are always JSON
			}
			m.tell(text)
		}
		last, at = map[string]Port{}, looked
		for _, p := range now {
			last[fmt.Sprint(p.DP, " ", p.Number)] = p
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// look asks all switches at once; those that do not answer in time are left out.
func (m *meters) look(ctx context.Context) (all []Port) {
	ctx, cancel := context.WithTimeout(ctx, between)
	defer cancel()
	dps := m.dps()
	lists := make([][]Port, len(dps))
	var wait sync.WaitGroup
	for i, dp := range dps {
		wait.Go(func() { lists[i], _ = m.ports(ctx, dp) }) // no rates of who does not answer
	}
	wait.Wait()
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func rates(last map[string]Port, now []Port, passed time.Duration) []Rate {
	list := []Rate{}
	per := func(was, is uint64) float64 {
		if is < was || passed <= 0 { // it counts anew
			return 0
		}
		return float64(is-was) / passed.Seconds()
	}
	for _, p := range now {
		was, known := last[fmt.Sprint(p.DP, " ", p.Number)]
		if !known || !p.Up {
			continue
		}
		list = append(list, Rate{p.DP, p.Number, p.Name, 8 * per(was.RxBytes, p.RxBytes), 8 * per(was.TxBytes, p.TxBytes),
			per(was.RxPackets, p.RxPackets), per(was.TxPackets, p.TxPackets), p.Speed})
	}
	return list
}

func (m *meters) tell(text []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.readers {
		select {
		case <-c:
		default:
		}
		c <- text
	}
}

// rates is /api/rates: server-sent events, each all rates as JSON.
func (v *View) rates(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	if err := out.Flush(); err != nil {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	for c := v.meters.subscribe(ctx); ; {
		select {
		case text := <-c:
			_ = out.SetWriteDeadline(time.Now().Add(30 * time.Second)) // some writers know no deadline
			if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil {
				return
			}
			if err := out.Flush(); err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
