package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/sip"
)

// A life is a call from beginning to end, as a phone and the owner of the leg play it.
type life struct {
	name  string
	owner func(c *channel.Channel) // of a leg that comes in, until it only waits for the end
	phone func(p *softphone, d *Driver, t *testing.T)
}

// says sends a request of the dialog that a response made, or with nil of none.
func (p *softphone) says(method string, number int, of *sip.Message, headers ...string) {
	p.t.Helper()
	tag := ""
	if of != nil {
		tag = ";tag=" + of.To.Tag()
	}
	body := ""
	if i := strings.Index(strings.Join(headers, "\n"), "\n\n"); i >= 0 {
		all := strings.Join(headers, "\n")
		headers, body = strings.Split(all[:i], "\n"), all[i+2:]
	}
	text := fmt.Sprintf("%s sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=%s\r\nMax-Forwards: 70\r\nFrom: \"Tom\" <sip:trunk@127.0.0.1>;tag=a\r\n"+
		"To: <sip:1@127.0.0.1>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <%s>\r\n", method, p.conn.LocalAddr(), p.branch(method), tag, p.callID, number, method, p.contact())
	for _, h := range headers {
		text += h + "\r\n"
	}
	text += fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	if _, err := (sender{p}).Write([]byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

// branch is that of the INVITE for what belongs to its transaction.
func (p *softphone) branch(method string) string {
	if method == sip.Invite || method == sip.Cancel {
		return "z9hG4bKfirst" + p.callID
	}
	return sip.NewBranch()
}

// begins sends the first INVITE, with an offer.
func (p *softphone) begins() {
	p.cseq = 1
	p.says(sip.Invite, 1, nil, "Content-Type: application/sdp", "", offer)
}

// got waits for a response to a request with a status.
func (p *softphone) got(method string, status int) *sip.Message {
	p.t.Helper()
	for {
		_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := p.conn.ReadFromUDP(p.buffer)
		if err != nil {
			p.t.Fatalf("no %d to %s: %v", status, method, err)
		}
		m, err := sip.Parse(p.buffer[:n])
		if err != nil {
			p.t.Fatal(err)
		}
		if !m.IsRequest() && m.CSeq.Method == method && m.Status == status {
			return m
		}
	}
}

func answers(c *channel.Channel) { _ = c.Answer() }
func rings(c *channel.Channel) {
	_ = c.Indicate(media.Frame{Kind: media.Control, Signal: media.Ringing})
}
func progresses(c *channel.Channel) {
	_ = c.Indicate(media.Frame{Kind: media.Control, Signal: media.Progress})
}
func waits(*channel.Channel) {}

// calls has the driver call a phone, which plays its part, and hangs up when the phone says so.
func calls(play func(p *softphone, c *channel.Channel, r *sip.Message)) func(p *softphone, d *Driver, t *testing.T) {
	return func(p *softphone, d *Driver, t *testing.T) {
		c, err := d.Request(t.Context(), channel.Request{Destination: "trunk/" + p.contact()})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Leg().Call(t.Context()); err != nil {
			t.Fatal(err)
		}
		play(p, c, p.expect(sip.Invite))
		c.Hangup(channel.CauseNormalClearing)
		c.End()
	}
}

func hangup(c *channel.Channel) { c.Hangup(channel.CauseNormalClearing); c.End() }

// lives are the ways in which calls go, most of them wrong.
var lives = []life{
	{"cancelled before it rings", waits, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		p.got(sip.Invite, 100)
		p.says(sip.Cancel, 1, nil)
		p.got(sip.Invite, 487)
	}},
	{"cancelled while early media flows", progresses, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		p.got(sip.Invite, 183)
		p.says(sip.Cancel, 1, nil)
		p.got(sip.Invite, 487)
	}},
	{"CANCEL crosses the 200", answers, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		ok := p.got(sip.Invite, 200)
		p.says(sip.Cancel, 1, nil)
		p.says(sip.Ack, 1, ok)
		p.says(sip.Bye, 2, ok)
		p.got(sip.Bye, 200)
	}},
	{"CANCEL crosses the 200, and the phone is gone", answers, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		p.got(sip.Invite, 200)
		p.says(sip.Cancel, 1, nil)
	}},
	{"no ACK", answers, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		p.got(sip.Invite, 200)
		p.expect(sip.Bye)
	}},
	{"BYE before the ACK", answers, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		ok := p.got(sip.Invite, 200)
		p.says(sip.Bye, 2, ok)
		p.got(sip.Bye, 200)
	}},
	{"BYE in place of CANCEL", rings, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		ringing := p.got(sip.Invite, 180)
		p.says(sip.Bye, 2, ringing)
		p.got(sip.Bye, 200)
		p.got(sip.Invite, 487)
	}},
	{"refused while early media flows", func(c *channel.Channel) { progresses(c); c.Hangup(channel.CauseUserBusy) }, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		p.got(sip.Invite, 486)
	}},
	{"refused, and the refusal is never acknowledged", func(c *channel.Channel) { c.Hangup(channel.CauseUserBusy) }, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		p.got(sip.Invite, 486)
	}},
	{"nonsense within the call", answers, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		ok := p.got(sip.Invite, 200)
		p.says(sip.Ack, 1, ok, "Content-Type: application/sdp", "", "v=0\r\nnonsense")
		p.says(sip.Update, 2, ok, "Content-Type: application/sdp", "", "m=\r\n")
		p.says(sip.Refer, 3, ok, "Refer-To: <mailto:x>")
		p.says(sip.Refer, 4, ok)
		p.says(sip.Refer, 5, ok, "Refer-To: <sip:nobody@127.0.0.1>")
		p.says(sip.Info, 6, ok, "Content-Type: application/dtmf-relay", "", "Signal")
		p.says("NONSENSE", 7, ok)
		p.says(sip.Bye, 1, ok) // out of order
		p.says(sip.Bye, 8, ok)
		p.got(sip.Bye, 200)
	}},
	{"transferred, and no BYE comes", answers, func(p *softphone, _ *Driver, _ *testing.T) {
		p.begins()
		ok := p.got(sip.Invite, 200)
		p.says(sip.Ack, 1, ok)
		p.says(sip.Refer, 2, ok, "Refer-To: <sip:2@127.0.0.1>")
		p.got(sip.Refer, 202)
		p.says(sip.Bye, 3, ok)
		p.got(sip.Bye, 200)
	}},
	{"called, and never answers", nil, calls(func(*softphone, *channel.Channel, *sip.Message) {})},
	{"called, rings, and is hung up", nil, calls(func(p *softphone, c *channel.Channel, r *sip.Message) {
		p.respond(r, 180, "x", "")
		await(p.t.(*testing.T), c, event.Ringing)
		hangup(c)
		p.respond(p.expect(sip.Cancel), 200, "x", "")
		p.respond(r, 487, "x", "")
	})},
	{"called, and answers after the CANCEL", nil, calls(func(p *softphone, c *channel.Channel, r *sip.Message) {
		p.respond(r, 180, "x", "")
		await(p.t.(*testing.T), c, event.Ringing)
		hangup(c)
		p.respond(p.expect(sip.Cancel), 200, "x", "")
		p.respond(r, 200, "x", offer)
		p.expect(sip.Ack)
		p.respond(p.expect(sip.Bye), 200, "x", "")
	})},
	{"called, rings, and is gone", nil, calls(func(p *softphone, c *channel.Channel, r *sip.Message) {
		p.respond(r, 180, "x", "")
		await(p.t.(*testing.T), c, event.Ringing)
		hangup(c)
		p.expect(sip.Cancel)
	})},
	{"called, and answers without media", nil, calls(func(p *softphone, c *channel.Channel, r *sip.Message) {
		p.respond(r, 200, "x", strings.Replace(offer, "RTP/AVP 0", "RTP/AVP 18", 1))
		p.respond(p.expect(sip.Bye), 200, "x", "")
	})},
	{"called, and wants a password that we have not", nil, calls(func(p *softphone, c *channel.Channel, r *sip.Message) {
		p.answer(r, 401, `WWW-Authenticate: Digest realm="x", nonce="y"`)
		<-c.LegContext().Done()
	})},
	{"called, answers, and is gone", nil, calls(func(p *softphone, c *channel.Channel, r *sip.Message) {
		p.respond(r, 200, "x", offer)
		await(p.t.(*testing.T), c, event.Up)
		hangup(c)
		p.expect(sip.Bye)
	})},
	{"called, answers from two branches, and is gone", nil, calls(func(p *softphone, c *channel.Channel, r *sip.Message) {
		p.respond(r, 180, "z", "")
		p.respond(r, 200, "x", offer)
		p.respond(r, 200, "y", offer)
		await(p.t.(*testing.T), c, event.Up)
	})},
}

// left tells what a driver still has of calls; nothing when the last is over.
func left(d *Driver, ports int) string {
	var all []string
	note := func(n int, what string) {
		if n != 0 {
			all = append(all, fmt.Sprintf("%d %s", n, what))
		}
	}
	d.house.mu.Lock()
	note(len(d.house.open), "sessions")
	d.house.mu.Unlock()
	d.calls.mu.Lock()
	note(len(d.calls.byEndpoint), "counted calls")
	d.calls.mu.Unlock()
	note(ports-d.media.Load().Ports.Free(netip.IPv4Unspecified()), "pairs of ports")
	note(int(d.Metrics().Dialogs.Load()), "dialogs")
	note(d.registry.Count(), "channels")
	return strings.Join(all, ", ")
}

// However a call goes, nothing of it is left: no session, no ports, no dialog, no
// count of the endpoint's calls.
func TestNothingIsLeftOfACall(t *testing.T) {
	for _, l := range lives {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			m, problems := load(t, PJSIP, "[udp]\ntype=transport\nbind=127.0.0.1:0\n"+callPJSIP)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			m.Transports[0].anyPort()
			m.System.TimerT1, m.System.TimerB = 10*time.Millisecond, time.Second // a machine with other work has its pauses
			ports, err := rtp.NewPorts(20000, 30000)
			if err != nil {
				t.Fatal(err)
			}
			bus := event.NewBus()
			var d *Driver
			d = New(Config{Model: m, Bus: bus, MediaSettings: MediaSettings{Ports: ports}, Registry: channel.NewRegistry(bus, slog.New(slog.DiscardHandler), ""), Hooks: Hooks{
				BlindTransfer: func(c *channel.Channel, _ Transfer) error { return errors.New("it talks to nobody") },
				Start: func(c *channel.Channel) {
					d.registry.Go(c.Name(), func() {
						l.owner(c)
						<-c.LegContext().Done()
						c.End()
					})
				}}})
			if err := d.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = d.Stop(context.Background()) }()
			before := ports.Free(netip.IPv4Unspecified())
			l.phone(newSoftphone(t, d), d, t)
			for deadline := time.Now().Add(30 * time.Second); left(d, before) != ""; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("left are %s", left(d, before))
				}
			}
		})
	}
}
