package phone

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// sendRegistration sends the REGISTER of an outgoing registration.
func (d *Driver) sendRegistration(ctx context.Context, o *outgoing, expires time.Duration, done func(answer)) {
	m, r := d.Model(), o.r
	server, err := sip.ParseURI(r.ServerURI)
	if err != nil {
		done(answer{Code: 400})
		return
	}
	client, err := sip.ParseURI(r.ClientURI)
	if err != nil {
		done(answer{Code: 400})
		return
	}
	o.mu.Lock()
	o.cseq += 2 // an answer to a challenge takes the number between
	cseq := o.cseq
	o.mu.Unlock()
	from := origin{user: client.UserText(), domain: client.Host, tag: sip.NewTag(), contactUser: r.ContactUser}
	if from.contactUser == "" {
		from.contactUser = "s"
	}
	if r.Line && r.Endpoint != "" {
		from.contactParams = ";line=" + lineOf(r)
	}
	request := d.newRequest(m, sip.Register, server, "<"+r.ClientURI+">", o.callID, cseq)
	if r.UserAgent != "" {
		request.Set("User-Agent", r.UserAgent)
	}
	request.Add("Expires", itoa(int(expires/time.Second)))
	if d.technology == PJSIP {
		request.Add("Allow", m.can.allows())
	}
	var supported []string
	if r.SupportPath {
		supported = append(supported, "path")
	}
	if r.SupportOutbound {
		supported = append(supported, "outbound")
	}
	if len(supported) > 0 {
		request.Add("Supported", strings.Join(supported, ", "))
	}
	for _, route := range proxies(r.OutboundProxy) {
		request.Add("Route", route)
	}
	options := sip.RequestOptions{Transport: d.transport(r.Transport)}
	options.Prepare = func(request *sip.Message, to sip.Source) {
		from.prepare(request, to)
		request.Set("From", "<"+r.ClientURI+">;tag="+from.tag)
		if r.ContactParams != "" {
			request.Set("Contact", request.Get("Contact")+";"+strings.TrimPrefix(r.ContactParams, ";"))
		}
	}
	var auths []*Auth
	for _, name := range r.OutboundAuths {
		if a := m.Auths[name]; a != nil {
			auths = append(auths, a)
		}
	}
	r.Mediasec.begin(request)
	d.askRegistrar(ctx, request, options, r, auths, func(response *sip.Message, _ error) {
		done(d.readAnswer(request, response, len(auths) > 0))
	})
}

// readAnswer is what a registrar's response means.
func (d *Driver) readAnswer(request, response *sip.Message, hadAuth bool) answer {
	if response == nil {
		return answer{}
	}
	a := answer{Code: response.Status}
	switch {
	case response.Status == 401 || response.Status == 407:
		a.Rejected, a.NoAuth = hadAuth, !hadAuth
	case response.Status == 423:
		a.MinExpires = secondsOf(response.Get("Min-Expires"))
	case response.Status/100 == 2:
		text, told := response.Lookup("Expires")
		a.Expires, a.Ended = secondsOf(text), told && strings.TrimSpace(text) == "0"
		for _, text := range response.List("Contact") {
			c, err := sip.ParseAddress(text)
			if err != nil || c.URI.User != request.Contact.URI.User && len(response.List("Contact")) > 1 {
				continue
			}
			if p, ok := c.Param("expires"); ok {
				a.Expires, a.Ended = secondsOf(p), strings.TrimSpace(p) == "0"
			}
		}
	}
	return a
}

func secondsOf(text string) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 0 || n > 1<<30 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// lineSecret is what only this run of the program knows.
var lineSecret = sync.OnceValue(func() []byte {
	b := make([]byte, sha256.Size)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return b
})

// lineOf is the token by which calls of a registration with line=yes are known
// again: it is in our Contact, and comes back in the request URI. Who knows it is
// taken for the registrar, which mostly needs no password: so nobody can work it
// out, and it stays the same over a reload alone.
func lineOf(r *Registration) string {
	sum := hmac.New(sha256.New, lineSecret())
	sum.Write([]byte(r.Name + "\x00" + r.ClientURI + "\x00" + r.ServerURI))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// takeBack ends all outgoing registrations and waits for the answers, or for ctx.
func (d *Driver) takeBack(ctx context.Context) {
	d.outgoings.mu.Lock()
	var held, all []*outgoing
	for _, o := range d.outgoings.byName {
		o.mu.Lock()
		all = append(all, o)
		if o.state == "Registered" {
			held = append(held, o)
			o.state = "Unregistered"
		}
		t := o.task
		o.task = nil
		o.mu.Unlock()
		d.clock.stop(t)
	}
	d.outgoings.mu.Unlock()
	for _, o := range all {
		d.countRegistration(o, false)
		d.countRegistration(o, true)
	}
	answered := make(chan struct{}, len(held))
	for _, o := range held {
		if d.outgoings.send == nil {
			return
		}
		d.outgoings.send(ctx, o, 0, func(answer) { answered <- struct{}{} })
	}
	for range held {
		select {
		case <-answered:
		case <-ctx.Done():
			return
		}
	}
}
