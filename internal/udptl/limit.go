package udptl

// A Limit is how long packets may be: the other side's T38FaxMaxDatagram, or ours,
// and how losses are made up for. The arithmetic leaves a twentieth unused and, for
// redundancy, counts on as few repetitions as leave room for a packet of usefulIFP.
type Limit struct {
	Datagram   int
	Correction Correction
	// Entries is how many packets before, or parities, go along with each at most
	// (udptlfecentries); 0 is three.
	Entries int
}

// The limits where nothing is said, and of what we take.
const (
	DefaultDatagram = 400
	LongestDatagram = 1400
	usefulIFP       = 80
	usualEntries    = 3
	usualSpan       = 3
)

// MostEntries and MostSpan are the largest values of udptlfecentries and udptlfecspan.
const MostEntries, MostSpan = 5, 5

func (l Limit) entries() int {
	if l.Entries > 0 {
		return l.Entries
	}
	return usualEntries
}

// IFP is how long an IFP packet may be that goes in such datagrams, and how many
// packets before it go along.
func (l Limit) IFP() (longest, entries int) {
	part := func(overhead, share int) int { return max(0, (l.Datagram-overhead)*95/100/share) }
	switch l.Correction {
	case FEC:
		return part(14, 2), l.entries()
	case Redundancy:
		for entries = l.entries(); entries > 1; entries-- {
			if longest = part(10+2*entries, 1+entries); longest >= usefulIFP {
				return longest, entries
			}
		}
		return part(12, 2), 1
	}
	return part(7, 1), 0
}

// For is how long datagrams are that carry IFP packets up to a length: what we tell as
// our T38FaxMaxDatagram.
func (l Limit) For(ifp int) int {
	n := ifp + 7
	switch l.Correction {
	case FEC:
		n = 2*ifp + 13
	case Redundancy:
		n = (1+l.entries())*ifp + 15
	}
	return min(n*105/100, LongestDatagram)
}
