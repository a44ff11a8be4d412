package phone

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/udptl"
)

// faxTerms are what an image stream says of T.38 (RFC 3362, T.38 Annex D).
type faxTerms struct {
	media.Fax
	datagram   int
	correction udptl.Correction
	corrected  bool // it says so
}

// faxAttribute reads an a= line of an image stream.
func (t *faxTerms) attribute(name, value string) {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	number := err == nil && n >= 0
	flag := value == "" || n != 0
	switch strings.ToLower(name) {
	case "t38faxversion":
		t.Version = choose(number, n, 0)
	case "t38maxbitrate", "t38faxmaxrate":
		t.Rate = choose(number, n, 0)
	case "t38faxmaxdatagram", "t38maxdatagram":
		t.datagram = choose(number, n, 0)
	case "t38faxfillbitremoval":
		t.Fill = flag
	case "t38faxtranscodingmmr":
		t.MMR = flag
	case "t38faxtranscodingjbig":
		t.JBIG = flag
	case "t38faxratemanagement":
		t.LocalConfinement = strings.EqualFold(strings.TrimSpace(value), "localTCF")
	case "t38faxudpec":
		t.corrected = true
		switch strings.ToLower(strings.TrimSpace(value)) {
		case "t38udpfec":
			t.correction = udptl.FEC
		case "t38udpredundancy":
			t.correction = udptl.Redundancy
		}
	}
}

// lines are our attributes: the terms as the other leg of the call has them, and how
// long datagrams to us may be.
func (t *faxTerms) lines() []string {
	list := []string{fmt.Sprintf("T38FaxVersion:%d", t.Version), fmt.Sprintf("T38MaxBitRate:%d", t.Rate)}
	for _, flag := range []struct {
		on   bool
		name string
	}{{t.Fill, "T38FaxFillBitRemoval"}, {t.MMR, "T38FaxTranscodingMMR"}, {t.JBIG, "T38FaxTranscodingJBIG"}} {
		if flag.on {
			list = append(list, flag.name)
		}
	}
	list = append(list, "T38FaxRateManagement:"+choose(t.LocalConfinement, "localTCF", "transferredTCF"),
		fmt.Sprintf("T38FaxMaxDatagram:%d", t.datagram))
	switch t.correction {
	case udptl.FEC:
		list = append(list, "T38FaxUdpEC:t38UDPFEC")
	case udptl.Redundancy:
		list = append(list, "T38FaxUdpEC:t38UDPRedundancy")
	}
	return list
}

// image finds the stream of T.38 that a description is about, or -1.
func (d *description) image() int {
	for i := range d.streams {
		if s := &d.streams[i]; s.kind == "image" && strings.EqualFold(s.proto, "udptl") && s.fax != nil {
			return i
		}
	}
	return -1
}

// imageStream is our image stream.
func imageStream(port int, t *faxTerms) stream {
	return stream{kind: "image", port: port, proto: "udptl", formats: "t38", more: t.lines()}
}
