package phone

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// What looks into chan_sip's workings has Asterisk 16's columns.
func TestConsoleOfDialogs(t *testing.T) {
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() //nolint:errcheck // of a test
	_, port, _ := net.SplitHostPort(silent.LocalAddr().String())
	m, problems := load(t, SIP, "[general]\nudpbindaddr=127.0.0.1\ntcpenable=yes\ntcpbindaddr=127.0.0.1\nallow=!all,ulaw\n"+
		"[lola]\ntype=friend\nhost=127.0.0.1\nport="+port+"\n[maria]\ntype=friend\nhost=dynamic\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, tr := range m.Transports {
		tr.free = true
	}
	ports, err := rtp.NewPorts(20000, 30000)
	if err != nil {
		t.Fatal(err)
	}
	bus := event.NewBus()
	d := New(Config{Model: m, Bus: bus, MediaSettings: MediaSettings{Ports: ports}, Registry: channel.NewRegistry(bus, slog.New(slog.DiscardHandler), "")})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer d.Stop(context.Background()) //nolint:errcheck // of a test
	show := func(command string) string {
		t.Helper()
		if got, ok := run(t, d, command); ok {
			return got
		}
		t.Fatalf("no command %s", command)
		return ""
	}
	if got, want := show("sip show tcp"), "Address                                         Transport   Type\n"; got != want {
		t.Errorf("no connection:\n%s\nwant\n%s", got, want)
	}
	conn, err := net.Dial("tcp", d.transport("tcp").Local().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // of a test
	ask := strings.ReplaceAll("OPTIONS sip:x@127.0.0.1 SIP/2.0\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1\nFrom: <sip:z@h>;tag=1\nTo: <sip:x@h>\n"+
		"Call-ID: q1\nCSeq: 1 OPTIONS\nMax-Forwards: 70\nContent-Length: 0\n\n", "\n", "\r\n")
	if _, err := conn.Write([]byte(ask)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil { // it is known by now
		t.Fatal(err)
	}
	here := conn.LocalAddr().String()
	if got, want := show("sip show tcp"), "\n"+here+strings.Repeat(" ", 48-len(here))+"TCP       Server\n"; !strings.HasSuffix(got, want) {
		t.Errorf("a connection:\n%s\nwant%s", got, want)
	}
	c, err := d.Request(t.Context(), channel.Request{Destination: "lola"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.End()
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := c.Snapshot().Protocol
	if id == "" {
		t.Fatal("a call without a Call-ID")
	}
	want := "\n  * SIP Call\n  Curr. trans. direction:  Outgoing\n  Call-ID:                " + id + "\n  Owner channel ID:       SIP/lola-00000000\n" +
		"  Our Codec Capability:   (ulaw)\n  Non-Codec Capability (DTMF):   1\n"
	if got := show("sip show channel " + id[:5]); !strings.HasPrefix(got, want) || !strings.Contains(got, "\n  Peername:               lola\n") {
		t.Errorf("the call:\n%s\nwant\n%s", got, want)
	}
	if got, want := show("sip show channel nosuch"), "No such SIP Call ID starting with 'nosuch'\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	objects := show("sip show objects")
	for _, want := range []string{"-= Peer objects: 2 static, 0 realtime, 1 autocreate =-\n\n", "name: maria\ntype: peer\nobjflags: 0\nrefcount: 1\n\n",
		"-= Peer objects by IP =-\n\nname: lola\n", "-= Registry objects: 0 =-\n\n-= Dialog objects:\n\nname: " + id + "\ntype: dialog\n"} {
		if !strings.Contains(objects, want) {
			t.Errorf("objects:\n%s\nlack\n%s", objects, want)
		}
	}
	ran := make(chan struct{})
	for range 2 {
		d.clock.after(0, func() { ran <- struct{}{} })
	}
	<-ran
	<-ran
	if got := show("sip show sched"); !strings.HasPrefix(got, "\n Highwater = ") || !strings.Contains(got, "\n schedcnt = 0\n    retrans_pkt : 0\n") {
		t.Errorf("nothing waits:\n%s", got)
	}
}
