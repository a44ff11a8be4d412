package udptl

// history is how many packets are kept, to recover others or to send them again.
const history = 16

// intake puts what arrives in order. It belongs to the reader.
type intake struct {
	started bool
	next    uint16 // that is to be handed over next
	kept    map[uint16][]byte
	lost    uint64
}

// take takes a packet and returns the IFP packets that are to be handed over, in order.
// Those that nothing recovers are left out.
func (n *intake) take(p *packet) (out [][]byte) {
	if !n.started {
		n.started, n.next, n.kept = true, p.sequence, map[uint16][]byte{}
	}
	ahead := int16(p.sequence - n.next)
	if ahead > history || ahead < -history { // the other side began anew
		n.next, n.kept, ahead = p.sequence, map[uint16][]byte{}, 0
	}
	n.kept[p.sequence] = clone(p.primary)
	for i, v := range p.repeated {
		if s := p.sequence - uint16(i) - 1; len(v) > 0 && n.kept[s] == nil {
			n.kept[s] = clone(v)
		}
	}
	n.byParity(p)
	for ; int16(p.sequence-n.next) >= 0; n.next++ {
		if v := n.kept[n.next]; v != nil {
			out = append(out, v)
		} else {
			n.lost++
		}
	}
	for s := range n.kept {
		if int16(n.next-s) > 2*history {
			delete(n.kept, s)
		}
	}
	return out
}

// byParity recovers what the parities of a packet allow: each is of span packets that
// lie as far apart as there are parities, the first of the oldest.
func (n *intake) byParity(p *packet) {
	apart := uint16(len(p.parity))
	for i, parity := range p.parity {
		missing, absent := 0, uint16(0)
		have := [][]byte{parity}
		for k := range p.span {
			s := p.sequence + uint16(i) - apart - uint16(k)*apart
			if v := n.kept[s]; v != nil {
				have = append(have, v)
			} else {
				missing, absent = missing+1, s
			}
		}
		if missing == 1 {
			n.kept[absent] = trimmed(xor(have...))
		}
	}
}

// trimmed cuts off the zeros with which a parity filled up a packet. A real one never
// ends with more of them than one: the last octet of an IFP packet may be zero.
func trimmed(b []byte) []byte {
	for len(b) > 1 && b[len(b)-1] == 0 && b[len(b)-2] == 0 {
		b = b[:len(b)-1]
	}
	return b
}

func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

// outlet numbers what is sent and keeps what goes along with later packets.
type outlet struct {
	sequence uint16
	kept     [][]byte // the packets before, the last one first
}

// next makes the packet of an IFP packet.
func (o *outlet) next(ifp []byte, by Correction, entries, span int) *packet {
	p := &packet{sequence: o.sequence, primary: ifp}
	o.sequence++
	switch by {
	case Redundancy:
		p.repeated = o.kept[:min(entries, len(o.kept))]
	case FEC:
		o.parities(p, entries, span)
	}
	o.kept = append([][]byte{clone(ifp)}, o.kept...)
	if len(o.kept) > MostEntries*MostSpan {
		o.kept = o.kept[:MostEntries*MostSpan]
	}
	return p
}

// parities adds parities, each of span packets: as many as there are packets for.
func (o *outlet) parities(p *packet, entries, span int) {
	entries = min(entries, len(o.kept)/span)
	p.fec = true
	if entries == 0 {
		return
	}
	p.span = span
	for i := range entries {
		var list [][]byte
		for k := range span {
			list = append(list, o.kept[entries-i-1+k*entries])
		}
		p.parity = append(p.parity, xor(list...))
	}
}
