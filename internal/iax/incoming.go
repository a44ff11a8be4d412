package iax

import (
	"crypto/rand"
	"crypto/subtle"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// asking is what a caller asks for.
type asking struct {
	user      *user // nil: nobody whom we know
	elements  elements
	challenge string
}

// noAuthority is what everybody hears who may not call, for whatever reason.
const noAuthority = "No authority found"

// causeNoAuthority is Q.850's "facility not subscribed".
const causeNoAuthority = 50

// takeNew takes a call that comes in. Nothing is kept of who calls before it has shown a token,
// unless it needs none.
func (d *Driver) takeNew(f frame, from netip.AddrPort) {
	list, err := parseElements(f.body)
	if err != nil || list.number(elementVersion) != protocolVersion {
		return
	}
	d.mu.Lock()
	again := d.remote[origin{from, f.source}] != nil
	d.mu.Unlock()
	if again { // its reply is under way
		return
	}
	s := d.settings.Load()
	who := s.who(list.text(elementUsername), list.text(elementCalledContext), from.Addr())
	if !d.shown(s, who, list, &f, from) {
		return
	}
	c, err := d.newCall(from, s)
	if err != nil {
		d.Logger.Warn("an IAX2 call is refused", "address", from, "error", err)
		return
	}
	c.remote, c.in, c.out, c.stage = f.source, f.out+1, f.in, proving
	c.caller = &asking{user: who, elements: list}
	d.known(c, f.source)
	c.timer = time.AfterFunc(proveIn, c.unproved)
	if who == nil || len(who.secrets) == 0 {
		c.admit()
		return
	}
	n, _ := rand.Int(rand.Reader, big.NewInt(1<<31)) // never fails
	c.caller.challenge = n.String()
	w := (&writer{}).number16(elementAuthMethods, who.methods).text(elementChallenge, c.caller.challenge).text(elementUsername, who.name)
	c.tell(iaxWord, wordAuthReq, w.body)
}

// shown reports whether a caller may be listened to: it has shown a token, or needs none. One that
// can have a token gets it.
func (d *Driver) shown(s *Settings, who *user, list elements, f *frame, from netip.AddrPort) bool {
	need := tokensAlways
	if who != nil {
		need = who.tokens
	}
	if s.permits(from.Addr()) {
		need = tokensNever
	}
	token, can := list[elementCallToken]
	switch {
	case can && len(token) > 0:
		if !d.mint.holds(string(token), from, time.Now()) {
			return false
		}
		if who != nil && need == tokensLearnt {
			d.mu.Lock()
			d.learnt[who.name] = true
			d.mu.Unlock()
		}
		return true
	case can:
		w := (&writer{}).text(elementCallToken, d.mint.make(from, time.Now()))
		d.apart(from, frame{dest: f.source, stamp: f.stamp, in: f.out + 1, kind: iaxWord, subclass: wordCallToken, body: w.body})
		return false
	case need == tokensNever:
		return true
	case need == tokensLearnt && who != nil:
		d.mu.Lock()
		defer d.mu.Unlock()
		return !d.learnt[who.name]
	}
	d.Logger.Warn("an IAX2 call without a call token is passed over: see requirecalltoken", "address", from)
	return false
}

// permits reports whether an address is among those of calltokenoptional.
func (s *Settings) permits(a netip.Addr) bool {
	return slices.ContainsFunc(s.optional.Rules, func(r config.Rule) bool { return r.Net.Contains(a) })
}

// proved is the caller's answer to the challenge.
func (c *call) proved(list elements) {
	c.mu.Lock()
	due := c.stage == proving && c.caller != nil && c.caller.challenge != ""
	c.mu.Unlock()
	if !due {
		return
	}
	u := c.caller.user
	good := slices.ContainsFunc(u.secrets, func(secret string) bool {
		switch {
		case list.has(elementMD5):
			return u.methods&methodMD5 != 0 && same(strings.ToLower(list.text(elementMD5)), proof(c.caller.challenge, secret))
		case list.has(elementPassword):
			return u.methods&methodPlain != 0 && same(list.text(elementPassword), secret)
		}
		return false
	})
	if !good {
		c.driver.Logger.Warn("an IAX2 caller can't prove who it is", "address", c.at, "user", u.name)
		c.refuse(causeNoAuthority, noAuthority)
		return
	}
	c.admit()
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// unproved ends a call whose caller takes its time.
func (c *call) unproved() {
	c.mu.Lock()
	late := c.stage == proving
	c.mu.Unlock()
	if late {
		c.refuse(causeNoAuthority, noAuthority)
	}
}

// refuse rejects a call that came in.
func (c *call) refuse(cause uint8, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stage = over
	c.timer.Stop()
	c.put(iaxWord, wordReject, c.stamp(), (&writer{}).text(elementCause, why).number8(elementCauseCode, cause).body)
}

// admit gives a call to the dialplan.
func (c *call) admit() {
	d, u, list := c.driver, c.caller.user, c.caller.elements
	if u == nil {
		d.Logger.Warn("an IAX2 call is refused: nobody may call so", "address", c.at, "user", list.text(elementUsername))
		c.refuse(causeNoAuthority, noAuthority)
		return
	}
	exten, within := list.text(elementCalledNumber), list.text(elementCalledContext)
	if exten == "" {
		exten = "s"
	}
	if within == "" {
		within = "default"
		if len(u.contexts) > 0 {
			within = u.contexts[0]
		}
	}
	caller := u.party(list)
	if d.Hooks.Exists != nil && !d.Hooks.Exists(within, exten, caller.Number.Text) {
		d.Logger.Warn("an IAX2 call is refused: the extension does not exist", "address", c.at, "extension", exten, "context", within)
		c.refuse(channel.CauseNoRouteDestination, "No such context/extension")
		return
	}
	if !c.agree(u, list) {
		c.refuse(channel.CauseBearerNotAvailable, "Unable to negotiate codec")
		return
	}
	c.name = u.name
	if c.caller.challenge == "" { // whoever it is: it is known by where it is
		c.name = c.settings.at(c.at)
	}
	g := u.config(c)
	g.State, g.Caller, g.DialedNum, g.Context, g.Exten = event.Ring, caller, list.text(elementCalledNumber), within, exten
	if language := list.text(elementLanguage); language != "" {
		g.Language = language
	}
	ch, err := d.Channels.New(g)
	if err != nil {
		c.refuse(channel.CauseCongestion, err.Error())
		return
	}
	c.leg.Store(ch)
	for _, v := range u.variables {
		if d.Hooks.Assign != nil {
			d.Hooks.Assign(ch, v.Name, v.Value)
		}
	}
	c.mu.Lock()
	c.stage = accepted
	c.live()
	c.put(iaxWord, wordAccept, c.stamp(), (&writer{}).number32(elementFormat, bitOf(c.format.Load())).body)
	c.mu.Unlock()
	d.Hooks.Start(ch)
}

// agree finds the format of a call: the caller's wish, or the first that both have.
func (c *call) agree(u *user, list elements) bool {
	among := list.number(elementCapability)
	wish := list.number(elementFormat)
	f := choose(u.formats, among|wish)
	if !u.hostFirst {
		if own := choose(u.formats, wish); own != nil {
			f = own
		}
	}
	c.formats = u.formats
	c.format.Store(f)
	return f != nil
}

// party is who calls: what the caller says, unless the settings know better.
func (u *user) party(list elements) event.Party {
	p := event.Party{}
	shown := event.Presentation(list.number(elementPresentation)) //nolint:gosec // an octet
	if text := list.text(elementCallingNumber); text != "" {
		p.Number = event.Number{Valid: true, Text: text, Presentation: shown, Plan: int(list.number(elementTypeOfNumber))} //nolint:gosec // an octet
	}
	if text := list.text(elementCallingName); text != "" {
		p.Name = event.Name{Valid: true, Text: text, Presentation: shown}
	}
	if u.caller.Number.Valid {
		p.Number = u.caller.Number
	}
	if u.caller.Name.Valid {
		p.Name = u.caller.Name
	}
	return p
}
