package phone

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/sip"
)

// A phone on TCP whose connection breaks in its call keeps the call; when the
// exchange ends it nothing is left, though nobody hears the BYE.
func TestAConnectionThatBreaksInACall(t *testing.T) {
	m, problems := load(t, PJSIP, "[tcp]\ntype=transport\nprotocol=tcp\nbind=127.0.0.1:0\n"+callPJSIP)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m.Transports[0].anyPort()
	m.System.TimerT1, m.System.TimerB = 10*time.Millisecond, 300*time.Millisecond
	ports, err := rtp.NewPorts(20000, 30000)
	if err != nil {
		t.Fatal(err)
	}
	bus, legs := event.NewBus(), make(chan *channel.Channel, 1)
	d := New(Config{Model: m, Bus: bus, MediaSettings: MediaSettings{Ports: ports}, Registry: channel.NewRegistry(bus, slog.New(slog.DiscardHandler), ""),
		Hooks: Hooks{Start: func(c *channel.Channel) { legs <- c }}})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Stop(context.Background()) }()
	before := ports.Free(netip.IPv4Unspecified())
	conn, err := net.Dial("tcp", d.stack.Transports()[0].Local().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const request = "%s sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP %[2]s;branch=%[3]s\r\nMax-Forwards: 70\r\nFrom: <sip:trunk@127.0.0.1>;tag=a\r\n" +
		"To: <sip:1@127.0.0.1>%[4]s\r\nCall-ID: tcp\r\nCSeq: 1 %[1]s\r\nContact: <sip:me@%[2]s;transport=tcp>\r\nContent-Type: application/sdp\r\nContent-Length: %[5]d\r\n\r\n%[6]s"
	fmt.Fprintf(conn, request, sip.Invite, conn.LocalAddr(), sip.NewBranch(), "", len(offer), offer)
	c := <-legs
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	r := bufio.NewReader(conn)
	tag, ok := "", false
	for tag == "" || !ok { // of the 200, whose first line comes first
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		ok = ok || strings.HasPrefix(line, "SIP/2.0 200")
		if _, after, found := strings.Cut(line, ";tag="); found && ok && strings.HasPrefix(line, "To:") {
			tag = ";tag=" + strings.TrimSpace(after)
		}
	}
	fmt.Fprintf(conn, request, sip.Ack, conn.LocalAddr(), sip.NewBranch(), tag, 0, "")
	conn.Close()
	for deadline := time.Now().Add(5 * time.Second); d.Metrics().Connections.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the connection is still there")
		}
	}
	if c.HungUp() {
		t.Error("the call ended with the connection")
	}
	c.Hangup(channel.CauseNormalClearing)
	c.End()
	for deadline := time.Now().Add(10 * time.Second); left(d, before) != ""; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("left are %s", left(d, before))
		}
	}
}
