package phone

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// memory is a Store.
type memory struct {
	mu   sync.Mutex
	tree map[string]string
}

func (m *memory) Put(family, key, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tree[family+"/"+key] = value
	return nil
}

func (m *memory) Delete(family, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tree, family+"/"+key)
	return nil
}

func (m *memory) Tree(_ context.Context, family string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]string{}
	for key, value := range m.tree {
		if rest, ok := strings.CutPrefix(key, family+"/"); ok {
			found[rest] = value
		}
	}
	return found, nil
}

func (m *memory) keys() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.tree))
}

// heard collects events as short texts.
type heard struct {
	mu    sync.Mutex
	lines []string
}

func (h *heard) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	lines := h.lines
	h.lines = nil
	return lines
}

func listen(bus *event.Bus) *heard {
	h := &heard{}
	bus.Subscribe(event.Kinds(event.KindTestEvent, event.KindContactStatus, event.KindPeerStatus, event.KindRegistry), func(s event.Stamped) {
		line := ""
		switch e := s.Event.(type) {
		case *event.TestEvent:
			line = "TestEvent " + e.State + " " + e.Fields[0].Value
		case *event.ContactStatus:
			line = "ContactStatus " + e.Status + " " + e.URI
		case *event.PeerStatus:
			line = strings.TrimSpace("PeerStatus " + e.Status + " " + e.Peer + " " + e.Address + e.Cause)
		case *event.Registry:
			line = "Registry " + e.Status + " " + e.Username
		}
		h.mu.Lock()
		h.lines = append(h.lines, line)
		h.mu.Unlock()
	})
	return h
}

// office is a driver without transports, in a bubble of virtual time.
type office struct {
	*Driver
	heard *heard
	store *memory

	mu      sync.Mutex
	devices []string
	asked   []string
	answers map[string]int // by URI: how OPTIONS are answered; 0 is silence
	slow    time.Duration  // until they are
}

func newOffice(t *testing.T, technology, text string, store *memory) *office {
	m, problems := load(t, technology, text)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	if store == nil {
		store = &memory{tree: map[string]string{}}
	}
	o := &office{store: store, answers: map[string]int{}}
	bus := event.NewBus()
	o.heard = listen(bus)
	o.Driver = New(Config{Model: m, Bus: bus, Store: store, Hooks: Hooks{DeviceChanged: func(device, state string) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.devices = append(o.devices, device+" "+state)
	}}})
	o.qualifier.ask = func(_ context.Context, c *Contact, _ *AOR, timeout time.Duration, done func(int)) {
		o.mu.Lock()
		o.asked = append(o.asked, c.URI)
		code, slow := o.answers[c.URI], max(o.slow, 5*time.Millisecond)
		o.mu.Unlock()
		if code != 0 {
			o.clock.after(slow, func() { done(code) })
		} else {
			o.clock.after(timeout, func() { done(0) })
		}
	}
	o.run(t.Context())
	o.restoreContacts()
	o.setStatic(m)
	o.qualifyAll(m)
	t.Cleanup(func() { o.cancel(); o.workers.Wait() })
	return o
}

// answer says how a contact answers OPTIONS from now on.
func (o *office) answer(uri string, code int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers[uri] = code
}

func (o *office) askedTimes() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.asked)
}

func (o *office) put(aor, uri string, expires int) registered {
	a := o.Model().AOR(aor)
	q := &registering{Endpoint: o.Model().endpointsOf(a.Name)[0], AOR: a, Expires: expires, CallID: "c", UserAgent: "probe",
		Source: netip.MustParseAddrPort("127.0.0.1:6100"), Transport: "udp"}
	if uri == "*" {
		q.Star = true
	} else if uri != "" {
		q.Bindings = []binding{{URI: uri, Expires: -1}}
	}
	if o.technology == SIP {
		return o.registerPeer(q)
	}
	return o.Driver.register(q)
}

func uris(list []*Contact) string {
	var words []string
	for _, c := range list {
		words = append(words, c.URI)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

const phone100 = `
[100]
type=endpoint
aors=100
[100]
type=aor
max_contacts=2
`

// The orders below are those that Asterisk 22 showed on AMI.
func TestRegistrarTellsWhatTheReferenceTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, PJSIP, phone100+"qualify_frequency=60\n", &memory{tree: map[string]string{}})
		o.answer("sip:a@127.0.0.1", 200)
		r := o.put("100", "sip:a@127.0.0.1", 120)
		if r.Status != 200 || uris(r.Contacts) != "sip:a@127.0.0.1" {
			t.Fatalf("registered %+v", r)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		id := contactID("100", "sip:a@127.0.0.1", false)
		want := []string{"TestEvent AOR_CONTACT_ADDED sip:a@127.0.0.1", "ContactStatus NonQualified sip:a@127.0.0.1",
			"TestEvent AOR_CONTACT_UPDATE " + id, "TestEvent AOR_CONTACT_QUALIFY_RESULT " + id, "PeerStatus Reachable 100",
			"ContactStatus Reachable sip:a@127.0.0.1"}
		if got := o.heard.take(); !slices.Equal(got, want) {
			t.Errorf("a first contact\ngot  %q\nwant %q", got, want)
		}
		o.put("100", "sip:a@127.0.0.1", 130)
		if got, want := o.heard.take(), []string{"TestEvent AOR_CONTACT_REFRESHED sip:a@127.0.0.1"}; !slices.Equal(got, want) {
			t.Errorf("refresh\ngot  %q\nwant %q", got, want)
		}
		o.put("100", "*", 0)
		want = []string{"TestEvent AOR_CONTACT_REMOVED sip:a@127.0.0.1", "PeerStatus Unreachable 100", "ContactStatus Removed sip:a@127.0.0.1"}
		if got := o.heard.take(); !slices.Equal(got, want) {
			t.Errorf("gone\ngot  %q\nwant %q", got, want)
		}
		if got, want := o.devices, []string{"PJSIP/100 NOT_INUSE", "PJSIP/100 UNAVAILABLE"}; !slices.Equal(got, want) {
			t.Errorf("devices %q, want %q", got, want)
		}
	})
}

// The lines and their verbosities are those of Asterisk 22: 2 is shown as ==, 3 as --.
func TestTheLogTellsOfContacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, PJSIP, phone100+"qualify_frequency=60\n", nil)
		var log bytes.Buffer
		o.lines = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: logging.Verbose}))
		o.answer("sip:a@127.0.0.1", 200)
		o.put("100", "sip:a@127.0.0.1", 120)
		time.Sleep(time.Second)
		o.answer("sip:a@127.0.0.1", 0)
		time.Sleep(time.Minute + 10*time.Second)
		o.put("100", "*", 0)
		synctest.Wait()
		var got []string
		for _, m := range regexp.MustCompile(`msg="(.*)" verbosity=(\d)`).FindAllStringSubmatch(log.String(), -1) {
			got = append(got, m[2]+" "+m[1])
		}
		want := []string{"3 Added contact 'sip:a@127.0.0.1' to AOR '100' with expiration of 120 seconds", "2 Endpoint 100 is now Reachable",
			"3 Contact 100/sip:a@127.0.0.1 is now Reachable.  RTT: 5.000 msec", "2 Endpoint 100 is now Unreachable",
			"3 Contact 100/sip:a@127.0.0.1 is now Unreachable.  RTT: 0.000 msec",
			"3 Removed contact 'sip:a@127.0.0.1' from AOR '100' due to request", "2 Contact 100/sip:a@127.0.0.1 has been deleted"}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestRegistrarLimits(t *testing.T) {
	tests := []struct {
		name, options string
		steps         []string // "URI expires"
		status        int      // of the last
		contacts      string
	}{
		{"two fit", "", []string{"sip:a@h 100", "sip:b@h 100"}, 200, "sip:a@h sip:b@h"},
		{"a third does not", "", []string{"sip:a@h 100", "sip:b@h 100", "sip:c@h 100"}, 403, "sip:a@h sip:b@h"},
		{"remove_existing makes room with the one that ends first", "remove_existing=yes\n", []string{"sip:a@h 500", "sip:b@h 100", "sip:c@h 900"}, 200, "sip:a@h sip:c@h"},
		{"refresh fits", "", []string{"sip:a@h 100", "sip:b@h 100", "sip:a@h 200"}, 200, "sip:a@h sip:b@h"},
		{"unregister one", "", []string{"sip:a@h 100", "sip:b@h 100", "sip:a@h 0"}, 200, "sip:b@h"},
		{"star needs expires 0", "", []string{"sip:a@h 100", "* 10"}, 400, "sip:a@h"},
		{"star", "", []string{"sip:a@h 100", "sip:b@h 100", "* 0"}, 200, ""},
		{"query", "", []string{"sip:a@h 100", " -1"}, 200, "sip:a@h"},
		{"no SIP URI", "", []string{"tel:123 100"}, 416, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, PJSIP, phone100+test.options, nil)
				var r registered
				for _, step := range test.steps {
					uri, expires, _ := strings.Cut(step, " ")
					n := 0
					if _, err := fmt.Sscan(expires, &n); err != nil {
						t.Fatal(err)
					}
					r = o.put("100", uri, n)
				}
				if got := uris(o.Contacts("100")); r.Status != test.status || got != test.contacts {
					t.Errorf("got %d with %q, want %d with %q", r.Status, got, test.status, test.contacts)
				}
			})
		})
	}
}

// A contact that is named twice counts once, so that it can't make room for two.
func TestAContactNamedTwiceCountsOnce(t *testing.T) {
	for _, test := range []struct {
		name     string
		bindings []binding
		status   int
		contacts string
	}{
		{"added twice", []binding{{"sip:b@h", 50}, {"sip:b@h", 100}}, 200, "sip:a@h sip:b@h"},
		{"removed twice", []binding{{"sip:a@h", 0}, {"sip:a@h", 0}, {"sip:b@h", 9}, {"sip:c@h", 9}, {"sip:d@h", 9}}, 403, "sip:a@h"},
		{"removed, then added", []binding{{"sip:a@h", 0}, {"sip:a@h", 60}}, 200, "sip:a@h"},
		{"longer than a duration", []binding{{"sip:a@h", 10_000_000_000}}, 200, "sip:a@h"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, PJSIP, phone100, nil)
				o.put("100", "sip:a@h", 100)
				a := o.Model().AOR("100")
				r := o.Driver.register(&registering{Endpoint: o.Model().endpointsOf("100")[0], AOR: a, Expires: -1, Bindings: test.bindings})
				if got := uris(o.Contacts("100")); r.Status != test.status || got != test.contacts {
					t.Errorf("got %d with %q, want %d with %q", r.Status, got, test.status, test.contacts)
				}
				if b := test.bindings[0]; b.Expires > 1e9 && !o.Contacts("100")[0].Expires.Equal(time.Now().Add(a.MaximumExpiration)) {
					t.Errorf("ends %v, want after %v", o.Contacts("100")[0].Expires, a.MaximumExpiration)
				}
			})
		})
	}
}

func TestExpiryKeepsToTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, PJSIP, phone100, &memory{tree: map[string]string{}})
		o.put("100", "sip:a@h", 1) // the minimum is 60
		time.Sleep(40 * time.Second)
		o.put("100", "sip:a@h", 60)
		time.Sleep(59 * time.Second)
		if got := uris(o.Contacts("100")); got != "sip:a@h" {
			t.Errorf("after 59 s of a refreshed minute: %q", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := uris(o.Contacts("100")); got != "" {
			t.Errorf("after 61 s: %q", got)
		}
		if got := o.store.keys(); len(got) != 0 {
			t.Errorf("still stored: %q", got)
		}
	})
}

func TestContactsSurviveARestart(t *testing.T) {
	for _, face := range []struct{ technology, text, aor, key string }{
		{PJSIP, phone100, "100", "registrar/contact/100;@"},
		{SIP, "[100]\ntype=friend\nhost=dynamic\n", "100", "SIP/Registry/100"},
	} {
		t.Run(face.technology, func(t *testing.T) {
			store := &memory{tree: map[string]string{}}
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, face.technology, face.text, store)
				o.put(face.aor, "sip:a@127.0.0.1:6100", 300)
				time.Sleep(gather)
				synctest.Wait()
				if keys := store.keys(); len(keys) != 1 || !strings.HasPrefix(keys[0], face.key) {
					t.Fatalf("stored as %q, want %s…", keys, face.key)
				}
				o.cancel()
				o.workers.Wait()
				again := newOffice(t, face.technology, face.text, store)
				if got := uris(again.Contacts(face.aor)); got != "sip:a@127.0.0.1:6100" {
					t.Fatalf("after a restart: %q", got)
				}
				time.Sleep(320 * time.Second)
				synctest.Wait()
				if got := uris(again.Contacts(face.aor)); got != "" {
					t.Errorf("after its time: %q", got)
				}
			})
		})
	}
}

func TestPeerRegisters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, SIP, "[manuel]\ntype=friend\nhost=dynamic\nqualify=yes\n", nil)
		o.answer("sip:manuel@127.0.0.1:6100", 200)
		o.put("manuel", "sip:manuel@127.0.0.1:6100", 120)
		time.Sleep(time.Second)
		o.put("manuel", "sip:manuel@127.0.0.1:6100", 0)
		want := []string{"PeerStatus Registered manuel 127.0.0.1:6100", "PeerStatus Reachable manuel", "PeerStatus Unregistered manuel Expired"}
		if got := o.heard.take(); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestPeerIsAskedAgainSoonWhenItIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, SIP, "[manuel]\ntype=friend\nhost=dynamic\nqualify=yes\nqualifyfreq=300\n", nil)
		o.answer("sip:m@h", 200)
		o.slow = 2500 * time.Millisecond
		status := func() ContactStatus { return o.location.contacts("manuel")[0].Status }
		synctest.Wait() // the round of the start, at the same time, finds nobody
		o.put("manuel", "sip:m@h", 3600)
		for want := 1; want <= 3; want++ { // after 0, 12.5 and 25 s
			time.Sleep(3 * time.Second)
			synctest.Wait()
			if got := o.askedTimes(); got != want || status() != Lagged {
				t.Errorf("a slow peer was asked %d times and is %s, want %d times and %s", got, status(), want, Lagged)
			}
			time.Sleep(9400 * time.Millisecond)
			if got := o.askedTimes(); got != want {
				t.Errorf("a slow peer was asked %d times before it was due, want %d", got, want)
			}
			if want == 3 {
				o.mu.Lock()
				o.slow = 0
				o.mu.Unlock()
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if status() != Reachable {
			t.Errorf("a peer that is quick again is %s", status())
		}
		before := o.askedTimes()
		time.Sleep(200 * time.Second)
		if o.askedTimes() != before {
			t.Error("a quick peer is asked more often than qualifyfreq says")
		}
	})
}

func TestPeerIsAskedAgainSoonWhenItIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, SIP, "[manuel]\ntype=friend\nhost=dynamic\nqualify=300\n", nil)
		o.answer("sip:m@h", 200)
		o.put("manuel", "sip:m@h", 3600)
		time.Sleep(time.Second)
		o.answer("sip:m@h", 0)
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if got, want := o.DeviceState("manuel"), "UNAVAILABLE"; got != want {
			t.Errorf("a silent peer is %s, want %s", got, want)
		}
		o.answer("sip:m@h", 404)
		before := o.askedTimes()
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if o.askedTimes() == before {
			t.Error("a silent peer was not asked again within 11 s")
		}
		if got, want := o.DeviceState("manuel"), "NOT_INUSE"; got != want {
			t.Errorf("a peer that answers 404 is %s, want %s", got, want)
		}
	})
}

func TestDeviceStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, PJSIP, "[100]\ntype=endpoint\naors=100\ndevice_state_busy_at=2\n[100]\ntype=aor\ncontact=sip:a@h\n", nil)
		e := o.Model().Endpoint("100")
		check := func(want string) {
			t.Helper()
			if got := o.DeviceState("100/sip:x@h"); got != want {
				t.Errorf("state %s, want %s", got, want)
			}
		}
		check("NOT_INUSE")
		o.callBegins(e)
		check("NOT_INUSE")
		o.callChanges(e, callNone, callRinging)
		check("RINGING")
		o.callChanges(e, callRinging, callInUse)
		check("INUSE")
		o.callChanges(e, callInUse, callHeld)
		check("ONHOLD")
		o.callBegins(e)
		o.callChanges(e, callNone, callInUse)
		check("BUSY")
		o.callEnds(e, callHeld)
		check("INUSE")
		o.callEnds(e, callInUse)
		check("NOT_INUSE")
		if got := o.DeviceState("nobody"); got != "INVALID" {
			t.Errorf("an unknown device is %s", got)
		}
	})
}

func TestCallLimit(t *testing.T) {
	m, _ := load(t, SIP, "[x]\ntype=friend\nhost=127.0.0.1\ncall-limit=1\n")
	d := New(Config{Model: m})
	d.setStatic(m)
	e := m.Endpoint("x")
	if !d.callBegins(e) || d.callBegins(e) {
		t.Error("a call-limit of 1 does not let just one call pass")
	}
	d.callChanges(e, callNone, callInUse)
	if got := d.DeviceState("x"); got != "BUSY" {
		t.Errorf("at its limit a peer is %s, want BUSY", got)
	}
	d.callEnds(e, callInUse)
	if !d.callBegins(e) {
		t.Error("no call passes after the first has ended")
	}
}

// everySecond are the seconds from one before another.
func everySecond(from, to time.Duration) (list []time.Duration) {
	for ; from < to; from++ {
		list = append(list, from)
	}
	return list
}

func TestOutgoingRegistration(t *testing.T) {
	const conf = "[r]\ntype=registration\nserver_uri=sip:h\nclient_uri=sip:me@h\nretry_interval=20\nmax_random_initial_delay=0\nexpiration=100\nmax_retries=3\n"
	tests := []struct {
		name    string
		answers []answer
		sent    []time.Duration // when, since the start
		state   string
	}{
		{"refreshed in time", []answer{{Code: 200, Expires: 100 * time.Second}}, []time.Duration{0, 90, 180}, "Registered"},
		{"silence is tried again", []answer{{}, {Code: 200, Expires: 100 * time.Second}}, []time.Duration{0, 20, 110}, "Registered"},
		{"what ends at once is not kept up", []answer{{Code: 200, Ended: true}}, []time.Duration{0}, "Unregistered"},
		{"a refusal is for ever", []answer{{Code: 403}}, []time.Duration{0}, "Rejected"},
		{"a wrong password too", []answer{{Code: 401, Rejected: true}}, []time.Duration{0}, "Rejected"},
		{"423 is asked again at once", []answer{{Code: 423, MinExpires: 150 * time.Second}, {Code: 200, Expires: 150 * time.Second}},
			[]time.Duration{0, 0, 140}, "Registered"},
		{"423 for ever more is not", []answer{{Code: 423, MinExpires: 101 * time.Second}, {Code: 423, MinExpires: 102 * time.Second},
			{Code: 423, MinExpires: 103 * time.Second}, {Code: 200, Expires: 103 * time.Second}}, []time.Duration{0, 0, 20, 40, 133}, "Registered"},
		{"a second is refreshed each second", []answer{{Code: 200, Expires: time.Second}}, everySecond(0, 200), "Registered"},
		{"no more tries than max_retries", []answer{{Code: 503}, {Code: 503}, {Code: 503}, {Code: 503}}, []time.Duration{0, 20, 40, 60}, "Rejected"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, PJSIP, conf, nil)
				began := time.Now()
				var sent []time.Duration
				o.outgoings.send = func(_ context.Context, _ *outgoing, _ time.Duration, done func(answer)) {
					n := min(len(sent), len(test.answers)-1)
					sent = append(sent, time.Since(began)/time.Second)
					done(test.answers[n])
				}
				o.startRegistrations(o.Model())
				time.Sleep(199 * time.Second)
				synctest.Wait()
				if !slices.Equal(sent, test.sent) {
					t.Errorf("sent after %v seconds, want %v", sent, test.sent)
				}
				if got := o.outgoing("r").state; got != test.state {
					t.Errorf("state %s, want %s", got, test.state)
				}
			})
		})
	}
}

// A contact can be called before it was asked whether it is there, and no more
// once it did not answer; the device is available when it has answered. So it is
// in Asterisk 22.
func TestContactsAreCalledUntilTheyAreKnownToBeGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, PJSIP, phone100+"qualify_frequency=60\n", nil)
		o.put("100", "sip:a@127.0.0.1", 120)
		a, c := o.Model().AOR("100"), o.Contacts("100")[0]
		for _, test := range []struct {
			status          ContactStatus
			called, present bool
		}{{NonQualified, true, false}, {Reachable, true, true}, {Unreachable, false, false}} {
			next := c.with(test.status, 0)
			o.location.replace(o.Contacts("100")[0], next)
			if _, err := o.destination(o.Model(), "100"); (err == nil) != test.called {
				t.Errorf("%v: calling it says %v", test.status, err)
			}
			if got := o.available(a, next); got != test.present {
				t.Errorf("%v: available %v, want %v", test.status, got, test.present)
			}
		}
	})
}
