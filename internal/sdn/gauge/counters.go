package gauge

import (
	"math"
	"strings"

	"github.com/octothorpe/octothorpe/openflow"
)

// A counter is one number of a port or a meter, by the words of its name.
type counter struct {
	words string // with spaces: packets out
	value uint64
}

// name joins the words, as a database wants it.
func (c counter) name(with string) string { return strings.ReplaceAll(c.words, " ", with) }

// supported is a counter of a switch, or 0: all ones say that it does not count that.
func supported(n uint64) uint64 {
	if n == math.MaxUint64 {
		return 0
	}
	return n
}

// portCounters are those of a port, by the names of Faucet's Gauge.
func portCounters(p openflow.PortStats) []counter {
	return []counter{
		{"packets out", supported(p.TxPackets)}, {"packets in", supported(p.RxPackets)},
		{"bytes out", supported(p.TxBytes)}, {"bytes in", supported(p.RxBytes)},
		{"dropped out", supported(p.TxDropped)}, {"dropped in", supported(p.RxDropped)},
		{"errors out", supported(p.TxErrors)}, {"errors in", supported(p.RxErrors)},
	}
}

// meterCounters are those of a meter; its bands are added up.
func meterCounters(m openflow.MeterStats) []counter {
	var band openflow.Counter
	for _, b := range m.Bands {
		band.Packets += b.Packets
		band.Bytes += b.Bytes
	}
	return []counter{
		{"flow count", uint64(m.Flows)}, {"byte in count", supported(m.BytesIn)}, {"packet in count", supported(m.PacketsIn)},
		{"byte band count", band.Bytes}, {"packet band count", band.Packets},
	}
}
