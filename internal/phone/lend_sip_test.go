package phone

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// rows are families in memory.
type rows struct {
	mu     sync.Mutex
	tables map[string][]map[string]string
	asked  int
	broken bool
}

func (f *rows) Has(family string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.tables[family]
	return ok
}

func (f *rows) Rows(_ context.Context, family string, where ...event.Variable) (list [][]event.Variable, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.broken {
		return nil, errors.New("away")
	}
	for _, row := range f.tables[family] {
		if slices.ContainsFunc(where, func(v event.Variable) bool {
			name, like := strings.CutSuffix(v.Name, " LIKE")
			return like && !strings.Contains(row[name], strings.Trim(v.Value, "%")) || !like && row[name] != v.Value
		}) {
			continue
		}
		var one []event.Variable
		for _, name := range sortedKeys(row) {
			one = append(one, event.Variable{Name: name, Value: row[name]})
		}
		list = append(list, one)
	}
	return list, nil
}

func (f *rows) Update(_ context.Context, family, name string, to []event.Variable) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return errors.New("away")
	}
	for _, row := range f.tables[family] {
		for _, v := range to {
			if row["name"] == name {
				row[v.Name] = v.Value
			}
		}
	}
	return nil
}

func (f *rows) get(family, name, column string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, row := range f.tables[family] {
		if row["name"] == name {
			return row[column]
		}
	}
	return ""
}

func (f *rows) becomes(t *testing.T, family, name, column, want string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); f.get(family, name, column) != want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s of %s is %q, want %q", column, name, f.get(family, name, column), want)
		}
	}
}

// lends starts a driver whose peers lie in families.
func lends(t *testing.T, general string, f *rows) *Driver {
	t.Helper()
	m, problems := load(t, SIP, "[general]\nudpbindaddr=127.0.0.1\ncontext=public\n"+general+"[filed]\ntype=friend\nhost=dynamic\n")
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	m.Transports[0].anyPort()
	d := New(Config{Model: m, Bus: event.NewBus(), Families: f, System: "here"})
	d.newSessions = nil
	if err := d.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

func someRows() *rows {
	return &rows{tables: map[string][]map[string]string{peerRows: {
		{"name": "ana", "host": "dynamic", "type": "friend", "context": "office", "secret": "x", "mailbox": "1@a"},
		{"name": "fixed", "host": "192.0.2.7", "port": "5070", "insecure": "invite"},
		{"name": "far", "host": "dynamic", "ipaddr": "192.0.2.8", "port": "5071", "regseconds": "4000000000", "fullcontact": "sip:me@192.0.2.8:5071", "useragent": "A"},
		{"name": "old", "host": "dynamic", "ipaddr": "192.0.2.9", "port": "5071", "regseconds": "1000", "fullcontact": "sip:me@192.0.2.9:5071"},
		{"name": "shut", "host": "dynamic", "permit": "nonsense"},
	}}}
}

func register(p *softphone, user, expires string) int {
	contact := "Contact: <" + p.contact() + ">"
	first := p.ask(sip.Register, "sip:127.0.0.1", user, contact, "Expires: "+expires)
	if first.Status != 401 {
		return first.Status
	}
	c, _ := sip.ParseChallenge(first.Get("WWW-Authenticate"))
	value, err := sip.Authorize(c, sip.Secret{Username: user, Password: "x"}, sip.Register, "sip:127.0.0.1", 1)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.ask(sip.Register, "sip:127.0.0.1", user, contact, "Expires: "+expires, "Authorization: "+value).Status
}

func TestAPeerOfADatabaseRegisters(t *testing.T) {
	for _, general := range []string{"", "rtcachefriends=yes\n", "rtcachefriends=yes\nrtautoclear=yes\n"} {
		f := someRows()
		d := lends(t, general+"rtsavesysname=yes\n", f)
		p := newSoftphone(t, d)
		if got := register(p, "ana", "300"); got != 200 {
			t.Fatalf("%q: registered with %d", general, got)
		}
		f.becomes(t, peerRows, "ana", "fullcontact", p.contact())
		f.becomes(t, peerRows, "ana", "ipaddr", "127.0.0.1")
		f.becomes(t, peerRows, "ana", "regserver", "here")
		f.becomes(t, peerRows, "ana", "useragent", "probe")
		kept := strings.Contains(general, "friends")
		if got := slices.ContainsFunc(d.Model().List(), func(e *Endpoint) bool { return e.Name == "ana" }); got != kept {
			t.Errorf("%q: listed %v, want %v", general, got, kept)
		}
		if to, err := d.destination(d.Model(), "ana"); err != nil || to.uri.String() != p.contact() {
			t.Errorf("%q: called at %v, %v", general, to.uri, err)
		}
		if got := register(p, "ana", "0"); got != 200 {
			t.Fatalf("%q: taken back with %d", general, got)
		}
		f.becomes(t, peerRows, "ana", "fullcontact", "")
		f.becomes(t, peerRows, "ana", "regseconds", "0")
		if there := d.lending.find("ana") != nil; there != !strings.Contains(general, "autoclear") {
			t.Errorf("%q: it is still there: %v", general, there)
		}
		if got := register(p, "nobody", "300"); got != 403 && got != 401 {
			t.Errorf("%q: who is in no table is answered %d", general, got)
		}
	}
}

func TestWhereAPeerOfADatabaseIs(t *testing.T) {
	f := someRows()
	d := lends(t, "", f)
	target := func(name string) string {
		d.refresh(name)
		to, err := d.destination(d.Model(), name)
		if err != nil {
			return ""
		}
		return to.uri.String()
	}
	for name, want := range map[string]string{"far": "sip:me@192.0.2.8:5071", "fixed": "sip:192.0.2.7:5070", "old": "", "shut": "", "nobody": ""} {
		if got := target(name); got != want {
			t.Errorf("%s is called at %q, want %q", name, got, want)
		}
	}
	f.becomes(t, peerRows, "old", "ipaddr", "") // its registration is over
	f.mu.Lock()
	f.tables[peerRows][2]["fullcontact"] = "sip:you@192.0.2.8:5071"
	f.mu.Unlock()
	if got := target("far"); got != "sip:you@192.0.2.8:5071" {
		t.Errorf("after a change it is called at %q", got)
	}
	f.mu.Lock()
	f.broken = true
	f.mu.Unlock()
	if got := target("far"); got != "sip:you@192.0.2.8:5071" {
		t.Errorf("while the database is away it is called at %q", got)
	}
	f.mu.Lock()
	f.broken = false
	f.tables[peerRows] = f.tables[peerRows][:2]
	f.mu.Unlock()
	if got := target("far"); got != "" {
		t.Errorf("what is gone is called at %q", got)
	}
	before := f.asked
	if d.refresh("filed"); f.asked != before {
		t.Error("a peer of the file is asked for")
	}
	d.borrowAt(netip.MustParseAddrPort("192.0.2.7:5070"))
	if e := d.peerAt(d.Model(), netip.MustParseAddrPort("192.0.2.7:5070")); e == nil || e.Name != "fixed" {
		t.Errorf("at its address is %v", e)
	}
}

func TestPeersOfADatabaseAreForgotten(t *testing.T) {
	f := someRows()
	d := lends(t, "rtcachefriends=yes\nignoreregexpire=yes\nrtupdate=no\n", f)
	p := newSoftphone(t, d)
	if got := register(p, "ana", "300"); got != 200 {
		t.Fatal(got)
	}
	d.refresh("far", "fixed", "old")
	if e := d.Model().Endpoint("old"); e == nil || len(d.Contacts("old")) != 1 {
		t.Error("a registration that has run out is not good enough")
	}
	if got := d.Model().ofMailbox("1@a"); len(got) != 1 || got[0].Name != "ana" {
		t.Errorf("mailbox of %v", got)
	}
	for _, c := range []struct{ line, want string }{
		{"sip prune realtime peer ana", "Peer 'ana' pruned.\n"},
		{"sip prune realtime peer ana", "Peer 'ana' not found.\n"},
		{"sip prune realtime peer filed", "Peer 'filed' is not a Realtime peer, cannot be pruned.\n"},
		{"sip prune realtime like ^f", "2 peers pruned.\n"},
		{"sip prune realtime all", "1 peers pruned.\n"},
		{"sip prune realtime all", "No peers found to prune.\n"},
	} {
		if got, _ := run(t, d, c.line); got != c.want {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
	if list := d.location.all(); len(list) != 0 || len(d.Model().ofMailbox("1@a")) != 0 {
		t.Errorf("contacts %v are left", list)
	}
	if got := f.get(peerRows, "ana", "ipaddr"); got != "" {
		t.Errorf("with rtupdate=no the address %q is written", got)
	}
}
