package phone

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

// A received is what somebody told us by PUBLISH and still holds.
type received struct {
	endpoint, resource, event string
	end                       *task
}

// receptions are all of them, by their entity tags.
type receptions struct {
	mu   sync.Mutex // taken before the clock's
	held map[uint64]*received
	next uint64
}

// maxReceived bounds what others may have us hold.
const maxReceived = 65536

// handlePublish takes a PUBLISH (RFC 3903 §6).
func (d *Driver) handlePublish(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) {
	about, err := r.Event()
	if err != nil || about.Package != eventDevices && about.Package != eventMailboxes {
		d.tell(logging.Warning, "No registered publish handler for event %s from %s", about.Package, e.Name)
		d.reply(m, tx, r, 489, "Bad Event")
		return
	}
	expires := lifetimeOf(r)
	if expires > 0 && expires < e.SubMinExpiry {
		a := d.response(m, tx, r, 423, "")
		a.Add("Min-Expires", itoa(int(e.SubMinExpiry/time.Second)))
		d.send(tx, a)
		return
	}
	resource := m.user(r.URI.UserText())
	p, status := m.publication(e, resource, about.Package)
	if status != 200 {
		d.reply(m, tx, r, status, "")
		return
	}
	held, tag := r.Lookup("SIP-If-Match")
	before := &received{e.Name, resource, about.Package, nil}
	var old uint64
	switch {
	case tag:
		if old, err = strconv.ParseUint(strings.TrimSpace(held), 10, 64); err != nil {
			d.reply(m, tx, r, 400, "")
			return
		}
		if !d.receptions.has(old, before) {
			d.reply(m, tx, r, 412, "")
			return
		}
	case expires == 0 || len(r.Body) == 0:
		d.reply(m, tx, r, 400, "")
		return
	}
	if len(r.Body) > 0 && expires > 0 {
		if status := d.takePublished(p, about.Package, r); status != 200 {
			d.reply(m, tx, r, status, "")
			return
		}
	}
	id, ok := d.receptions.renew(d.clock, old, tag, before, expires)
	if !ok {
		d.reply(m, tx, r, 503, "")
		return
	}
	a := sip.NewResponse(r, 200, "", tx.Tag())
	a.Add("SIP-ETag", strconv.FormatUint(id, 10))
	a.Add("Expires", itoa(int(expires/time.Second)))
	if agent := m.Global.UserAgent; agent != "" {
		a.Add("Server", agent)
	}
	d.send(tx, a)
}

// publication finds what may be taken of an endpoint that publishes to a resource,
// and the status of the answer where it may not.
func (m *Model) publication(e *Endpoint, resource, event string) (*AsteriskPublication, int) {
	in := m.Inbounds[resource]
	switch {
	case in == nil:
		return nil, 404
	case in.Endpoint != "" && in.Endpoint != e.Name:
		return nil, 403
	case in.Events[event] == "":
		return nil, 404
	}
	if p := m.Publications[in.Events[event]]; p != nil {
		return p, 200
	}
	return nil, 404
}

func (h *receptions) has(id uint64, r *received) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.held[id]
	return old != nil && old.endpoint == r.endpoint && old.resource == r.resource && old.event == r.event
}

// renew puts a publication in the place of an old one under a new tag, for as long
// as it lasts; with 0 it is gone. It reports false if there are too many.
func (h *receptions) renew(c *clock, old uint64, again bool, r *received, lasts time.Duration) (id uint64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held == nil {
		h.held = map[uint64]*received{}
	}
	if again {
		if before := h.held[old]; before != nil {
			c.stop(before.end)
		}
		delete(h.held, old)
	}
	if len(h.held) >= maxReceived {
		return 0, false
	}
	id = h.next
	h.next++
	if lasts == 0 {
		return id, true
	}
	h.held[id] = r
	r.end = c.after(lasts, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.held, id)
	})
	return id, true
}

// A publishedState is the JSON by which exchanges tell each other.
type publishedState struct {
	Type, EID, Device, State, UniqueID string
	New, Old                           int
}

// takePublished puts what another exchange tells in place. It returns the status
// of the answer.
func (d *Driver) takePublished(p *AsteriskPublication, event string, r *sip.Message) int {
	kind, _ := r.ContentType()
	var s publishedState
	if !strings.EqualFold(kind, typeJSON) || json.Unmarshal(r.Body, &s) != nil || s.EID == "" {
		return 500
	}
	if s.EID == d.entityID {
		return 200 // our own, by way of others
	}
	switch {
	case s.Type == "refresh":
		d.subs.must(func() {
			if c := d.Model().Publishes[choose(event == eventDevices, p.DevicePublish, p.MailboxPublish)]; c != nil {
				d.subs.publishAll(c)
			}
		})
	case s.Type == "devicestate" && event == eventDevices:
		if valid, ok := state.Valid(s.State); p.DeviceState && ok && s.Device != "" && fits(p.DeviceStateFilter, s.Device) && d.board != nil {
			d.board.SetRemote(s.EID, s.Device, valid)
		}
	case s.Type == "mailboxstate" && event == eventMailboxes:
		if p.MailboxState && s.UniqueID != "" && fits(p.MailboxesMatch, s.UniqueID) && d.mailboxes != nil {
			d.mailboxes.SetRemote(s.UniqueID, state.Counts{New: s.New, Old: s.Old})
		}
	default:
		return 500
	}
	return 200
}
