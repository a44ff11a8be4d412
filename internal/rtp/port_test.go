package rtp

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestPortsAreGivenOnceAndRest(t *testing.T) {
	p, err := NewPorts(20001, 20009)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint16]bool{}
	var order []uint16
	for {
		_, port, ok := p.take(loopback)
		if !ok {
			break
		}
		if port%2 != 0 || port < 20002 || port > 20008 || seen[port] {
			t.Errorf("port %d", port)
		}
		seen[port] = true
		order = append(order, port)
	}
	if len(order) != 4 {
		t.Errorf("%d pairs in 20001-20009, want 4", len(order))
	}
	for _, port := range order {
		p.put(loopback, port)
	}
	if _, port, _ := p.take(loopback); port != order[0] {
		t.Errorf("port %d, want %d, which rested longest", port, order[0])
	}
	if n := p.Free(netip.MustParseAddr("127.0.0.2")); n != 4 {
		t.Errorf("%d free on another address, want 4", n)
	}
	for _, wrong := range [][2]int{{20000, 20000}, {20001, 20002}, {10, 20}, {20000, 70000}, {30000, 20000}} {
		if _, err := NewPorts(wrong[0], wrong[1]); err == nil {
			t.Errorf("range %v was taken", wrong)
		}
	}
}

// TestPortsOfOthersAreSkipped: another program holds the RTCP port of one pair.
func TestPortsOfOthersAreSkipped(t *testing.T) {
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	held := other.LocalAddr().(*net.UDPAddr).Port &^ 1
	p, err := NewPorts(held, held+3)
	if err != nil {
		t.Skip("the system gave a port at the end of its range")
	}
	rtp, rtcp, port, err := p.listen(loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer rtp.close()
	defer rtcp.close()
	if int(port) != held+2 {
		t.Errorf("port %d, want %d", port, held+2)
	}
	if _, _, _, err := p.listen(loopback); err == nil {
		t.Error("a pair was bound that another program holds")
	}
	if n := p.Free(loopback); n != 1 {
		t.Errorf("%d pairs left, want the one that is held elsewhere", n)
	}
	p.take(loopback)
	if _, _, _, err := p.listen(loopback); !errors.Is(err, ErrNoPort) {
		t.Errorf("with nothing left: %v", err)
	}
}

// All even ports of a range are given, whether or not their next is in it.
func TestPortsOfARange(t *testing.T) {
	for _, test := range []struct{ low, high, want int }{{10000, 10004, 3}, {10000, 10005, 3}, {9999, 10004, 3}, {9999, 10005, 3}, {9999, 10003, 2}} {
		p, err := NewPorts(test.low, test.high)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Free(netip.IPv4Unspecified()); got != test.want {
			t.Errorf("%d-%d holds %d pairs, want %d", test.low, test.high, got, test.want)
		}
	}
}
