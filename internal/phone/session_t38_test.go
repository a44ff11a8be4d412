package phone

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/udptl"
	"github.com/octothorpe/octothorpe/sip"
)

const faxOfPhones = callPJSIP + `context=incoming
[fax]
type=endpoint
context=incoming
allow=!all,ulaw
t38_udptl=yes
`

// faxBody describes a call that is fax.
func faxBody(port, correction string) string {
	return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=image " + port + " udptl t38\r\n" +
		"a=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\na=T38FaxFillBitRemoval\r\na=T38FaxRateManagement:transferredTCF\r\n" +
		"a=T38FaxMaxDatagram:400\r\n" + correction
}

// faxing is a call that came in, with ports for fax.
func faxing(t *testing.T) (*softphone, *channel.Channel, *sip.Message) {
	t.Helper()
	d, legs := exchanging(t, PJSIP, faxOfPhones)
	m := *d.media.Load()
	var err error
	if m.FaxPorts, err = udptl.NewPorts(32000, 32999, false); err != nil {
		t.Fatal(err)
	}
	d.SetMedia(m)
	return taken(t, d, legs)
}

// taken is a call of a phone for fax that came in and is answered, with that answer.
func taken(t *testing.T, d *Driver, legs <-chan *channel.Channel) (p *softphone, c *channel.Channel, ok *sip.Message) {
	t.Helper()
	p = newSoftphone(t, d)
	p.invite("999", "fax", "X-Test: yes")
	c = ended(t, <-legs)
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	ok = p.answered(p.cseq)
	p.numbered(ok, sip.Ack, p.cseq, "")
	acknowledged(t, c)
	return p, c, ok
}

// signals are the steps of fax that a leg tells.
func signals(c *channel.Channel) chan media.Fax {
	steps := make(chan media.Fax, 10)
	c.SetSink(func(f media.Frame) {
		if f.Signal == media.T38 && f.Kind == media.Control {
			steps <- f.Value.(media.Fax)
		}
	})
	return steps
}

func within[T any](t *testing.T, from chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(5 * time.Second):
		t.Fatal("nothing came")
	}
	return v
}

// A phone that wants fax is answered when the other leg of the call has agreed, with
// what that one can; then packets go on, each as its side wants them.
func TestFaxIsAgreedUponByBothLegs(t *testing.T) {
	p, c, ok := faxing(t)
	fax := newUDP(t)
	steps := signals(c)
	p.cseq++
	p.numbered(ok, sip.Invite, p.cseq, faxBody(portText(fax), "a=T38FaxUdpEC:t38UDPRedundancy\r\n"))
	wanted := within(t, steps)
	if want := (media.Fax{Step: media.FaxWanted, Rate: 14400, Fill: true, LongestIFP: 91}); wanted != want {
		t.Fatalf("the other leg hears %+v, want %+v", wanted, want)
	}
	if got := c.Leg().(*session).faxState(); got != "REMOTE_REINVITE" {
		t.Errorf("meanwhile the state is %s", got)
	}
	if err := c.Indicate(media.Frame{Signal: media.T38, Value: media.Fax{Step: media.FaxAgreed, Rate: 9600, LongestIFP: 200}}); err != nil {
		t.Fatal(err)
	}
	body := string(p.answered(p.cseq).Body)
	p.numbered(ok, sip.Ack, p.cseq, "")
	for _, want := range []string{"udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:9600\r\na=T38FaxRateManagement:transferredTCF\r\n" +
		"a=T38FaxMaxDatagram:855\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"} {
		if !strings.HasSuffix(body, want) {
			t.Errorf("the answer is\n%s\nwant it to end\n%s", body, want)
		}
	}
	for _, ifp := range []string{"one", "two"} {
		if err := c.Write(media.Frame{Kind: media.VideoFrame, Stream: streamNumber("image", 0), Data: []byte(ifp)}); err != nil {
			t.Fatal(err)
		}
	}
	buffer := make([]byte, 100)
	for _, want := range []string{"\x00\x00\x03one\x00\x00", "\x00\x01\x03two\x00\x01\x03one"} {
		_ = fax.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := fax.Read(buffer)
		if err != nil || string(buffer[:n]) != want {
			t.Errorf("%q (%v) came, want %q", buffer[:n], err, want)
		}
	}
	heard := make(chan string, 5)
	c.SetSink(func(f media.Frame) {
		if f.Kind == media.VideoFrame {
			heard <- string(f.Data)
		}
	})
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: c.Leg().(*session).fax().stream.Port()}
	if _, err := fax.WriteToUDP([]byte("\x00\x07\x01x\x00\x01\x01w"), to); err != nil {
		t.Fatal(err)
	}
	if got := within(t, heard); got != "x" {
		t.Errorf("%q came of the phone, want x", got)
	}
	steps = signals(c)
	p.cseq++
	p.numbered(ok, sip.Invite, p.cseq, offer)
	if body := string(p.answered(p.cseq).Body); !strings.Contains(body, "m=audio") {
		t.Errorf("back to sound:\n%s", body)
	}
	if got := within(t, steps); got.Step != media.FaxFinished {
		t.Errorf("the other leg hears %+v", got)
	}
}

// Where the other leg can't, the phone is refused, and the call goes on.
func TestFaxIsRefusedByTheOtherLeg(t *testing.T) {
	p, c, ok := faxing(t)
	steps := signals(c)
	p.cseq++
	p.numbered(ok, sip.Invite, p.cseq, faxBody("9", ""))
	within(t, steps)
	if err := c.Indicate(media.Frame{Signal: media.T38, Value: media.Fax{Step: media.FaxRefused}}); err != nil {
		t.Fatal(err)
	}
	p.until(488)
	if c.HungUp() {
		t.Error("the call is over")
	}
	if got := c.Leg().(*session).faxState(); got != "DISABLED" {
		t.Errorf("the state is %s", got)
	}
}

// A leg that is asked by the other re-invites its phone, and goes back to sound when
// it is left alone.
func TestFaxIsOfferedForTheOtherLeg(t *testing.T) {
	p, c, _ := faxing(t)
	steps := signals(c)
	if err := c.Indicate(media.Frame{Signal: media.T38, Value: media.Fax{Step: media.FaxWanted, Rate: 14400, LongestIFP: 278}}); err != nil {
		t.Fatal(err)
	}
	r := p.asked(sip.Invite)
	if body := string(r.Body); !strings.Contains(body, "\r\nm=image ") || !strings.HasSuffix(body, "a=T38FaxMaxDatagram:299\r\n") {
		t.Errorf("the offer is\n%s", body)
	}
	p.sdp(r, faxBody("9", ""))
	if got := within(t, steps); got.Step != media.FaxAgreed || got.LongestIFP != 373 {
		t.Errorf("the other leg hears %+v", got)
	}
	p.asked(sip.Ack)
	c.Leg().(channel.Stepping).Bridged(false)
	if body := string(p.asked(sip.Invite).Body); !strings.Contains(body, "m=audio") {
		t.Errorf("left alone it offers\n%s", body)
	}
}

// An endpoint without T.38 refuses both at once.
func TestNoFaxWithoutTheOption(t *testing.T) {
	p, c, ok := faxing(t)
	c.Leg().(*session).endpoint.T38.UDPTL = false
	steps := signals(c)
	if err := c.Indicate(media.Frame{Signal: media.T38, Value: media.Fax{Step: media.FaxWanted}}); err != nil {
		t.Fatal(err)
	}
	if got := within(t, steps); got.Step != media.FaxRefused {
		t.Errorf("the other leg hears %+v", got)
	}
	p.cseq++
	p.numbered(ok, sip.Invite, p.cseq, faxBody("9", ""))
	p.until(488)
}

// A phone that hangs up before its wish for fax was answered ends its call, and that
// wish with it.
func TestFaxThatIsWaitedForEndsWithTheCall(t *testing.T) {
	p, c, ok := faxing(t)
	steps := signals(c)
	p.cseq++
	p.numbered(ok, sip.Invite, p.cseq, faxBody("9", ""))
	within(t, steps)
	p.cseq++
	p.numbered(ok, sip.Bye, p.cseq, "")
	p.first(func(m *sip.Message) bool { return m.Status == 487 }, "487")
	select {
	case <-c.Context().Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the call goes on")
	}
	if panicked := c.Registry().Contain("hang-up", func() { c.Leg().Hangup(channel.CauseNormalClearing) }); panicked {
		t.Error("its end panics")
	}
}

// A phone behind a NAT gets its fax where its sound comes from, if t38pt_usertpsource
// says so, whatever it calls itself.
func TestFaxFollowsSound(t *testing.T) {
	for _, follows := range []string{"yes", "no"} {
		t.Run(follows, func(t *testing.T) {
			d, legs := exchanging(t, SIP, "nat=comedia\nt38pt_udptl=yes\nt38pt_usertpsource="+follows+"\n[fax]\ntype=friend\ncontext=incoming\nhost=dynamic\n")
			m := *d.media.Load()
			var err error
			if m.FaxPorts, err = udptl.NewPorts(33000, 33999, false); err != nil {
				t.Fatal(err)
			}
			d.SetMedia(m)
			p, c, ok := taken(t, d, legs)
			sound := newUDP(t)
			told, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2), Port: sound.LocalAddr().(*net.UDPAddr).Port})
			if err != nil {
				t.Fatal(err)
			}
			defer told.Close()
			steps := signals(c)
			p.cseq++
			p.numbered(ok, sip.Invite, p.cseq, strings.ReplaceAll(faxBody(portText(sound), ""), "127.0.0.1", "127.0.0.2"))
			within(t, steps)
			if err := c.Indicate(media.Frame{Signal: media.T38, Value: media.Fax{Step: media.FaxAgreed, Rate: 9600, LongestIFP: 200}}); err != nil {
				t.Fatal(err)
			}
			p.answered(p.cseq)
			p.numbered(ok, sip.Ack, p.cseq, "")
			if err := c.Write(media.Frame{Kind: media.VideoFrame, Stream: streamNumber("image", 0), Data: []byte("one")}); err != nil {
				t.Fatal(err)
			}
			to := choose(follows == "yes", sound, told)
			_ = to.SetReadDeadline(time.Now().Add(5 * time.Second))
			if n, err := to.Read(make([]byte, 100)); err != nil || n == 0 {
				t.Errorf("at %s nothing came: %v", to.LocalAddr(), err)
			}
		})
	}
}
