package phone

import (
	"fmt"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

func TestBodiesOfAnINVITE(t *testing.T) {
	part := func(head, text string) string { return "--frontier\r\n" + head + "\r\n\r\n" + text + "\r\n" }
	text, sdp, end := part("Content-Type: text/plain", "hello"), part("Content-Type: application/sdp", offer), "--frontier--\r\n"
	for _, test := range []struct {
		name, kind, body string
		status           int
	}{
		{"a description", "Application/SDP;charset=utf-8", offer, 200},
		{"a text", "text/plain", "hello", 415},
		{"the first part", "multipart/mixed;boundary=frontier", sdp + text + end, 200},
		{"the second part", `multipart/mixed; boundary="frontier"`, text + part("Content-Type: application/sdp; x=y\r\nContent-Disposition: session", offer) + end, 200},
		{"an alternative", "multipart/alternative;boundary=frontier", text + sdp + end, 200},
		{"another part must be understood", "multipart/mixed;boundary=frontier", sdp + part("Content-Type: application/ISUP\r\nContent-Disposition: signal;handling=required", "x") + end, 415},
		{"another part need not", "multipart/mixed;boundary=frontier", part("Content-Type: application/ISUP\r\nContent-Disposition: signal;handling=optional", "x") + sdp + end, 200},
		{"no boundary is said", "multipart/mixed", sdp + text + end, 200},
		{"no description among them", "multipart/mixed;boundary=frontier", text + text + end, 415},
		{"another boundary", "multipart/mixed;boundary=other", sdp + end, 415},
		{"not ended", "multipart/mixed;boundary=frontier", text, 415},
		{"of no kind", "multipart/mixed;boundary=frontier", part("Content-Id: 1", offer) + end, 415},
		{"nothing divides", "multipart/mixed", "\r\n\r\n", 415},
		{"nonsense", "multipart/mixed;boundary=frontier", part("Content-Type: application/sdp", "v=nonsense") + end, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, legs := exchanging(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw\n")
			p := newSoftphone(t, d)
			p.inviteWith("1", "tom", test.kind, test.body)
			if test.status == 200 {
				c := ended(t, <-legs)
				if err := c.Answer(); err != nil {
					t.Fatal(err)
				}
				if got := c.Leg().(*session).audio.RemoteAddr().String(); got != "127.0.0.1:40000" {
					t.Errorf("media goes to %s", got)
				}
			}
			r := p.wait()
			if r.Status != test.status || r.Status == 415 && r.Get("Accept") != "application/sdp" {
				t.Errorf("answered\n%s", r)
			}
		})
	}
}

// chan_sip takes a body of another kind for none, and makes the offer itself.
func TestTextInAnINVITEOfChanSIP(t *testing.T) {
	d, legs := exchanging(t, SIP, "")
	p := newSoftphone(t, d)
	p.inviteWith("1", "tom", "text/plain", "hello")
	if err := ended(t, <-legs).Answer(); err != nil {
		t.Fatal(err)
	}
	if r := p.wait(); r.Status != 200 || !strings.Contains(string(r.Body), "m=audio ") {
		t.Errorf("answered\n%s", r)
	}
}

func TestBodiesWithinACall(t *testing.T) {
	d, legs := exchanging(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw\n")
	p := newSoftphone(t, d)
	p.invite("1", "tom", "X-Nothing: 1")
	if err := ended(t, <-legs).Answer(); err != nil {
		t.Fatal(err)
	}
	ok := p.wait()
	p.inDialog(ok, sip.Ack, "", "")
	p.inDialog(ok, sip.Update, "text/plain", "hello")
	if r := p.wait(); r.Status != 415 || r.Get("Accept") != "application/sdp" {
		t.Errorf("a text was answered with\n%s", r)
	}
	p.inDialog(ok, sip.Update, "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\n"+offer+"\r\n--b--\r\n")
	if r := p.wait(); r.Status != 200 || len(r.Body) == 0 {
		t.Errorf("a part was answered with\n%s", r)
	}
}

// inviteWith sends an INVITE with a body.
func (p *softphone) inviteWith(exten, user, kind, body string, headers ...string) {
	p.t.Helper()
	p.cseq++
	p.sendText(fmt.Sprintf("INVITE sip:%[1]s@127.0.0.1 SIP/2.0\r\nFrom: <sip:%[2]s@127.0.0.1>;tag=a\r\nTo: <sip:%[1]s@127.0.0.1>\r\n", exten, user), sip.Invite, kind, body, headers)
}

// inDialog sends a request in the dialog of a response, or its ACK.
func (p *softphone) inDialog(of *sip.Message, method, kind, body string, headers ...string) {
	p.t.Helper()
	if method != sip.Ack {
		p.cseq++
	}
	p.sendText(fmt.Sprintf("%s %s SIP/2.0\r\nFrom: %s\r\nTo: %s\r\n", method, of.Contact.URI, of.Get("From"), of.Get("To")), method, kind, body, headers)
}

func (p *softphone) sendText(head, method, kind, body string, headers []string) {
	p.t.Helper()
	if body != "" {
		headers = append(headers, "Content-Type: "+kind)
	}
	text := head + fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=%s\r\nMax-Forwards: 70\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <%s>\r\n%sContent-Length: %d\r\n\r\n%s",
		p.conn.LocalAddr(), sip.NewBranch(), p.callID, p.cseq, method, p.contact(), strings.Join(append(headers, ""), "\r\n"), len(body), body)
	if _, err := p.conn.WriteToUDP([]byte(text), p.server); err != nil {
		p.t.Fatal(err)
	}
}
