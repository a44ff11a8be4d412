package exchange

import (
	"net"
	"testing"
	"time"
)

// A StatsD server is told of endpoints, and of their legs.
func TestFiguresOfEndpoints(t *testing.T) {
	server, err := net.ListenPacket("udp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	k := prepareTrial(t, "[house]\nexten => 100,1,Answer()\nexten => 100,2,Wait(60)\n")
	k.write("statsd.conf", "[general]\nenabled=yes\nserver="+server.LocalAddr().String()+"\n")
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			k.end()
		}
	}()
	_ = server.SetReadDeadline(time.Now().Add(patient))
	line := make([]byte, 1500)
	until := func(wanted ...string) {
		t.Helper()
		for _, want := range wanted {
			for {
				n, _, err := server.ReadFrom(line)
				if err != nil {
					t.Fatalf("not told of %s: %v", want, err)
				}
				if string(line[:n]) == want {
					break
				}
			}
		}
	}
	until("endpoints.count:+1|g")
	p := k.phone("ana")
	p.register()
	until("endpoints.state.online:+1|g")
	p.call("100")
	until("endpoints.PJSIP.ana.channels:1|g")
	k.execute("channel request hangup all")
	until("endpoints.PJSIP.ana.channels:0|g")
	ended = true
	k.end()
	until("endpoints.state.online:-1|g", "endpoints.count:-1|g")
}
