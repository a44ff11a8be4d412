package rtp

import (
	"net/netip"
	"testing"

	"github.com/pion/rtcp"
)

// Packets of RTCP are told of apart from those of RTP, as their header has them.
func TestTraceOfControl(t *testing.T) {
	from := netip.MustParseAddrPort("192.0.2.1:4001")
	var told []Controlled
	tr := &Trace{Controlled: func(c Controlled) { told = append(told, c) }, Line: func(Way, Passed) { t.Error("told of RTP") }}
	report := &Report{SSRC: 7, Sender: true, To: from, Blocks: make([]ReportBlock, 2)}
	all := func() {
		tr.heard(&rtcp.SenderReport{SSRC: 7, Reports: make([]rtcp.ReceptionReport, 2)}, from, report, 8000)
		tr.heard(rtcp.NewCNAMESourceDescription(9, "me"), from, nil, 0)
		tr.heard(&rtcp.PictureLossIndication{SenderSSRC: 11, MediaSSRC: 7}, from, nil, 0)
		tr.reported(report, 8000)
	}
	all()
	tr.All() // RTP
	all()
	if len(told) > 0 {
		t.Fatalf("told of %+v before anybody wanted to know", told)
	}
	tr.Off()
	tr.Control.Of(netip.AddrPortFrom(from.Addr(), 0))
	all()
	want := []Controlled{{Got, from, 200, 2, 7, report, 8000}, {Got, from, 202, 1, 9, nil, 0}, {Got, from, 206, 1, 11, nil, 0}, {Sent, from, 200, 2, 7, report, 8000}}
	if len(told) != len(want) {
		t.Fatalf("told of %d packets, want %d", len(told), len(want))
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("told of %+v, want %+v", told[i], want[i])
		}
	}
	tr.Control.Off()
	all()
	(*Trace)(nil).heard(&rtcp.Goodbye{}, from, nil, 0)
	if len(told) != len(want) {
		t.Error("told of more after the end")
	}
}
