package phone

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

// The events by which exchanges tell each other what they know.
const (
	eventDevices   = "asterisk-devicestate"
	eventMailboxes = "asterisk-mwi"
	typeJSON       = "application/json"
)

// A publisher tells another server one thing by PUBLISH (RFC 3903). It is used by
// the goroutine of subscriptions alone.
type publisher struct {
	config *OutboundPublish
	target sip.URI // of the requests
	from   string
	to     string
	callID string
	cseq   uint32
	etag   string
	asked  time.Duration // the lifetime that is asked for
	queue  []publication // the first is under way if busy
	busy   bool
	shut   bool  // it has asked who we are too often: nothing more is sent
	again  *task // until it is refreshed
	last   state.ExtensionState
	known  bool // last is
}

// A publication is one body; an empty one prolongs what was told.
type publication struct {
	kind string
	body []byte
}

// maxPublications is what may wait for a server that is slow. Older ones are lost.
const maxPublications = 1024

// publications are the publishers of a driver, by configuration and user.
type publications struct {
	byKey    map[[2]string]*publisher
	versions map[string]int // of documents, by configuration
}

// startPublishing tells the servers of a new configuration everything.
func (s *subscriptions) startPublishing() {
	d, m := s.driver, s.driver.Model()
	s.listen()
	old := s.publications
	s.publications = publications{byKey: map[[2]string]*publisher{}, versions: old.versions}
	if s.publications.versions == nil {
		s.publications.versions = map[string]int{}
	}
	for key, p := range old.byKey {
		d.clock.stop(p.again)
		if c := m.Publishes[key[0]]; c != nil && c.ServerURI == p.config.ServerURI && c.Event == p.config.Event {
			p.config, s.publications.byKey[key] = c, p
		}
	}
	for _, name := range sortedKeys(m.Publishes) {
		c := m.Publishes[name]
		if c.Event == eventDevices || c.Event == eventMailboxes {
			if s.publications.byKey[[2]string{name, ""}] == nil {
				s.publish(c, "", publication{typeJSON, d.refreshJSON()})
			}
			s.publishAll(c)
		} else if d.board != nil {
			for _, h := range d.board.Hints() {
				s.publishExtension(c, h.Exten, h.Context, h.State, true)
			}
		}
	}
}

// publishAll tells everything of a publication about devices or mailboxes.
func (s *subscriptions) publishAll(c *OutboundPublish) {
	d := s.driver
	switch {
	case c.Event == eventDevices && d.board != nil:
		for _, dev := range d.board.Devices() {
			if local := d.board.Local(dev.Device); local != state.Unknown && fits(c.DeviceFilter, dev.Device) {
				s.publish(c, "", publication{typeJSON, d.deviceJSON(dev.Device, local)})
			}
		}
	case c.Event == eventMailboxes && d.mailboxes != nil:
		for _, box := range d.mailboxes.Names() {
			if counts, _ := d.mailboxes.Of(box); !d.mailboxes.Remote(box) && fits(c.MailboxFilter, box) {
				s.publish(c, "", publication{typeJSON, d.mailboxJSON(box, counts)})
			}
		}
	}
}

func fits(r *regexp.Regexp, text string) bool { return r == nil || r.MatchString(text) }

// publishExtension tells of an extension, unless the server knows its state.
func (s *subscriptions) publishExtension(c *OutboundPublish, exten, context string, now state.ExtensionState, first bool) {
	if !slices.Contains(bodyTypes(c.Event), c.Body) || !fits(c.Exten, exten) || !fits(c.Context, context) {
		return
	}
	if p := s.publications.byKey[[2]string{c.Name, exten}]; p != nil && p.known && (first || p.last == now) {
		return
	}
	server, err := sip.ParseURI(c.ServerURI)
	if err != nil {
		return
	}
	uri := resourceURI(server, exten)
	v := extensionView{exten: exten, state: now, local: uri, remote: uri, version: s.publications.versions[c.Name], published: true}
	s.publications.versions[c.Name]++
	if p := s.publish(c, exten, publication{c.Body, v.body(c.Body)}); p != nil {
		p.last, p.known = now, true
	}
}

// publishChange tells the servers whom it concerns of a change.
func (s *subscriptions) publishChange(c *stateChange) {
	d, m := s.driver, s.driver.Model()
	for _, name := range sortedKeys(m.Publishes) {
		p := m.Publishes[name]
		switch {
		case c.device != "" && p.Event == eventDevices && fits(p.DeviceFilter, c.device) && !d.board.Remote(c.device):
			s.publish(p, "", publication{typeJSON, d.deviceJSON(c.device, c.deviceState)})
		case c.of.mailbox != "" && p.Event == eventMailboxes && fits(p.MailboxFilter, c.of.mailbox) && !c.remote:
			s.publish(p, "", publication{typeJSON, d.mailboxJSON(c.of.mailbox, c.counts)})
		case c.state != nil && c.of.exten != "":
			s.publishExtension(p, c.of.exten, c.of.context, *c.state, false)
		}
	}
}

func (d *Driver) refreshJSON() []byte {
	return marshalled(struct {
		Type string `json:"type"`
		EID  string `json:"eid"`
	}{"refresh", d.entityID})
}

func (d *Driver) deviceJSON(device, state string) []byte {
	return marshalled(struct {
		Type     string `json:"type"`
		Device   string `json:"device"`
		State    string `json:"state"`
		Cachable int    `json:"cachable"`
		EID      string `json:"eid"`
	}{"devicestate", device, state, 1, d.entityID})
}

func (d *Driver) mailboxJSON(box string, c state.Counts) []byte {
	return marshalled(struct {
		Type string `json:"type"`
		ID   string `json:"uniqueid"`
		Old  int    `json:"old"`
		New  int    `json:"new"`
		EID  string `json:"eid"`
	}{"mailboxstate", box, c.Old, c.New, d.entityID})
}

func marshalled(v any) []byte {
	text, _ := json.Marshal(v) // texts and numbers can't fail
	return text
}

// publish has a server told something, after what waits. It returns the publisher.
func (s *subscriptions) publish(c *OutboundPublish, user string, what publication) *publisher {
	key := [2]string{c.Name, user}
	p := s.publications.byKey[key]
	if p == nil {
		target, err := sip.ParseURI(c.ServerURI)
		if err != nil {
			return nil
		}
		if user != "" {
			target.User = sip.EscapeUser(user)
		}
		plain := target
		plain.Port = 0
		p = &publisher{config: c, target: target, callID: uuid.NewString(), asked: c.Expiration,
			// from_uri and to_uri change places, as on the reference
			from: "<" + cmp.Or(c.ToURI, plain.String()) + ">", to: "<" + cmp.Or(c.FromURI, plain.String()) + ">"}
		s.publications.byKey[key] = p
	}
	if len(p.queue) >= maxPublications {
		s.driver.tell(logging.Warning, "%s does not take what is published to it: the oldest is lost", c.ServerURI)
		p.queue = slices.Delete(p.queue, 1, 2)
	}
	p.queue = append(p.queue, what)
	s.publishNext(p)
	return p
}

// publishNext sends what waits longest, if nothing is under way.
func (s *subscriptions) publishNext(p *publisher) {
	if p.busy || p.shut || len(p.queue) == 0 {
		return
	}
	d, m, c := s.driver, s.driver.Model(), p.config
	p.busy = true
	p.cseq++
	var auths []*Auth
	for _, name := range c.OutboundAuths {
		if a := m.Auths[name]; a != nil {
			auths = append(auths, a)
		}
	}
	r := sip.NewRequest(sip.Publish, p.target)
	r.Add("From", p.from+";tag="+sip.NewTag())
	r.Add("To", p.to)
	r.Add("Call-ID", p.callID)
	r.Add("CSeq", itoa(int(p.cseq))+" "+sip.Publish)
	if len(auths) > 0 {
		p.cseq++ // of the answer to a challenge
	}
	for _, route := range proxies(c.OutboundProxy) {
		r.Add("Route", route)
	}
	r.Add("Event", c.Event)
	if p.etag != "" {
		r.Add("SIP-If-Match", p.etag)
	}
	r.Add("Expires", itoa(int(p.asked/time.Second)))
	d.finish(r, m)
	r.SetBody(p.queue[0].kind, p.queue[0].body)
	d.askAgain(d.ctx, r, sip.RequestOptions{Transport: d.transport(c.Transport)}, auths, c.MaxAuthAttempts, nothing, func(a *sip.Message, err error) {
		s.must(func() { s.published(p, a, err) })
	})
}

// published takes the answer to a PUBLISH.
func (s *subscriptions) published(p *publisher, a *sip.Message, err error) {
	p.busy = false
	status := 0
	if err == nil {
		status = a.Status
		p.cseq = max(p.cseq, a.CSeq.Number)
	}
	switch {
	case status/100 == 2:
		p.etag = a.Get("SIP-ETag")
		p.queue = p.queue[1:]
		s.refreshLater(p, cmp.Or(secondsOf(a.Get("Expires")), p.asked))
	case (status == 401 || status == 407) && len(p.config.OutboundAuths) > 0:
		s.driver.tell(logging.Error, "%s still asks who we are: nothing more is published to it", p.config.ServerURI)
		p.shut, p.queue = true, nil
		s.driver.clock.stop(p.again)
	case status == 412 && p.etag != "": // it has forgotten what we told: RFC 3903 §4.5
		p.etag = ""
		if len(p.queue[0].body) == 0 {
			p.queue = p.queue[1:]
		}
	case status == 423 && secondsOf(a.Get("Min-Expires")) > p.asked:
		p.asked = secondsOf(a.Get("Min-Expires"))
	default:
		s.driver.log.Debug("a PUBLISH was not taken", "server", p.config.ServerURI, "status", status, "error", err)
		p.etag, p.queue = "", p.queue[1:]
		s.driver.clock.stop(p.again)
	}
	s.publishNext(p)
}

// ahead is how long before its end a publication is prolonged.
const ahead = 5 * time.Second

func (s *subscriptions) refreshLater(p *publisher, lasts time.Duration) {
	c := s.driver.clock
	c.stop(p.again)
	if lasts <= 0 || p.etag == "" {
		return
	}
	p.again = c.after(max(lasts-ahead, lasts/2), func() {
		s.must(func() {
			if len(p.queue) == 0 && p.etag != "" && s.publications.holds(p) {
				p.queue = append(p.queue, publication{})
				s.publishNext(p)
			}
		})
	})
}

func (l *publications) holds(p *publisher) bool {
	for _, other := range l.byKey {
		if other == p {
			return true
		}
	}
	return false
}
