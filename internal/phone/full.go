package phone

import (
	"errors"
	"math/rand/v2"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/sip"
)

// refusesFull answers a call for which there is no room: no port for its media, no
// call more under the limits of asterisk.conf. The status is the reference's.
// Retry-After, which it does not send, has callers come back, and not all at once.
func (d *Driver) refusesFull(in *incoming, why error, offered bool) {
	answer := func(status int) { d.send(in.tx, in.answer(status, "")) }
	limit := errors.Is(why, channel.ErrFull)
	switch {
	case errors.Is(why, rtp.ErrNoPort) && d.technology == PJSIP:
		answer(100)
		answer(choose(offered, 488, 500)) // no media of the offer can be had; there is none to offer
		return
	case !limit:
		answer(503)
		return
	}
	trying, a := in.answer(100, ""), in.answer(choose(d.technology == SIP, 480, 503), "")
	if d.technology == SIP {
		r := in.request
		d.security("SessionLimit", securityError, r.URI.UserText(), r)
		trying.Add("Contact", "<"+r.Source.Transport.ContactURI(r.URI.User, r.Source.Remote).String()+">")
	} else {
		a.Headers = append(a.Headers, sip.Header{Name: "Server", Value: in.model.Global.UserAgent}, reason(channel.CauseSwitchCongestion))
	}
	d.send(in.tx, trying)
	a.Add("Retry-After", itoa(retryFirst+rand.IntN(retrySpread)))
	d.send(in.tx, a)
}

// The seconds after which callers are to come back, and over how many they are spread.
const (
	retryFirst  = 5
	retrySpread = 11
)
