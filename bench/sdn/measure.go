package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// results are by the name of the row.
type results map[string]float64

// A measurement starts a server of its own.
type measurement struct {
	name string
	run  func(ctx context.Context, k kind, r results) error
}

var measurements = []measurement{
	{"provision", provision}, {"many", many}, {"reload", reload}, {"learn", learn}, {"paced", paced}, {"held", held}, {"hosts", hosts},
}

// configuration is one of switches with ports whose VLANs are given.
func configuration(switches, ports int, vlan func(port int) int, more string) string {
	var b strings.Builder
	b.WriteString("vlans:\n")
	seen := map[int]bool{}
	for p := range ports {
		if v := vlan(p); !seen[v] {
			seen[v] = true
			fmt.Fprintf(&b, "  v%d: {vid: %d, max_hosts: 10000000}\n", v, v)
		}
	}
	b.WriteString("dps:\n")
	for s := range switches {
		fmt.Fprintf(&b, "  sw%d:\n    dp_id: %d\n    ignore_learn_ins: 0\n    interfaces:\n", s+1, s+1)
		for p := range ports {
			acl := ""
			if more != "" && p == 0 {
				acl = ", acls_in: [web]"
			}
			fmt.Fprintf(&b, "      %d: {native_vlan: v%d, max_hosts: 10000000%s}\n", p+1, vlan(p), acl)
		}
	}
	return b.String() + more
}

func hundred(port int) int { return port%100 + 1 }

func one(int) int { return learning }

// begin starts a server and connects switches that have their tables.
func begin(ctx context.Context, k kind, text string, switches, ports int, learnt func(uint32, time.Time)) (*server, []*simulated, time.Duration, error) {
	s, err := k.run(ctx, text)
	if err != nil {
		return nil, nil, 0, err
	}
	var list []*simulated
	begun := time.Now()
	for id := range switches {
		var sw *simulated
		if sw, err = connect(ctx, s.address, uint64(id+1), ports, learnt); err != nil {
			break
		}
		list = append(list, sw)
	}
	var end time.Time
	if err == nil {
		end, err = settle(ctx, list, k.quiet)
	}
	if err != nil {
		closeAll(list)
		s.stop()
		return nil, nil, 0, fmt.Errorf("%s: %w\n%s", k.name, err, tail(s.log.String()))
	}
	return s, list, end.Sub(begun), nil
}

func tail(text string) string { return text[max(len(text)-2000, 0):] }

func closeAll(list []*simulated) {
	for _, s := range list {
		s.close()
	}
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// provision is from connecting to the last barrier reply; the median of five.
func provision(ctx context.Context, k kind, r results) error {
	if k.name == bareName {
		return nil
	}
	var times []time.Duration
	for range 5 {
		s, list, took, err := begin(ctx, k, configuration(1, 200, hundred, ""), 1, 200, nil)
		if err != nil {
			return err
		}
		r["provision-flows"] = float64(list[0].flows.Load())
		times = append(times, took)
		closeAll(list)
		s.stop()
		if k.slow && len(times) == 3 {
			break
		}
	}
	slices.Sort(times)
	r["provision"] = ms(times[len(times)/2])
	return nil
}

func many(ctx context.Context, k kind, r results) error {
	if k.name == bareName {
		return nil
	}
	s, list, took, err := begin(ctx, k, configuration(100, 48, one, ""), 100, 48, nil)
	if err != nil {
		return err
	}
	defer s.stop()
	defer closeAll(list)
	r["many"] = ms(took)
	cpu, err := s.cpu()
	r["many-cpu"] = ms(cpu)
	return err
}

const web = "acls:\n  web: [{rule: {dl_type: 0x800, nw_proto: 6, tcp_dst: PORT, actions: {allow: 0}}}, {rule: {actions: {allow: 1}}}]\n"

// reload changes one rule of one port; the median of three.
func reload(ctx context.Context, k kind, r results) error {
	if k.name == bareName {
		return nil
	}
	text := func(port int) string {
		return configuration(1, 200, hundred, strings.Replace(web, "PORT", fmt.Sprint(port), 1))
	}
	s, list, _, err := begin(ctx, k, text(80), 1, 200, nil)
	if err != nil {
		return err
	}
	defer s.stop()
	defer closeAll(list)
	var times []time.Duration
	for i := range 3 {
		before := list[0].flows.Load()
		if err := os.WriteFile(s.file, []byte(text(81+i)), 0o644); err != nil {
			return err
		}
		begun := time.Now()
		if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			return err
		}
		for list[0].flows.Load() == before {
			if time.Since(begun) > time.Minute {
				return fmt.Errorf("%s does not reload\n%s", k.name, tail(s.log.String()))
			}
			time.Sleep(100 * time.Microsecond)
		}
		end, err := settle(ctx, list, k.quiet)
		if err != nil {
			return err
		}
		times = append(times, end.Sub(begun))
		r["reload-flows"] = float64(list[0].flows.Load() - before)
	}
	slices.Sort(times)
	r["reload"] = ms(times[1])
	return nil
}

// patience is how long it may take until all hosts that are offered are learnt.
const patience = 3 * time.Minute

// offer has so many hosts say hello at the switches in turn, with at most window of
// them under way, and waits until all are learnt or patience is over.
func (k kind) offer(ctx context.Context, list []*simulated, total int, window int64, done *atomic.Int64) error {
	begun := time.Now()
	for n := range total {
		for int64(n)-done.Load() >= window {
			if time.Since(begun) > patience {
				return fmt.Errorf("%s learnt %d of %d hosts", k.name, done.Load(), n)
			}
			time.Sleep(50 * time.Microsecond)
		}
		if err := list[n%len(list)].hello(ctx, uint32(n), n%47+1); err != nil {
			return err
		}
	}
	for done.Load() < int64(total) && time.Since(begun) < patience {
		time.Sleep(50 * time.Microsecond)
	}
	return nil
}

// learn has as many hosts under way as fit, and counts those that are learnt.
func learn(ctx context.Context, k kind, r results) error {
	total, window := 400_000, int64(1000)
	if k.slow {
		total, window = 3000, 100
	}
	var done atomic.Int64
	s, list, _, err := begin(ctx, k, configuration(1, 48, one, ""), 1, 48, func(uint32, time.Time) { done.Add(1) })
	if err != nil {
		return err
	}
	defer s.stop()
	defer closeAll(list)
	before, err := s.cpu()
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := k.offer(ctx, list, total, window, &done); err != nil {
		return err
	}
	took := time.Since(begun)
	after, err := s.cpu()
	if err != nil {
		return err
	}
	r["learn"] = float64(done.Load()) / took.Seconds()
	r["learn-core"] = float64(done.Load()) / (after - before).Seconds()
	r["learn-lost"] = float64(int64(total) - done.Load())
	return nil
}

// paced offers so many hosts a second for five seconds, in steps of a millisecond.
func paced(ctx context.Context, k kind, r results) error {
	rate, seconds := 50_000, 5
	if k.slow {
		rate = 500
	}
	var mu sync.Mutex
	sent := make([]int64, rate*seconds)
	lags := make([]int64, 0, len(sent))
	s, list, _, err := begin(ctx, k, configuration(1, 48, one, ""), 1, 48, func(n uint32, at time.Time) {
		mu.Lock()
		defer mu.Unlock()
		lags = append(lags, at.UnixNano()-atomic.LoadInt64(&sent[n]))
	})
	if err != nil {
		return err
	}
	defer s.stop()
	defer closeAll(list)
	before, err := s.cpu()
	if err != nil {
		return err
	}
	begun := time.Now()
	for n := 0; n < len(sent); {
		due := min(int(time.Since(begun).Seconds()*float64(rate)), len(sent))
		for ; n < due; n++ {
			// Late packets count from when they were due.
			atomic.StoreInt64(&sent[n], begun.Add(time.Duration(float64(n)/float64(rate)*1e9)).UnixNano())
			if err := list[0].hello(ctx, uint32(n), n%47+1); err != nil {
				return err
			}
		}
		time.Sleep(200 * time.Microsecond)
	}
	time.Sleep(2 * time.Second) // who has not come by now is lost
	after, err := s.cpu()
	if err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	if len(lags) == 0 {
		return fmt.Errorf("%s learnt nobody\n%s", k.name, tail(s.log.String()))
	}
	slices.Sort(lags)
	r["paced-rate"] = float64(rate)
	r["paced-median"], r["paced-late"] = float64(lags[len(lags)/2])/1e6, float64(lags[len(lags)*99/100])/1e6
	r["paced-lost"] = 100 * float64(len(sent)-len(lags)) / float64(len(sent))
	r["paced-cpu"] = float64((after - before).Microseconds()) / float64(len(lags))
	return nil
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

func held(ctx context.Context, k kind, r results) error {
	if k.slow || k.name == bareName {
		return nil
	}
	s, list, took, err := begin(ctx, k, configuration(1000, 48, one, ""), 1000, 48, nil)
	if err != nil {
		return err
	}
	defer s.stop()
	defer closeAll(list)
	r["held-time"] = took.Seconds()
	before, err := s.cpu()
	if err != nil {
		return err
	}
	time.Sleep(5 * time.Second) // what it costs to hold them
	after, err := s.cpu()
	if err != nil {
		return err
	}
	r["held-cpu"] = 100 * (after - before).Seconds() / 5
	memory, err := s.resident()
	r["held"] = mib(memory)
	return err
}

func hosts(ctx context.Context, k kind, r results) error {
	if k.slow || k.name == bareName {
		return nil
	}
	const switches, each, window = 10, 100_000, 1000
	var done atomic.Int64
	s, list, _, err := begin(ctx, k, configuration(switches, 48, one, ""), switches, 48, func(uint32, time.Time) { done.Add(1) })
	if err != nil {
		return err
	}
	defer s.stop()
	defer closeAll(list)
	if err := k.offer(ctx, list, switches*each, window, &done); err != nil {
		return err
	}
	r["hosts-learnt"] = float64(done.Load())
	before, err := s.cpu()
	if err != nil {
		return err
	}
	time.Sleep(5 * time.Second)
	after, err := s.cpu()
	if err != nil {
		return err
	}
	r["hosts-cpu"] = 100 * (after - before).Seconds() / 5
	memory, err := s.resident()
	r["hosts"] = mib(memory)
	return err
}
