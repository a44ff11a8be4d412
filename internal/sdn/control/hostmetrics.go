package control

import (
	"slices"
	"strconv"
)

// hostMetricLimit is how many hosts of a switch have metrics of their own. The
// others are counted as without: a scrape costs a kilobyte or so for each.
const hostMetricLimit = 10_000

// hostMetricWork is how many of them are told in a second: the session has other
// things to do as well.
const hostMetricWork = 500

// A place is a VLAN on a port.
type place struct {
	port uint32
	vid  int
}

// shown are the hosts of a switch that have metrics. All belongs to the session.
type shown struct {
	at      map[hostKey]uint32   // the port
	of      map[place][][6]byte  // in the order in which they came
	high    map[place]int        // how many of a place have a number n
	from    map[place]int        // the first number that is not told
	dirty   map[place]bool       // since tick told
	changed map[hostKey]struct{} // since tick told
	onPlace map[place]int        // all of them
}

func newShown() *shown {
	return &shown{at: map[hostKey]uint32{}, of: map[place][][6]byte{}, high: map[place]int{}, from: map[place]int{}, dirty: map[place]bool{}, changed: map[hostKey]struct{}{},
		onPlace: map[place]int{}}
}

// came and went follow hosts.put and hosts.remove.
func (s *shown) came(k hostKey, port uint32) {
	p := place{port, k.vid}
	s.onPlace[p]++
	s.dirty[p] = true
	if len(s.at) >= hostMetricLimit {
		return
	}
	s.at[k] = port
	s.touch(p, len(s.of[p]))
	s.of[p] = append(s.of[p], k.mac)
	s.changed[k] = struct{}{}
}

func (s *shown) went(k hostKey, port uint32) {
	p := place{port, k.vid}
	if s.onPlace[p]--; s.onPlace[p] == 0 {
		delete(s.onPlace, p)
	}
	s.dirty[p] = true
	if _, ok := s.at[k]; !ok {
		return
	}
	delete(s.at, k)
	s.changed[k] = struct{}{}
	if i := slices.Index(s.of[p], k.mac); i >= 0 {
		s.touch(p, i)
		s.of[p] = slices.Delete(s.of[p], i, i+1)
	}
	if len(s.of[p]) == 0 {
		delete(s.of, p)
	}
}

// touch says that the hosts of a place are others from a number on.
func (s *shown) touch(p place, n int) {
	if from, ok := s.from[p]; !ok || n < from {
		s.from[p] = n
	}
}

// shownMetrics tells what changed since the last second.
func (d *datapath) shownMetrics() {
	s, m := d.hosts.shown, d.c.o.Metrics
	work := hostMetricWork
	for k := range s.changed {
		if work--; work < 0 {
			break
		}
		delete(s.changed, k)
		l := d.labels("vid", strconv.Itoa(k.vid), "eth_src", macText(k.mac))
		if port, there := s.at[k]; there {
			m.learnedPort.With(l).Set(float64(port))
		} else {
			m.learnedPort.Delete(l)
		}
	}
	for p := range s.dirty {
		if port := d.dp.Port(p.port); port != nil {
			l := d.portLabels(port)
			l["vlan"] = strconv.Itoa(p.vid)
			m.portVLANHosts.With(l).Set(float64(s.onPlace[p]))
		}
	}
	if len(s.dirty) > 0 {
		m.hostsHidden.With(d.labels()).Set(float64(max(len(d.hosts.all)-len(s.at), 0)))
	}
	clear(s.dirty)
	work = hostMetricWork
	for p := range s.from {
		if work = d.shownMACs(p, work); work <= 0 {
			break
		}
	}
}

// shownMACs tells the addresses of a place, as far as there is work left.
func (d *datapath) shownMACs(p place, work int) int {
	s, m := d.hosts.shown, d.c.o.Metrics
	port := d.dp.Port(p.port)
	if port == nil {
		delete(s.from, p)
		return work
	}
	l := d.portLabels(port)
	l["vlan"] = strconv.Itoa(p.vid)
	list := s.of[p]
	end := max(len(list), s.high[p])
	n := s.from[p]
	for ; n < end && work > 0; n++ {
		work--
		l["n"] = strconv.Itoa(n)
		if n >= len(list) {
			m.learnedMACs.Delete(l)
			continue
		}
		number := 0.0
		for _, b := range list[n] {
			number = number*256 + float64(b)
		}
		m.learnedMACs.With(l).Set(number)
	}
	if n < end {
		s.from[p], s.high[p] = n, end
		return work
	}
	delete(s.from, p)
	if s.high[p] = len(list); len(list) == 0 {
		delete(s.high, p)
	}
	return work
}
