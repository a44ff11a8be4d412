package exchange

import (
	"bytes"
	"net"
	"testing"
	"time"
)

// A capture server is told of the messages of phones.
func TestMessagesAreCopied(t *testing.T) {
	server, err := net.ListenPacket("udp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	k := prepareTrial(t, "[house]\nexten => 100,1,Answer()\n")
	k.write("hep.conf", "[general]\ncapture_address="+server.LocalAddr().String()+"\nuuid_type=channel\n")
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	p := k.phone("ana")
	_ = server.SetReadDeadline(time.Now().Add(patient))
	p.call("100")
	packet := make([]byte, 65536)
	until := func(want ...string) {
		t.Helper()
		for {
			n, _, err := server.ReadFrom(packet)
			if err != nil {
				t.Fatalf("no packet has %q: %v", want, err)
			}
			found := bytes.HasPrefix(packet, []byte("HEP3"))
			for _, text := range want {
				found = found && bytes.Contains(packet[:n], []byte(text))
			}
			if found {
				return
			}
		}
	}
	until("INVITE sip:100@")
	until("SIP/2.0 200 OK", "CSeq: ")
	until("BYE sip:", "PJSIP/ana-00000000") // the dialplan ends, and the leg with it
	k.write("hep.conf", "[general]\nenabled=no\n")
	k.execute("module reload res_hep")
	if k.capture.sender.Load() != nil || k.capture.deafen != nil {
		t.Error("copies go on")
	}
}
