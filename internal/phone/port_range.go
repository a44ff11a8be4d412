package phone

import (
	"sync"

	"github.com/octothorpe/octothorpe/internal/rtp"
)

// portRanges are the RTP ports of endpoints that have a range of their own
// (rtp_port_start and rtp_port_end), which those of the same range share.
type portRanges struct {
	mu  sync.Mutex // a leaf
	own map[[2]int]*rtp.Ports
}

// portsFor are the ports of an endpoint's calls: its own, or else the common ones.
func (d *Driver) portsFor(e *Endpoint, common *rtp.Ports) *rtp.Ports {
	if e.RTPPortStart <= 0 || e.RTPPortEnd <= 0 {
		return common
	}
	r := &d.ranges
	key := [2]int{e.RTPPortStart, e.RTPPortEnd}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.own[key]; p != nil {
		return p
	}
	p, err := rtp.NewPorts(e.RTPPortStart, e.RTPPortEnd)
	if err != nil {
		d.log.Warn("an endpoint's range of RTP ports is of no use", "endpoint", e.Name, "error", err)
		return common
	}
	if r.own == nil {
		r.own = map[[2]int]*rtp.Ports{}
	}
	r.own[key] = p
	return p
}
