package traffic

import (
	"fmt"
	"net/netip"
	"time"
)

// dialog is a call of a [Crew] or a [Crowd] as its requests need it (RFC 3261 §12).
type dialog struct {
	id            string // Call-ID
	local, remote string // the values of From and To in our requests
	target        string // the other side's Contact
	cseq          int
	last          []byte // the request that waits for its answer; nil: none
	began, sent   time.Time
}

// message writes a request of the dialog, of the transaction of another method: that of an
// ACK is INVITE's where the answer was a refusal (RFC 3261 §17.1.1.3).
func (d *dialog) message(s *socket, method, transaction string, cseq int, extra string, body []byte) []byte {
	b := fmt.Appendf(make([]byte, 0, 900), "%[1]s %[2]s SIP/2.0\r\nVia: SIP/2.0/UDP %[3]s;rport;branch=z9hG4bK-%[4]s-%[5]d%[10]s\r\nMax-Forwards: 70\r\n"+
		"From: %[6]s\r\nTo: %[7]s\r\nCall-ID: %[4]s\r\nCSeq: %[5]d %[1]s\r\n%[8]sContent-Length: %[9]d\r\n\r\n",
		method, d.target, s.local, d.id, cseq, d.local, d.remote, extra, len(body), transaction)
	return append(b, body...)
}

// ask sends a request that has to be answered.
func (d *dialog) ask(s *socket, method, extra string, body []byte) {
	d.cseq++
	now := time.Now()
	d.last, d.began, d.sent = d.message(s, method, method, d.cseq, extra, body), now, now
	s.send(d.last, s.server)
}

// repeat sends a request again that was not answered for long, and says when that is to end.
func (d *dialog) repeat(s *socket, now time.Time) (givenUp bool) {
	switch {
	case d.last == nil:
	case now.Sub(d.began) > giveUpAfter:
		d.last = nil
		return true
	case now.Sub(d.sent) > repeatAfter:
		d.sent = now
		s.send(d.last, s.server)
	}
	return false
}

// finalAnswer is an answer that is sent until it is acknowledged.
type finalAnswer struct {
	text        []byte // nil once it is acknowledged
	to          netip.AddrPort
	began, sent time.Time
}

func (a *finalAnswer) send(s *socket, text []byte, to netip.AddrPort) {
	now := time.Now()
	*a = finalAnswer{text: text, to: to, began: now, sent: now}
	s.send(text, to)
}

func (a *finalAnswer) repeat(s *socket, now time.Time) {
	if a.text != nil && now.Sub(a.sent) > repeatAfter && now.Sub(a.began) < giveUpAfter {
		a.sent = now
		s.send(a.text, a.to)
	}
}
