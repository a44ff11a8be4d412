package phone

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

// A MailWatch is a mailbox elsewhere that sip.conf wants to know of:
// mwi => user[:secret[:authuser]]@host[:port]/mailbox.
type MailWatch struct {
	Line    string
	User    string
	Host    string
	Port    int
	Mailbox string // of ours, without the context, which is remoteBoxes
	auth    *Auth
	expires time.Duration // mwiexpiry
}

// remoteBoxes is the context of mailboxes elsewhere.
const remoteBoxes = "SIP_Remote"

// sipMWI reads mwi =>.
func (l *Loader) sipMWI(m *Model, g *sipGeneral, e config.Entry) {
	w, err := parseMailWatch(e.Value)
	if err != nil {
		l.problem(e, false, "mwi: %v: the line is ignored", err)
		return
	}
	w.expires = time.Hour
	if g.MWIExpiry > 0 {
		w.expires = g.MWIExpiry
	}
	m.MailWatches = append(m.MailWatches, w)
}

func parseMailWatch(line string) (*MailWatch, error) {
	w := &MailWatch{Line: line, Port: 5060}
	who, where, ok := cutLast(line, "@")
	if !ok {
		return nil, fmt.Errorf("%q has no user@host", line)
	}
	host, box, ok := strings.Cut(where, "/")
	w.Host, w.Mailbox = host, strings.TrimSpace(box)
	if name, port, ok := strings.Cut(host, ":"); ok {
		n, err := parseInt(port, math.MaxUint16)
		if err != nil {
			return nil, err
		}
		w.Host, w.Port = name, n
	}
	words := strings.SplitN(who, ":", 3)
	w.User = words[0]
	if w.User == "" || w.Host == "" || !ok || w.Mailbox == "" {
		return nil, fmt.Errorf("%q is no user[:secret[:authuser]]@host[:port]/mailbox", line)
	}
	if len(words) > 1 {
		w.auth = &Auth{Type: "userpass", Username: w.User, Password: words[1], AlgorithmsUAC: []string{"MD5"}}
		if len(words) > 2 {
			w.auth.Username = words[2]
		}
	}
	return w, nil
}

func cutLast(text, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// mailWatches keeps the subscriptions to mailboxes elsewhere (RFC 3842, as a subscriber).
type mailWatches struct {
	driver *Driver

	mu   sync.Mutex // a leaf
	list []*watching
}

// watching is one of them. Its fields are under the list's mu.
type watching struct {
	*MailWatch
	callID string
	from   origin
	cseq   uint32
	to     string  // To, with the tag of who granted it
	target sip.URI // where it is renewed
	again  *task
	over   bool
}

// watchAgain is how long a watch that was not granted waits for its next try.
const watchAgain = time.Minute

// apply begins what a configuration wants, and lets go of what it does not.
func (w *mailWatches) apply(m *Model) {
	w.mu.Lock()
	old := w.list
	w.list = nil
	var begin []*watching
	for _, want := range m.MailWatches {
		at := -1
		for i, have := range old {
			if have != nil && have.Line == want.Line {
				at = i
			}
		}
		if at >= 0 {
			old[at].MailWatch = want
			w.list, old[at] = append(w.list, old[at]), nil
			continue
		}
		one := &watching{MailWatch: want, callID: sip.NewCallID(), cseq: 101, from: originOf(m, nil)}
		one.from.user, one.from.contactUser = want.User, want.User
		one.target = sip.URI{Scheme: "sip", User: sip.EscapeUser(want.User), Host: want.Host}
		one.to = sip.Address{URI: one.target}.String()
		w.list, begin = append(w.list, one), append(begin, one)
	}
	for _, gone := range old {
		if gone != nil {
			gone.over = true
			w.driver.clock.stop(gone.again)
		}
	}
	w.mu.Unlock()
	for _, one := range begin {
		w.subscribe(one)
	}
}

// subscribe asks for what waits in a mailbox, or for more of it.
func (w *mailWatches) subscribe(one *watching) {
	d := w.driver
	m := d.Model()
	w.mu.Lock()
	if one.over {
		w.mu.Unlock()
		return
	}
	one.cseq++
	r := d.newRequest(m, sip.Subscribe, one.target, one.to, one.callID, one.cseq)
	one.cseq++ // of the answer to a challenge
	from, expires, auth := one.from, one.expires, one.auth
	var proxy sip.URI
	if one.Port != 5060 && one.target.Port == 0 { // the URI itself has none, as on the reference
		proxy = sip.URI{Scheme: "sip", Host: one.Host, Port: one.Port}
	}
	w.mu.Unlock()
	r.Add("Event", eventMWI)
	r.Add("Accept", typeSummary)
	r.Add("Expires", strconv.Itoa(int(expires/time.Second)))
	var auths []*Auth
	if auth != nil {
		auths = []*Auth{auth}
	}
	d.ask(d.ctx, r, sip.RequestOptions{Proxy: proxy, Prepare: func(r *sip.Message, to sip.Source) { from.prepare(r, to) }}, auths, func(a *sip.Message, err error) {
		w.answered(one, a, err)
	})
}

// answered takes the answer, and plans the next request.
func (w *mailWatches) answered(one *watching, a *sip.Message, err error) {
	next := watchAgain
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case one.over:
		return
	case err != nil || a == nil:
	case a.Status/100 == 2:
		one.to = a.Get("To")
		if !a.Contact.URI.IsZero() {
			one.target = a.Contact.URI
		}
		if next = one.expires; secondsOf(a.Get("Expires")) > 0 {
			next = secondsOf(a.Get("Expires"))
		}
		next = max(next-ahead, next/2)
	case a.Status == 481: // it has forgotten us
		one.callID, one.to = sip.NewCallID(), sip.Address{URI: one.target}.String()
	default:
		w.driver.tell(levelNotice, "Could not subscribe to '%s' for MWI: %d %s", one.Line, a.Status, a.Reason)
	}
	one.again = w.driver.clock.after(next, func() { w.subscribe(one) })
}

// notified takes a NOTIFY of a mailbox that is watched. It reports false for others.
func (w *mailWatches) notified(m *Model, tx *sip.ServerTransaction, r *sip.Message) bool {
	if r.Method != sip.Notify {
		return false
	}
	w.mu.Lock()
	var one *watching
	for _, have := range w.list {
		if have.callID == r.CallID && have.from.tag == r.To.Tag() {
			one = have
		}
	}
	box := ""
	if one != nil {
		box = one.Mailbox + "@" + remoteBoxes
	}
	w.mu.Unlock()
	if one == nil {
		return false
	}
	a := w.driver.response(m, tx, r, 200, "")
	a.Add("Contact", "<"+r.Source.Transport.ContactURI(sip.EscapeUser(one.User), r.Source.Remote).String()+">")
	w.driver.send(tx, a)
	if c, ok := summaryIn(r.Body); ok && w.driver.mailboxes != nil {
		w.driver.mailboxes.Set(box, c)
	}
	return true
}

// summaryIn reads how many messages wait from a message summary.
func summaryIn(body []byte) (c state.Counts, ok bool) {
	for _, line := range strings.Split(string(body), "\n") {
		if found := summaryLine.FindStringSubmatch(strings.TrimSpace(line)); found != nil {
			c.New, _ = strconv.Atoi(found[1]) // digits; too many are none
			c.Old, _ = strconv.Atoi(found[2])
			return c, true
		}
	}
	return c, false
}
