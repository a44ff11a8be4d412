package phone

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// A peer with keepalive= is sent a line's end now and then, where it is known to be.
func TestKeepalive(t *testing.T) {
	there := newUDP(t)
	other := newUDP(t)
	d, _ := exchanging(t, SIP, fmt.Sprintf(`[general]
udpbindaddr = 127.0.0.1:0
[phone]
type = friend
host = 127.0.0.1
port = %s
keepalive = 60
[quiet]
type = friend
host = 127.0.0.1
port = %s
`, portText(there), portText(other)))
	d.keepAliveLater("phone", time.Millisecond) // or the test would last for a minute
	buffer := make([]byte, 10)
	_ = there.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := there.Read(buffer); err != nil || string(buffer[:n]) != "\r\n" {
		t.Errorf("%q came (%v), want a line's end", buffer[:n], err)
	}
	d.keepalives.mu.Lock()
	_, quiet := d.keepalives.tasks["quiet"]
	next := d.keepalives.tasks["phone"]
	d.keepalives.mu.Unlock()
	if quiet || next == nil || time.Until(next.at) < 50*time.Second {
		t.Errorf("planned for the quiet one: %v, the next %v", quiet, next)
	}
}

// Options of peers whose default [general] gives.
func TestOptionsOfPeers(t *testing.T) {
	m, _ := load(t, SIP, `[general]
qualifypeers = 2
dynamic_exclude_static = yes
keepalive = 30
dtlsenable = yes
sipdebug = yes
[one]
type = friend
host = 192.0.2.1
auth = me:secret@realm
dtlssetup = passive
keepalive = no
timerb = 4000
timert1 = 200
[two]
type = friend
host = dynamic
buggymwi = yes
dtlsenable = no
`)
	if g := m.Global; g.General.QualifyPeers != 2 || g.Debug != "yes" {
		t.Errorf("groups of %d, debug %q", g.General.QualifyPeers, g.Debug)
	}
	one, two := m.Endpoint("one"), m.Endpoint("two")
	if one.Peer.Keepalive != 0 || two.Peer.Keepalive != 30*time.Second {
		t.Errorf("keepalive %v and %v", one.Peer.Keepalive, two.Peer.Keepalive)
	}
	if one.MediaEncryption != "dtls" || one.DTLS.Setup != "passive" || two.MediaEncryption == "dtls" {
		t.Errorf("one has %q by %q, two %q", one.MediaEncryption, one.DTLS.Setup, two.MediaEncryption)
	}
	if list := m.outboundAuths(one); len(list) != 1 || list[0].Realm != "realm" || list[0].Password != "secret" {
		t.Errorf("credentials %v", list)
	}
	if one.Peer.BuggyMWI || !two.Peer.BuggyMWI || one.Peer.T1 != 200*time.Millisecond {
		t.Errorf("buggymwi %v and %v, T1 %v", one.Peer.BuggyMWI, two.Peer.BuggyMWI, one.Peer.T1)
	}
	for address, want := range map[string]bool{"192.0.2.1": false, "192.0.2.2": true} {
		if got := two.ContactACL.Allows(netip.MustParseAddr(address)); got != want {
			t.Errorf("two may register %s: %v, want %v", address, got, want)
		}
	}
}
