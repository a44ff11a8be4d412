package phone

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/sip"
)

// A phone that answers before Call has returned gets a BYE like any other.
func TestAnAnswerInNoTime(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	m, _ := load(t, PJSIP, "[udp]\ntype=transport\nbind=127.0.0.1:0\n[quick]\ntype=endpoint\naors=quick\nallow=!all,ulaw\n"+
		"[quick]\ntype=aor\ncontact=sip:quick@"+conn.LocalAddr().String()+"\n")
	m.Transports[0].anyPort()
	ports, err := rtp.NewPorts(20000, 30000)
	if err != nil {
		t.Fatal(err)
	}
	bus := event.NewBus()
	d := New(Config{Model: m, Bus: bus, MediaSettings: MediaSettings{Ports: ports}, Registry: channel.NewRegistry(bus, slog.New(slog.DiscardHandler), "")})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Stop(context.Background()) }()
	c, err := d.Request(t.Context(), channel.Request{Destination: "quick"})
	if err != nil {
		t.Fatal(err)
	}
	up := make(chan struct{})
	d.stack.SetTrace(func(sent bool, way sip.Source, text []byte) {
		r, err := sip.Parse(text)
		if err != nil || !sent || r.Method != sip.Invite {
			return
		}
		ok := sip.NewResponse(r, 200, "", "quick")
		ok.Add("Contact", "<sip:quick@"+conn.LocalAddr().String()+">")
		ok.SetBody("application/sdp", []byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"))
		if _, err := conn.WriteToUDPAddrPort(ok.AppendTo(nil), way.Transport.Local()); err != nil {
			t.Error(err)
		}
		go func() {
			defer close(up)
			for f, err := c.Read(t.Context()); err == nil; f, err = c.Read(t.Context()) {
				if f.Signal == media.Answered {
					return
				}
			}
		}()
		<-up // the INVITE is still being sent
	})
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Hangup(channel.CauseNormalClearing)
	c.End()
	buffer := make([]byte, 65536)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatal("the phone was never told that the call is over")
		}
		if r, err := sip.Parse(buffer[:n]); err == nil && r.Method == sip.Bye {
			return
		}
	}
}
