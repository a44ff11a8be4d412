package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// A phone that we called and that asks for an offer has its answer in ACK, which is
// heeded as that of a phone that called us.
func TestAnswerInTheACKOfWhoWasCalled(t *testing.T) {
	d, _ := exchanging(t, PJSIP, callPJSIP)
	p := newSoftphone(t, d)
	leg, r := call(t, d, p)
	p.respond(r, 200, "x", offer)
	await(t, leg, event.Up)
	p.callID = r.CallID
	number := int(r.CSeq.Number) + 100
	dialog := sip.NewResponse(r, 200, "", "x")
	for i, h := range dialog.Headers {
		switch h.Name {
		case "From":
			dialog.Headers[i].Value = r.Get("To") + ";tag=x"
		case "To":
			dialog.Headers[i].Value = r.Get("From")
		}
	}
	p.numbered(dialog, sip.Invite, number, "")
	if ok := p.answered(number); len(ok.Body) == 0 {
		t.Fatalf("no offer in\n%s", ok)
	}
	p.numbered(dialog, sip.Ack, number, "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 0\r\n")
	eventually(t, func() bool {
		got, _ := leg.Leg().(channel.Informer).Item("rtp,dest")
		return got == "127.0.0.1:40002"
	})
}
