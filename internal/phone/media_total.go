package phone

import "github.com/octothorpe/octothorpe/internal/rtp"

// Media counts what all calls of a driver since its start received and sent by RTP.
type Media struct {
	PacketsReceived, OctetsReceived uint64
	PacketsSent, OctetsSent         uint64
	// Packets that came and were not taken, by why not; see rtp.Stats.
	Undeciphered, Malformed, Strange, Unmapped, Held uint64
}

func (m *Media) add(s rtp.Stats) {
	m.PacketsReceived += s.Packets
	m.OctetsReceived += s.Octets
	m.PacketsSent += s.SentPackets
	m.OctetsSent += s.SentOctets
	m.Undeciphered += s.Undeciphered
	m.Malformed += s.Malformed
	m.Strange += s.Strange
	m.Unmapped += s.Unmapped
	m.Held += s.Held
}

// Media returns the totals until now.
func (d *Driver) Media() Media {
	h := d.house
	h.mu.Lock()
	total := h.past
	list := make([]*session, 0, len(h.open))
	for s := range h.open {
		list = append(list, s)
	}
	h.mu.Unlock()
	for _, s := range list {
		total.add(s.audio.Stats())
	}
	return total
}
