package iax

import (
	"crypto/md5" //nolint:gosec // RFC 5456 §8.6.15 has no other
	"encoding/hex"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// ask sends NEW, with a token where the far end gave one.
func (c *call) ask(token string) {
	s := c.leg.Load().Snapshot()
	w := (&writer{}).number16(elementVersion, protocolVersion).text(elementCalledNumber, c.to.exten)
	w.text(elementCallingNumber, s.Connected.Number.Text).text(elementCallingName, s.Connected.Name.Text).text(elementCallingANI, s.Connected.Number.Text)
	w.number8(elementPresentation, uint8(s.Connected.Number.Presentation))
	w.number8(elementTypeOfNumber, uint8(s.Connected.Number.Plan)).number16(elementTransitNetwork, 0) //nolint:gosec // Q.931's octet
	w.text(elementLanguage, s.Language).text(elementCalledContext, c.to.context).text(elementUsername, c.to.user)
	if f := c.format.Load(); f != nil {
		w.number32(elementFormat, bitOf(f))
	}
	w.number32(elementCapability, capability(c.formats))
	w.raw(elementCallToken, []byte(token)[:min(len(token), 255)])
	c.tell(iaxWord, wordNew, w.body)
}

// token is the far end's wish to see that we get what it sends.
func (c *call) token(list elements) {
	c.mu.Lock()
	if c.stage != asked || c.tokened || !list.has(elementCallToken) || c.leg.Load() == nil || c.caller != nil {
		c.mu.Unlock()
		return
	}
	c.tokened = true
	for _, p := range c.waiting {
		p.timer.Stop()
	}
	c.waiting, c.out, c.in = nil, 0, 0
	c.mu.Unlock()
	c.ask(list.text(elementCallToken))
}

// prove answers a challenge, by MD5 where both may.
func (c *call) prove(list elements) {
	if c.caller != nil {
		return
	}
	offered := uint16(list.number(elementAuthMethods)) & c.methods //nolint:gosec // 16 bits
	w := &writer{}
	switch {
	case c.to.secret == "" || offered == 0:
		c.driver.Logger.Warn("an IAX2 peer asks for a secret that there is not, or in a way that is not spoken", "peer", c.name)
		c.finish(channel.CauseCallRejected)
		return
	case offered&methodMD5 != 0:
		w.text(elementMD5, proof(list.text(elementChallenge), c.to.secret))
	default:
		w.text(elementPassword, c.to.secret)
	}
	c.tell(iaxWord, wordAuthRep, w.body)
}

// proof is RFC 5456 §8.6.15.
func proof(challenge, secret string) string {
	sum := md5.Sum([]byte(challenge + secret)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// finish hangs up on both sides.
func (c *call) finish(cause int) {
	c.hangUp(cause)
	if ch := c.leg.Load(); ch != nil {
		ch.RemoteHangup(cause)
	}
}

// isAccepted is the far end's word that it has the call.
func (c *call) isAccepted(list elements) {
	if c.caller != nil {
		return
	}
	bit := list.number(elementFormat)
	if v := list[elementFormat2]; len(v) == 9 { // a version, and 64 bits
		bit = elements{0: v[1:]}.number(0)
	}
	f := formatOf(bit)
	if f == nil || choose(c.formats, bit) == nil {
		c.finish(channel.CauseBearerNotAvailable)
		return
	}
	c.format.Store(f)
	c.mu.Lock()
	if c.stage == asked {
		c.stage = accepted
		c.live()
	}
	c.mu.Unlock()
}

// ended is the far end's end of the call.
func (c *call) ended(word uint64, list elements) {
	c.mu.Lock()
	before := c.stage
	c.stage = over
	c.mu.Unlock()
	c.forget()
	ch := c.leg.Load()
	if ch == nil || before == over {
		return
	}
	cause := int(list.number(elementCauseCode)) //nolint:gosec // an octet
	name := "HANGUP"
	if word == wordReject {
		name = "REJECT"
	}
	if cause == 0 {
		cause = channel.CauseNormalClearing
		if word == wordReject {
			cause = channel.CauseCallRejected
		}
	}
	why := cause
	if word == wordHangup && list.number(elementCauseCode) == 0 {
		why = channel.CauseUntold
	}
	outcome := channel.Outcome{Channel: ch.Name(), Tech: fmt.Sprintf("IAX2 %s (%d)", name, cause), Cause: cause}
	ch.NoteOutcome(outcome)
	if c.requestor != nil {
		c.requestor.NoteOutcome(outcome)
	}
	ch.RemoteHangup(why)
}
