package sip

// An Order tells by a header's name where it stands in a request of a method, or with
// the method "" in a response: those with lower numbers before, those with one number as they were added. It takes no
// part in what a message means: RFC 3261 §7.3.1 leaves the order of headers free.
// Programs that compare messages, and people that read them, expect one.
type Order func(method, name string) int

// mostOrdered is how many headers are put in order; those beyond stand before them.
const mostOrdered = 64

// append appends headers, and then more of them, but no Content-Length. A nil Order
// leaves them as they are.
func (o Order) append(b []byte, method string, headers, more []Header) []byte {
	var places [mostOrdered]place
	n := 0
	for _, list := range [2][]Header{headers, more} {
		for i := range list {
			h := &list[i]
			if h.kind() == kindLength {
				continue
			}
			if o == nil || n == mostOrdered {
				b = h.appendTo(b)
				continue
			}
			at, rank := n, o(method, h.Name)
			for ; at > 0 && places[at-1].rank > rank; at-- {
				places[at] = places[at-1]
			}
			places[at] = place{h, rank}
			n++
		}
	}
	for _, p := range places[:n] {
		b = p.header.appendTo(b)
	}
	return b
}

type place struct {
	header *Header
	rank   int
}
