package phone

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Families are where peers of sip.conf lie that are in no file: the families sippeers
// and sipregs of extconfig.conf. Methods may be called concurrently, and may take
// as long as a database takes.
type Families interface {
	// Has reports whether there is a family.
	Has(family string) bool
	// Rows are the rows of a family whose columns have these values. A name may have its
	// operator behind a blank.
	Rows(ctx context.Context, family string, where ...event.Variable) ([][]event.Variable, error)
	// Update changes columns of the rows of a name, as far as the table has them.
	Update(ctx context.Context, family, name string, to []event.Variable) error
}

// The families: of peers and users, and of their registrations where those are apart.
const (
	peerRows         = "sippeers"
	registrationRows = "sipregs"
)

// lendOptions are what [general] says of peers that databases lend.
type lendOptions struct {
	Cache        bool // rtcachefriends: they are kept until they are pruned
	Update       bool // rtupdate: registrations are written back
	SaveSystem   bool // rtsavesysname
	SavePath     bool // rtsavepath
	IgnoreExpiry bool // ignoreregexpire: a registration that has run out is good enough to call
	Clear        bool // rtautoclear: a peer goes with its registration
	ClearAfter   time.Duration
}

// setAutoClear reads rtautoclear: yes, no, or the seconds after which a peer goes.
func setAutoClear(v *sipDraft, s string) error {
	o := &v.general.Lending
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		o.Clear, o.ClearAfter = true, time.Duration(n)*time.Second
		return nil
	}
	o.Clear = isTrue(s)
	return among(s)
}

// lentFor is how long a peer that is not kept is remembered after it was asked for. Whoever
// means it within that time asks again; those who have begun go on with it.
const lentFor = 2 * time.Minute

// A lent peer is what a row of a database makes.
type lent struct {
	sipObject
	kept     bool   // rtcachefriends
	oldUser  bool   // its column is username
	problems string // of the row
}

// lending are the peers that databases have lent. A nil one has none.
type lending struct {
	families Families
	system   string // the exchange's name, for rtsavesysname
	back     *keeper
	ends     agenda // of those that are not kept, and by rtautoclear, by name

	mu     sync.RWMutex // a leaf
	peers  map[string]*lent
	places map[netip.AddrPort]*Endpoint // of those with host=ADDRESS
	boxes  map[string][]*Endpoint       // of those that are kept, by mailbox
}

func newLending(families Families, system string, d *Driver) *lending {
	if families == nil || d.technology != SIP {
		return nil
	}
	l := &lending{families: families, system: system, back: newKeeper(familyStore{families, d}, d.log), peers: map[string]*lent{},
		places: map[netip.AddrPort]*Endpoint{}, boxes: map[string][]*Endpoint{}}
	l.ends.tasks = map[string]*task{}
	return l
}

// lends reports whether there is a family that may have a peer.
func (l *lending) lends() bool { return l != nil && l.families.Has(peerRows) }

// find returns the peer of a name in lower case, or nil.
func (l *lending) find(key string) *lent {
	if l == nil {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.peers[key]
}

// at is the peer whose host is an address, or nil.
func (l *lending) at(a netip.AddrPort) *Endpoint {
	if l == nil {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.places[a]
}

// kept are the peers that are kept, in no order.
func (l *lending) kept() []*Endpoint {
	if l == nil {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var list []*Endpoint
	for _, p := range l.peers {
		if p.kept {
			list = append(list, p.endpoint)
		}
	}
	return list
}

// ofMailbox are those that are told of a mailbox.
func (l *lending) ofMailbox(box string) []*Endpoint {
	if l == nil {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.boxes[box]
}

// put adds a peer or replaces the one of its name.
func (l *lending) put(key string, p *lent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.without(key)
	l.peers[key] = p
	if a, ok := p.endpoint.place(); ok {
		l.places[a] = p.endpoint
	}
	if p.kept {
		for _, box := range p.endpoint.Mailboxes {
			l.boxes[box] = append(slices.Clip(l.boxes[box]), p.endpoint)
		}
	}
}

// remove takes a peer away and returns it; nil if there was none.
func (l *lending) remove(key string) *lent {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.without(key)
}

// without is remove; l.mu is held.
func (l *lending) without(key string) *lent {
	p := l.peers[key]
	if p == nil {
		return nil
	}
	delete(l.peers, key)
	if a, ok := p.endpoint.place(); ok && l.places[a] == p.endpoint {
		delete(l.places, a)
	}
	for _, box := range p.endpoint.Mailboxes {
		left := slices.DeleteFunc(slices.Clone(l.boxes[box]), func(e *Endpoint) bool { return e == p.endpoint })
		if l.boxes[box] = left; len(left) == 0 {
			delete(l.boxes, box)
		}
	}
	return p
}

// place is the address of a peer that has one in its configuration.
func (e *Endpoint) place() (netip.AddrPort, bool) {
	if e.Peer.Kind == "user" || e.Peer.Dynamic {
		return netip.AddrPort{}, false
	}
	a, err := netip.ParseAddr(strings.Trim(e.Peer.Host, "[]"))
	return netip.AddrPortFrom(a.Unmap(), uint16(e.Peer.Port)), err == nil
}

// borrow has a peer of a name looked for in the families, if no file has it and none is
// kept. What it finds is in the model then.
func (d *Driver) borrow(name string) { d.borrowAs(name, d.Model().keepsLent()) }

// keepsLent reports whether peers that were asked for are kept.
func (m *Model) keepsLent() bool { return m.Global.General != nil && m.Global.General.Lending.Cache }

func (d *Driver) borrowAs(name string, kept bool) {
	l, key := d.lending, strings.ToLower(name)
	if !l.lends() || name == "" || d.Model().Endpoints[key] != nil {
		return
	}
	if p := l.find(key); p != nil && p.kept {
		return
	}
	rows, err := l.families.Rows(d.ctx, peerRows, event.Variable{Name: "name", Value: name})
	switch {
	case err != nil:
		d.log.Warn("a peer can't be read from its database", "peer", name, "error", err)
	case len(rows) == 0:
		d.letGo(key)
	default:
		d.lend(rows[0], kept)
	}
}

func firstRow(rows [][]event.Variable) []event.Variable {
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}

// borrowAt does the same with the peer at an address: its host, or where it has registered
// from; of any port if insecure=port says so.
func (d *Driver) borrowAt(a netip.AddrPort) (found bool) {
	l := d.lending
	if !l.lends() {
		return false
	}
	host, port := a.Addr().Unmap().String(), itoa(int(a.Port()))
	for _, where := range [][]event.Variable{
		{{Name: "host", Value: host}, {Name: "port", Value: port}},
		{{Name: "ipaddr", Value: host}, {Name: "port", Value: port}},
		{{Name: "host", Value: host}, {Name: "insecure LIKE", Value: "%port%"}},
		{{Name: "ipaddr", Value: host}, {Name: "insecure LIKE", Value: "%port%"}},
	} {
		rows, err := l.families.Rows(d.ctx, peerRows, where...)
		if err != nil {
			d.log.Debug("a database has not said which peer is at an address", "address", a, "error", err)
			continue
		}
		if row := firstRow(rows); row != nil && d.Model().Endpoints[strings.ToLower(valueOf(row, "name"))] == nil {
			d.lend(row, d.Model().keepsLent())
			return true
		}
	}
	return false
}

// lend puts what a row says in force.
func (d *Driver) lend(row []event.Variable, kept bool) {
	l, m := d.lending, d.Model()
	o, problems, ok := m.objectOf(row, kept)
	if !ok {
		d.log.Error("a peer of a database is left out", "peer", valueOf(row, "name"), "problems", problems)
		return
	}
	key := strings.ToLower(o.endpoint.Name)
	p := &lent{sipObject: o, kept: kept, problems: problems,
		oldUser: valueOf(row, "username") != "" && valueOf(row, "defaultuser") == ""}
	before := l.find(key)
	if problems != "" && (before == nil || before.problems != problems) {
		d.log.Warn("a peer of a database has wrong options", "peer", o.endpoint.Name, "problems", problems)
	}
	registration := d.storedRegistration(row, o.endpoint.Name)
	lock := d.lock(o.endpoint.Name)
	lock.Lock()
	if before = l.find(key); before != nil && before.kept { // somebody else has asked, too
		lock.Unlock()
		return
	}
	l.put(key, p)
	if !l.back.owes(l.registrations(), o.endpoint.Name) { // else the row is older than what is known
		d.lendContact(p, registration)
	}
	lock.Unlock()
	if !p.kept {
		l.ends.plan(d.clock, key, lentFor, func() { d.letGo(key) })
		return
	}
	d.beginLent(key, p)
}

// beginLent begins what goes on with a peer that is kept.
func (d *Driver) beginLent(key string, p *lent) {
	if o := d.Model().Global.General.Lending; o.Clear {
		d.lending.ends.plan(d.clock, key, o.ClearAfter, func() { d.clearLent(key) })
	}
	if p.aor == nil {
		return
	}
	d.qualifySoon(p.aor)
	if gap := p.endpoint.Peer.Keepalive; gap > 0 {
		d.keepAliveLater(key, gap)
	}
	d.updatePresence(p.endpoint.Name)
}

// storedRegistration is where the registration of a peer stands: in its row, or apart.
func (d *Driver) storedRegistration(row []event.Variable, name string) []event.Variable {
	l := d.lending
	if l.registrations() == peerRows {
		return row
	}
	rows, err := l.families.Rows(d.ctx, registrationRows, event.Variable{Name: "name", Value: name})
	if err != nil {
		d.log.Warn("the registration of a peer can't be read from its database", "peer", name, "error", err)
	}
	return firstRow(rows)
}

// registrations is the family that they are written to.
func (l *lending) registrations() string {
	return choose(l.families.Has(registrationRows), registrationRows, peerRows)
}

// letGo forgets a peer that was lent; its registration is in its row. One whose row is still
// to be written stays until it is.
func (d *Driver) letGo(key string) {
	l := d.lending
	p := l.find(key)
	if p == nil {
		return
	}
	name := p.endpoint.Name
	if l.back.owes(l.registrations(), name) {
		l.ends.plan(d.clock, key, lentFor, func() { d.letGo(key) })
		return
	}
	d.dropLent(key)
}

// dropLent forgets a peer in any case.
func (d *Driver) dropLent(key string) {
	p := d.lending.remove(key)
	if p == nil {
		return
	}
	name := p.endpoint.Name
	d.lending.ends.forget(d.clock, key)
	d.qualifier.forget(d.clock, name)
	d.keepalives.forget(d.clock, key)
	lock := d.lock(name)
	lock.Lock()
	defer lock.Unlock()
	for _, c := range d.location.contacts(name) {
		d.location.remove(name, c.ID)
		d.expiry.forget(d.clock, c.ID)
	}
}

// clearLent ends a peer by rtautoclear: its registration runs out.
func (d *Driver) clearLent(key string) {
	p := d.lending.find(key)
	if p == nil {
		return
	}
	for _, c := range d.location.contacts(p.endpoint.Name) {
		d.RemoveContact(p.endpoint.Name, c.ID)
	}
	d.dropLent(key)
}

// returnAll forgets all peers that were lent, as the configuration is another.
func (d *Driver) returnAll() {
	if d.lending == nil {
		return
	}
	d.lending.back.flush() // their rows are what is known of them then
	d.lending.mu.RLock()
	keys := sortedKeys(d.lending.peers)
	d.lending.mu.RUnlock()
	for _, key := range keys {
		d.dropLent(key)
	}
}

// prune forgets the peers that are kept whose names match, and returns how many.
func (d *Driver) prune(matches func(name string) bool) (n int) {
	if d.lending != nil {
		d.lending.back.flush() // as for returnAll
	}
	for _, e := range d.lending.kept() {
		if matches(e.Name) {
			d.dropLent(strings.ToLower(e.Name))
			n++
		}
	}
	return n
}

// valueOf is the last value of a column, whose case does not matter, or "".
func valueOf(row []event.Variable, name string) string {
	for _, v := range slices.Backward(row) {
		if strings.EqualFold(v.Name, name) {
			return v.Value
		}
	}
	return ""
}

// objectOf is what a row of sippeers makes: a peer, if it does not say what. The problems are in words; with ok
// false it makes nothing.
func (m *Model) objectOf(row []event.Variable, kept bool) (o sipObject, problems string, ok bool) {
	name, kind := valueOf(row, "name"), strings.ToLower(orText(valueOf(row, "type"), "peer"))
	if name == "" || kind != "peer" && kind != "user" && kind != "friend" {
		return o, "it has no name, or a type that there is not", false
	}
	l := &Loader{NamedACL: m.namedACL}
	s := m.rowSection(name, row)
	d := m.draft(name, kind)
	sound := l.sipLines(&d, s, kind, m.peerOptions...)
	l.sipTransports(m, &d, s)
	d.Peer.Lent, d.Peer.Cached = true, kept
	o = d.object(strings.ToLower(name))
	if m.Global.General.ExcludeStatic && o.endpoint.Peer.Dynamic {
		o.endpoint.ContactACL = append(slices.Clip(o.endpoint.ContactACL), m.fixedAddresses()...)
	}
	if o.aor != nil && !kept {
		o.aor.QualifyFrequency = 0 // nobody is there to remember what comes of it
	}
	var words []string
	for _, p := range l.problems {
		words = append(words, p.Problem)
	}
	return o, strings.Join(words, "; "), sound
}

// rowSection is a row as a section of sip.conf would say it: the columns that are options.
// The port of a peer that registers is that of its registration.
func (m *Model) rowSection(name string, row []event.Variable) *config.Section {
	s := &config.Section{Name: name, File: peerRows}
	dynamic := strings.EqualFold(valueOf(row, "host"), "dynamic")
	for _, v := range row {
		key := strings.ToLower(v.Name)
		known := slices.ContainsFunc(m.peerOptions, func(t *optionTable[sipDraft]) bool { return t.byName[key] != nil })
		if known && !(key == "port" && dynamic) || strings.HasSuffix(key, "acl") && pointless[key] == "" {
			s.Entries = append(s.Entries, config.Entry{Key: key, Value: v.Value, File: s.File})
		}
	}
	return s
}
