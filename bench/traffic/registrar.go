package traffic

import (
	"crypto/md5" //nolint:gosec // what the challenges ask for
	"encoding/hex"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// A Registrar is many phones behind one address that register, each with the
// challenge that it gets: REGISTER, 401, REGISTER with credentials, 200.
type Registrar struct {
	*socket
	secret string

	mu      sync.Mutex
	batch   int
	phones  []registration
	open    int
	failed  map[string]int
	changed chan struct{}
	repeats int
}

// registration is what one phone is at.
type registration struct {
	user string
	cseq int
	last []byte
	sent time.Time
}

// NewRegistrar opens the phones' socket.
func NewRegistrar(secret string, local, server netip.AddrPort) (*Registrar, error) {
	s, err := listen(local, server)
	if err != nil {
		return nil, err
	}
	r := &Registrar{socket: s, secret: secret, failed: map[string]int{}, changed: make(chan struct{}, 1)}
	s.serve(r.take, r.look)
	return r, nil
}

// Close ends the phones.
func (r *Registrar) Close() { r.close() }

// Register registers each user once, at a rate a second, and waits for the end of all.
func (r *Registrar) Register(users []string, rate int, patience time.Duration) error {
	r.mu.Lock()
	r.batch++
	r.phones, r.open = make([]registration, len(users)), len(users)
	clear(r.failed)
	r.mu.Unlock()
	start := time.Now()
	for i, user := range users {
		if early := time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))); early > 0 {
			time.Sleep(early)
		}
		r.mu.Lock()
		r.phones[i] = registration{user: user}
		r.ask(i, "")
		r.mu.Unlock()
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		r.mu.Lock()
		open, failed := r.open, fmt.Sprint(r.failed)
		bad := len(r.failed) > 0
		r.mu.Unlock()
		switch {
		case open == 0 && bad:
			return fmt.Errorf("registrations failed: %s", failed)
		case open == 0:
			return nil
		}
		select {
		case <-r.changed:
		case <-late.C:
			return fmt.Errorf("after %s %d registrations are still open; failed: %s", patience, open, failed)
		}
	}
}

// ask sends the REGISTER of phone i. r.mu is held.
func (r *Registrar) ask(i int, authorization string) {
	p := &r.phones[i]
	p.cseq++
	p.last = fmt.Appendf(make([]byte, 0, 800), "REGISTER sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;rport;branch=z9hG4bK-%[3]d-%[4]d-%[5]d\r\n"+
		"Max-Forwards: 70\r\nFrom: <sip:%[6]s@%[1]s>;tag=%[3]d\r\nTo: <sip:%[6]s@%[1]s>\r\nCall-ID: %[3]d-%[4]d-register\r\nCSeq: %[5]d REGISTER\r\n"+
		"Contact: <sip:%[6]s@%[2]s>\r\nExpires: 600\r\n%[7]sContent-Length: 0\r\n\r\n",
		r.server, r.local, i, r.batch, p.cseq, p.user, authorization)
	p.sent = time.Now()
	r.send(p.last, r.server)
}

func (r *Registrar) take(m message, from netip.AddrPort) {
	if m.status() == 0 {
		r.send(m.appendResponse(nil, "200 OK", "phone", "", nil), from)
		return
	}
	i := m.number()
	r.mu.Lock()
	defer r.mu.Unlock()
	if i < 0 || i >= len(r.phones) || r.phones[i].last == nil {
		return
	}
	p := &r.phones[i]
	if want := fmt.Sprintf("%d REGISTER", p.cseq); string(m.field("CSeq")) != want {
		return
	}
	switch status := m.status(); {
	case status < 200:
	case status == 401 && p.cseq == 1:
		r.ask(i, r.authorize(p.user, m.field("WWW-Authenticate")))
	case status == 200:
		r.finish(i, "")
	default:
		r.finish(i, fmt.Sprintf("%d to REGISTER %d", status, p.cseq))
	}
}

// authorize answers a challenge (RFC 2617 §3.2.2, with qop auth).
func (r *Registrar) authorize(user string, challenge []byte) string {
	realm, nonce, opaque := parameter(challenge, "realm"), parameter(challenge, "nonce"), parameter(challenge, "opaque")
	uri := "sip:" + r.server.String()
	a1, a2 := digest(user+":"+realm+":"+r.secret), digest("REGISTER:"+uri)
	const count, client = "00000001", "0a4f113b"
	return fmt.Sprintf(`Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=MD5, cnonce="%s", opaque="%s", qop=auth, nc=%s`+"\r\n",
		user, realm, nonce, uri, digest(a1+":"+nonce+":"+count+":"+client+":auth:"+a2), client, opaque, count)
}

func digest(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// finish is the end of one registration. r.mu is held.
func (r *Registrar) finish(i int, why string) {
	r.phones[i].last = nil
	r.open--
	if why != "" {
		r.failed[why]++
	}
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// look repeats what was not answered.
func (r *Registrar) look(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.phones {
		if p := &r.phones[i]; p.last != nil && now.Sub(p.sent) > repeatAfter {
			p.sent = now
			r.repeats++
			r.send(p.last, r.server)
		}
	}
}
