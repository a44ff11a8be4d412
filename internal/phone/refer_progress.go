package phone

import (
	"sync"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// A progress tells a phone that transferred its call blindly how it goes on with who
// it transferred (RFC 3515 §2.4.4), until that one talks to somebody or the call fails.
type progress struct {
	session *session
	dialog  *sip.Dialog
	name    string // in Event

	mu   sync.Mutex // a leaf
	over bool
	last media.Signal
}

// tell is a channel.Follow's.
func (p *progress) tell(signal media.Signal) {
	p.mu.Lock()
	before := p.last
	if p.over || signal == before {
		p.mu.Unlock()
		return
	}
	fragment := ""
	switch signal {
	case media.Ringing:
		fragment = "SIP/2.0 180 Ringing"
	case media.Progress:
		fragment = "SIP/2.0 183 Session Progress"
	case media.Busy:
		fragment, p.over = "SIP/2.0 486 Busy Here", true
	case media.Congestion, media.HangupSignal:
		fragment, p.over = "SIP/2.0 503 Service Unavailable", true
	case media.Answered:
		fragment, p.over = "SIP/2.0 200 OK", true
	case media.SrcUpdate: // voice, which before any progress is that of who has answered
		if before == media.NoSignal {
			fragment, p.over = "SIP/2.0 200 OK", true
		}
	}
	if fragment != "" {
		p.last = signal
	}
	over := p.over
	p.mu.Unlock()
	switch {
	case fragment == "":
	case over:
		p.session.notify(p.dialog, p.name, "terminated;reason=noresource", fragment, p.session.referralEnds)
	default:
		p.session.notify(p.dialog, p.name, "active;expires=600", fragment, p.answered)
	}
}

// answered takes the status of an answer to a NOTIFY, or 0 where none came: a phone
// that does not want to know is told no more.
func (p *progress) answered(status int) {
	if status > 0 && status < 300 {
		return
	}
	p.mu.Lock()
	first := !p.over
	p.over = true
	p.mu.Unlock()
	if first {
		p.session.referralEnds(status)
	}
}
