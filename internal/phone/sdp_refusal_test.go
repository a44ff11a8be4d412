package phone

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// knownHost is a resolver that knows one name.
type knownHost struct{ sip.Resolver }

func (knownHost) LookupAddr(_ context.Context, host string) ([]netip.Addr, error) {
	if host == "phone.example" {
		return []netip.Addr{netip.MustParseAddr("2001:db8::7"), netip.MustParseAddr("192.0.2.7")}, nil
	}
	return nil, errors.New("no such host")
}

// badOffers are changes of an offer, with what Asterisk 22 says to each in the
// INVITE that begins a call, and Asterisk 16's chan_sip.
var badOffers = []struct {
	name, old, new string
	status         int
	warning        flaw
	status16       int
}{
	{"no c=", "c=IN IP4 127.0.0.1\r\n", "", 400, flawNoAddress, 488},
	{"no address", "c=IN IP4 127.0.0.1", "c=IN IP4 999.88.0.2", 488, "", 488},
	{"unknown name", "c=IN IP4 127.0.0.1", "c=IN IP4 no.such.host", 488, "", 488},
	{"bad IPv6", "c=IN IP4 127.0.0.1", "c=IN IP6 zz::1", 488, "", 488},
	{"short c=", "c=IN IP4 127.0.0.1", "c=IN", 400, flawConnection, 488},
	{"other family", "c=IN IP4 127.0.0.1", "c=IN IP5 127.0.0.1", 400, flawConnection, 488},
	{"nothing", offer, "garbage\r\n", 400, flawDescription, 488},
	{"words", offer, "this is not\r\nan sdp\r\n", 400, flawTime, 488},
	{"version", "v=0", "v=1", 400, flawVersion, 0},
	{"no o=", "o=- 1 1 IN IP4 127.0.0.1\r\n", "", 400, flawOrigin, 488},
	{"short o=", "o=- 1 1 IN IP4 127.0.0.1", "o=- 1 1", 400, flawOrigin, 488},
	{"words in o=", "o=- 1 1", "o=- a b", 400, flawOrigin, 0},
	{"no s=", "s=-\r\n", "", 400, flawName, 0},
	{"bad t=", "t=0 0", "t=x", 400, flawTime, 0},
	{"short m=", "m=audio 40000 RTP/AVP 0", "m=audio", 400, flawMedia, 488},
	{"no port", "m=audio 40000", "m=audio xx", 400, flawMedia, 488},
	{"no formats", "RTP/AVP 0", "RTP/AVP", 400, flawFormats, 488},
	{"a without value", "a=sendrecv", "axxx", 400, flawAttribute, 488},
	{"no stream", "m=audio 40000 RTP/AVP 0\r\n", "", 488, "", 488},
	{"a name", "c=IN IP4 127.0.0.1", "c=IN IP4 phone.example", 0, "", 0},
	{"more in c=", "c=IN IP4 127.0.0.1", "c=IN IP4 127.0.0.1 x", 0, "", 0},
	{"c= of the stream", "a=sendrecv", "c=IN IP4 127.0.0.1\r\na=sendrecv", 0, "", 0},
	{"a second description", offer, offer + offer, 0, "", 0},
}

func TestOffersAreRefusedAsOnTheReference(t *testing.T) {
	for _, technology := range []string{PJSIP, SIP} {
		d, _ := exchanging(t, technology, choose(technology == SIP, callSIP, callPJSIP))
		d.names = knownHost{}
		e := d.Model().Endpoint(choose(technology == SIP, "phone", "trunk"))
		for _, test := range badOffers {
			body := strings.Replace(offer, test.old, test.new, 1)
			for _, tag := range []string{"", ";tag=within"} {
				status, reason, warning := test.status, "", ""
				switch {
				case technology == SIP:
					if status = test.status16; status == 488 {
						reason = "Not acceptable here"
					}
				case tag != "" && status == 400:
					status, warning = 415, `390 SIP "Bad SDP"`
				case tag != "" && status == 488:
					warning = `390 SIP "No SDP answer"`
				case status == 400:
					warning = `399 SIP "` + string(test.warning) + `"`
				}
				r := offering(t, body, "application/sdp", tag)
				offer, no := readOffer(d, e, r)
				var a agreed
				if offer != nil {
					a, no = d.agree(e, r, offer)
				}
				if no.status != status || no.reason != reason || no.warning != warning {
					t.Errorf("%s %s%s: %+v, want %d %s, %s", technology, test.name, tag, no, status, reason, warning)
				}
				if status == 0 && test.name == "a name" && a.remote != netip.MustParseAddrPort("192.0.2.7:40000") {
					t.Errorf("%s: media goes to %s", technology, a.remote)
				}
			}
		}
	}
}

// offering is an INVITE with an offer.
func offering(t *testing.T, body, kind, tag string) *sip.Message {
	t.Helper()
	r, err := sip.Parse(fmt.Appendf(nil, "INVITE sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=a\r\n"+
		"To: <sip:1@127.0.0.1>%s\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:a@b>\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", tag, kind, len(body), body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The refusal tells why, on the wire.
func TestARefusedOfferIsExplained(t *testing.T) {
	for kind, want := range map[string]string{
		"application/sdp": `400 Warning: 399 SIP "Missing SDP connection info line (PJMEDIA_SDP_EMISSINGCONN)" Accept: `,
		"text/plain":      "415 Warning:  Accept: application/sdp",
	} {
		d, _ := exchanging(t, PJSIP, callPJSIP)
		p := newSoftphone(t, d)
		r := offering(t, strings.Replace(offer, "c=IN IP4 127.0.0.1\r\n", "", 1), kind, "")
		p.cseq++
		r.Set("Call-ID", p.callID)
		r.Set("CSeq", fmt.Sprint(p.cseq, " INVITE"))
		r.Set("From", "<sip:trunk@127.0.0.1>;tag=a")
		r.Set("Via", "SIP/2.0/UDP "+p.conn.LocalAddr().String()+";rport;branch="+sip.NewBranch())
		if _, err := p.conn.WriteToUDP(r.AppendTo(nil), p.server); err != nil {
			t.Fatal(err)
		}
		a := p.wait()
		if got := fmt.Sprintf("%d Warning: %s Accept: %s", a.Status, a.Get("Warning"), a.Get("Accept")); got != want {
			t.Errorf("%s: got %s, want %s", kind, got, want)
		}
	}
}
