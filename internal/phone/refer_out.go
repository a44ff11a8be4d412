package phone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// A Referral asks a phone to call somebody.
type Referral struct {
	// To is the phone as messages name it: "alice", "alice/sip:1.2.3.4".
	To string
	// From is an endpoint, a SIP address or a user, or empty.
	From string
	// Target is whom the phone is to call: an endpoint or an address.
	Target string
	// Self says that a Target which is an endpoint is to be called by way of us.
	Self bool
	// Headers go along.
	Headers []event.Variable
}

// referralTime is how long the phone may tell of a REFER how it goes: what the
// reference's Expires says.
const referralTime = 600 * time.Second

// mostTold is how many REFERs are remembered by which phones may tell. The oldest is
// forgotten where there are more: its phone is answered 481.
const mostTold = 4096

// Refer sends a REFER outside of any call (RFC 3515 §2.4.1). It does not wait for the answer.
func (d *Driver) Refer(_ context.Context, f Referral) error {
	if d.stack == nil {
		return errNoTarget
	}
	m := d.Model()
	to, _, err := d.messageTarget(m, f.To)
	if err != nil {
		return fmt.Errorf("refer %s: %w", f.To, err)
	}
	whom, ours, err := d.referToward(m, f.Target)
	if err != nil {
		return fmt.Errorf("refer to %s: %w", f.Target, err)
	}
	id := sip.NewCallID()
	r := d.newRequest(m, sip.Refer, to.uri, d.addressed(to.uri), id, 102)
	r.Add("Event", "refer")
	r.Add("Expires", itoa(int(referralTime/time.Second)))
	r.Add("Supported", m.extensions())
	r.Add("Accept", "message/sipfrag;version=2.0")
	r.Add("Allow-Events", allowEvents)
	r.Add("Refer-To", whom)
	for _, v := range f.Headers {
		if _, there := r.Lookup(v.Name); !there && !slices.Contains(messageHeaders, strings.ToLower(v.Name)) {
			r.Add(v.Name, v.Value)
		}
	}
	from := originOf(m, to.endpoint)
	options := d.ways(r, to.endpoint, to.aor, to.contact)
	options.Prepare = func(r *sip.Message, way sip.Source) {
		from.prepare(r, way)
		m.speakFor(r, f.From)
		if ours && f.Self {
			host, port := way.Transport.Sent(way.Remote)
			uri := sip.URI{Scheme: "sip", Host: host, Port: port}
			r.Set("Refer-To", uri.String())
		}
	}
	d.referrals.add(id)
	d.ask(d.ctx, r, options, m.outboundAuths(to.endpoint), func(a *sip.Message, err error) {
		switch {
		case err != nil:
			d.log.Debug("a REFER was not answered", "to", r.URI.String(), "error", err)
		case a.Status >= 300:
			d.log.Info("a REFER was refused", "to", r.URI.String(), "status", a.Status)
		default:
			return
		}
		d.referrals.remove(id)
	})
	return nil
}

// referToward is Refer-To for a text: the first contact of an endpoint, for which ours is true, or what it
// says itself.
func (d *Driver) referToward(m *Model, text string) (to string, ours bool, err error) {
	name, _, _ := strings.Cut(text, "@")
	switch {
	case strings.HasPrefix(text, "PJSIP/"), m.Endpoint(m.user(name)) != nil:
		target, _, err := d.messageTarget(m, text)
		return target.uri.String(), true, err
	case strings.ContainsAny(text, "\r\n\x00"):
		return "", false, errNoTarget
	case strings.Contains(text, "<"), isSIPURI(text):
		return text, false, nil
	}
	return "sip:" + text, false, nil
}

// speakFor has a request be from who is named: an endpoint, an address or a user.
func (m *Model) speakFor(r *sip.Message, sender string) {
	if sender == "" {
		return
	}
	from := r.From
	if e := m.Endpoint(sender); e != nil {
		from.URI.User = sip.EscapeUser(orText(e.FromUser, e.Name))
		if e.FromDomain != "" {
			from.URI.Host = e.FromDomain
		}
	} else if a, err := sip.ParseAddress(sender); err == nil && strings.HasPrefix(a.URI.Scheme, "sip") {
		a.Params = from.Params
		from = a
	} else {
		from.URI.User = sip.EscapeUser(sender)
	}
	r.Set("From", from.String())
}

// referrals are the REFERs of which phones may tell how they go.
type referrals struct {
	mu   sync.Mutex // a leaf
	list []referral // the oldest first
}

type referral struct {
	callID string
	until  time.Time
}

func (l *referrals) add(callID string) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.list) > 0 && (len(l.list) >= mostTold || now.After(l.list[0].until)) {
		l.list = slices.Delete(l.list, 0, 1)
	}
	l.list = append(l.list, referral{callID, now.Add(referralTime)})
}

func (l *referrals) remove(callID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(l.list, func(one referral) bool { return one.callID == callID })
}

// expects reports whether a request tells how a REFER of ours goes.
func (l *referrals) expects(r *sip.Message) bool {
	kind, _, _ := strings.Cut(r.Get("Event"), ";")
	if r.Method != sip.Notify || !strings.EqualFold(strings.TrimSpace(kind), "refer") {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.list, func(one referral) bool { return one.callID == r.CallID && time.Now().Before(one.until) })
}

// notified takes a NOTIFY that tells how a REFER of ours goes. It reports false for others.
func (d *Driver) notified(m *Model, tx *sip.ServerTransaction, r *sip.Message) bool {
	if !d.referrals.expects(r) {
		return false
	}
	state, _, _ := strings.Cut(r.Get("Subscription-State"), ";")
	if strings.EqualFold(strings.TrimSpace(state), "terminated") {
		d.referrals.remove(r.CallID)
	}
	d.reply(m, tx, r, 200, "")
	return true
}
