package phone

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

const watchedPJSIP = `
[udp]
type=transport
bind=127.0.0.1:0
[alice]
type=endpoint
context=default
aors=alice
sub_min_expiry=10
[alice]
type=aor
mailboxes=a@default,b@default
[deaf]
type=endpoint
allow_subscribe=no
[told]
type=endpoint
aors=told
mailboxes=a@default
mwi_from_user=mwi
voicemail_extension=*97
[told]
type=aor
max_contacts=1
[team]
type=resource_list
event=presence
list_item=lamp,inner,nosuch
[inner]
type=resource_list
event=presence
list_item=bell,lamp
[news]
type=inbound-publication
endpoint=alice
event_asterisk-devicestate=news
event_asterisk-mwi=news
[news]
type=asterisk-publication
device_state=yes
mailbox_state=yes
mailbox_state_filter=^zed
`

// A watchHouse is a driver with hints on custom devices.
type watchHouse struct {
	*Driver
	bus       *event.Bus
	board     *state.Board
	mailboxes *state.Mailboxes
}

func newWatchHouse(t *testing.T, store Store, port uint16) *watchHouse {
	t.Helper()
	m, problems := load(t, PJSIP, watchedPJSIP)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	m.Transports[0].anyPort()
	if port != 0 {
		m.Transports[0].Bind = netip.AddrPortFrom(m.Transports[0].Bind.Addr(), port)
	}
	h := &watchHouse{bus: event.NewBus()}
	h.board = state.NewBoard(h.bus, func(string) string { return state.Invalid })
	h.board.SetHints([]state.Hint{{Exten: "lamp", Context: "default", Devices: "Custom:lamp"}, {Exten: "bell", Context: "default", Devices: "Custom:bell"}}, true)
	h.board.SetCustom("Custom:lamp", state.NotInUse)
	h.board.SetCustom("Custom:bell", state.NotInUse)
	h.mailboxes = state.NewMailboxes(h.bus)
	h.Driver = New(Config{Model: m, Bus: h.bus, Store: store, Board: h.board, Mailboxes: h.mailboxes, EntityID: "00:00:00:00:00:01",
		Hooks: Hooks{Hint: func(exten, in string) (string, bool) { _, ok := h.board.Of(exten, in); return in, ok }}})
	h.newSessions = nil
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.Booted()
	return h
}

func (h *watchHouse) stop(t *testing.T) {
	t.Helper()
	if err := h.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// A watcher is a softphone that subscribes.
type watcher struct {
	*softphone
	to string // with tag, once it is known
}

func (w *watcher) subscribe(resource, user string, headers ...string) *sip.Message {
	w.t.Helper()
	w.send(sip.Subscribe, resource, user, "", headers...)
	r := w.read()
	if r.Status == 200 {
		w.to = r.Get("To")
	}
	return r
}

func (w *watcher) send(method, resource, user, body string, headers ...string) {
	w.t.Helper()
	w.cseq++
	to := w.to
	if to == "" {
		to = "<sip:" + resource + "@127.0.0.1:5060>"
	}
	text := fmt.Sprintf("%s sip:%s@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=%s\r\nMax-Forwards: 70\r\nFrom: <sip:%s@127.0.0.1:5061>;tag=a\r\n"+
		"To: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <%s>\r\n%s\r\nContent-Length: %d\r\n\r\n%s", method, resource, w.conn.LocalAddr(), sip.NewBranch(), user, to,
		w.callID, w.cseq, method, w.contact(), strings.Join(headers, "\r\n"), len(body), body)
	if _, err := w.conn.WriteToUDP([]byte(text), w.server); err != nil {
		w.t.Fatal(err)
	}
}

// read returns the next message; a NOTIFY is answered with 200.
func (w *watcher) read() *sip.Message {
	w.t.Helper()
	_ = w.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _, err := w.conn.ReadFromUDP(w.buffer)
	if err != nil {
		w.t.Fatalf("no message: %v", err)
	}
	m, err := sip.Parse(w.buffer[:n])
	if err != nil {
		w.t.Fatal(err)
	}
	if m.IsRequest() {
		w.answer(m, 200)
	}
	return m
}

func (w *watcher) answer(m *sip.Message, status int) {
	_, _ = w.conn.WriteToUDP(sip.NewResponse(m, status, "", "a").AppendTo(nil), w.server)
}

// changing is what differs from run to run.
var changing = regexp.MustCompile(`tag=[0-9a-f]{16}|branch=\S+|CSeq: \d+|127\.0\.0\.1:\d{4,}|atomid="[^"]+"|Call-ID: \S+`)

func plainText(m *sip.Message) string {
	return strings.ReplaceAll(changing.ReplaceAllString(m.String(), "*"), "\r", "")
}

// The messages are as those of Asterisk 22.10.1 but for what changing names.
func TestSubscriptionOverTheWire(t *testing.T) {
	h := newWatchHouse(t, nil, 0)
	defer h.stop(t)
	w := &watcher{softphone: newSoftphone(t, h.Driver)}
	head := []string{"Event: presence", "Expires: 300", "Accept: application/xpidf+xml, application/pidf+xml"}
	r := w.subscribe("lamp", "alice", head...)
	if got := r.Get("Expires"); r.Status != 200 || got != "300" || r.Get("Contact") == "" {
		t.Fatalf("answer:\n%s", r)
	}
	notify := func(left, note string) string {
		return `NOTIFY sip:me@* SIP/2.0
Via: SIP/2.0/UDP *;rport;*
From: <sip:lamp@127.0.0.1>;*
To: <sip:alice@127.0.0.1>;tag=a
Contact: <sip:*>
*
* NOTIFY
Event: presence
Subscription-State: ` + left + `
Allow-Events: message-summary, presence, dialog, refer
Max-Forwards: 70
User-Agent: Asterisk PBX 22.10.1+dfsg+~cs6.17.60671434-1
Content-Type: application/xpidf+xml
Content-Length:  343

<?xml version="1.0" encoding="UTF-8"?>
<presence>
 <presentity uri="sip:lamp@*;method=SUBSCRIBE" />
 <atom * id="lamp">
  <address uri="sip:alice@127.0.0.1;user=ip" priority="0.80000">
   ` + note + `
  </address>
 </atom>
</presence>
`
	}
	const free, inUse = "<status status=\"open\" />\n   <msnsubstatus substatus=\"online\" />", "<status status=\"inuse\" />\n   <msnsubstatus substatus=\"onthephone\" />"
	if got := plainText(w.read()); !same(got, notify("active;expires=300", free)) {
		t.Errorf("first:\n%s", got)
	}
	h.board.SetCustom("Custom:lamp", state.InUse)
	if got := plainText(w.read()); !same(got, notify("active;expires=300", inUse)) {
		t.Errorf("after a change:\n%s", got)
	}
	h.board.SetCustom("Custom:lamp", state.InUse) // is no change
	if n := h.Watchers("lamp", "default"); n != 1 {
		t.Errorf("%d watchers, want 1", n)
	}
	if r := w.subscribe("lamp", "alice", "Event: presence", "Expires: 0"); r.Status != 200 || r.Get("Expires") != "0" {
		t.Errorf("the end:\n%s", r)
	}
	if got := plainText(w.read()); !same(got, notify("terminated", inUse)) {
		t.Errorf("last:\n%s", got)
	}
	if r := w.subscribe("lamp", "alice", head...); r.Status != 481 {
		t.Errorf("after the end: %d, want 481", r.Status)
	}
	if n := h.Watchers("lamp", "default"); n != 0 {
		t.Errorf("%d watchers, want none", n)
	}
}

// same compares but for the seconds left, a second more or less, and the length.
func same(got, want string) bool {
	loose := regexp.MustCompile(`expires=(300|299)|Content-Length: +\d+`)
	return loose.ReplaceAllString(got, "~") == loose.ReplaceAllString(want, "~")
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	h := newWatchHouse(t, nil, 0)
	defer h.stop(t)
	for _, c := range []struct {
		resource, user string
		headers        []string
		want           int
	}{
		{"lamp", "deaf", []string{"Event: presence"}, 603},
		{"lamp", "alice", []string{"Event: presence", "Expires: 0"}, 400},
		{"lamp", "alice", []string{"Event: presence", "Expires: 9"}, 423},
		{"lamp", "alice", []string{"Event: foo"}, 489},
		{"lamp", "alice", []string{"X-No: event"}, 489},
		{"lamp", "alice", []string{"Event: dialog", "Accept: application/foo"}, 489},
		{"nosuch", "alice", []string{"Event: presence"}, 404},
		{"nosuch", "alice", []string{"Event: message-summary"}, 404},
		{"told", "alice", []string{"Event: message-summary"}, 404},
		{"team", "alice", []string{"Event: presence"}, 404},
		{"team", "alice", []string{"Event: dialog", "Supported: eventlist"}, 404},
	} {
		w := &watcher{softphone: newSoftphone(t, h.Driver)}
		if r := w.subscribe(c.resource, c.user, c.headers...); r.Status != c.want {
			t.Errorf("%s of %s %v: %d, want %d", c.resource, c.user, c.headers, r.Status, c.want)
		}
	}
}

func TestListOfListsOverTheWire(t *testing.T) {
	h := newWatchHouse(t, nil, 0)
	defer h.stop(t)
	w := &watcher{softphone: newSoftphone(t, h.Driver)}
	r := w.subscribe("team", "alice", "Event: presence", "Supported: eventlist", "Accept: application/pidf+xml, application/rlmi+xml, multipart/related")
	if r.Status != 200 || r.Get("Require") != "eventlist" {
		t.Fatalf("answer:\n%s", r)
	}
	resources := regexp.MustCompile(`(?:uri="sip:[^"]+"|version="\d+"|fullState="[^"]+")`)
	lists := func(m *sip.Message) string {
		if m.Get("Require") != "eventlist" || !strings.HasPrefix(m.Get("Content-Type"), `multipart/related;type="application/rlmi+xml";boundary=`) {
			t.Errorf("headers:\n%s", m)
		}
		return strings.Join(resources.FindAllString(string(m.Body), -1), " ")
	}
	for _, step := range []struct{ device, want string }{
		{"", `uri="sip:team@127.0.0.1:5060" version="0" fullState="true" uri="sip:lamp@127.0.0.1:5060" uri="sip:inner@127.0.0.1:5060"` +
			` uri="sip:inner@127.0.0.1:5060" version="0" fullState="true" uri="sip:bell@127.0.0.1:5060"`},
		{"Custom:lamp", `uri="sip:team@127.0.0.1:5060" version="1" fullState="false" uri="sip:lamp@127.0.0.1:5060"`},
		{"Custom:bell", `uri="sip:team@127.0.0.1:5060" version="2" fullState="false" uri="sip:inner@127.0.0.1:5060"` +
			` uri="sip:inner@127.0.0.1:5060" version="1" fullState="false" uri="sip:bell@127.0.0.1:5060"`},
	} {
		if step.device != "" {
			h.board.SetCustom(step.device, state.Busy)
		}
		var kept []string
		for _, part := range strings.Split(lists(w.read()), " ") {
			if !strings.Contains(part, "sip:alice") {
				kept = append(kept, part)
			}
		}
		if got := strings.Join(kept, " "); got != step.want {
			t.Errorf("%s:\n%s\nwant\n%s", step.device, got, step.want)
		}
	}
}

func TestMailboxesOverTheWire(t *testing.T) {
	h := newWatchHouse(t, nil, 0)
	defer h.stop(t)
	h.mailboxes.Set("b@default", state.Counts{New: 1, Old: 2})
	w := &watcher{softphone: newSoftphone(t, h.Driver)}
	if r := w.subscribe("alice", "alice", "Event: message-summary"); r.Status != 200 || r.Get("Expires") != "3600" {
		t.Fatalf("answer:\n%s", r)
	}
	if got, want := string(w.read().Body), "Messages-Waiting: yes\r\nVoice-Message: 1/2 (0/0)\r\n"; got != want {
		t.Errorf("first %q, want %q", got, want)
	}
	told := &watcher{softphone: newSoftphone(t, h.Driver)}
	if r := told.ask(sip.Register, "sip:127.0.0.1", "told", "Contact: <"+told.contact()+">"); r.Status != 200 {
		t.Fatalf("REGISTER: %s", r)
	}
	account := fmt.Sprintf("Message-Account: sip:*97@%s\r\n", told.server)
	if got, want := string(told.read().Body), "Messages-Waiting: no\r\n"+account+"Voice-Message: 0/0 (0/0)\r\n"; got != want {
		t.Errorf("after it registered %q, want %q", got, want)
	}
	h.mailboxes.Set("a@default", state.Counts{New: 4})
	if got, want := string(w.read().Body), "Messages-Waiting: yes\r\nVoice-Message: 5/2 (0/0)\r\n"; got != want {
		t.Errorf("after a change %q, want %q", got, want)
	}
	n := told.read()
	if got, want := string(n.Body), "Messages-Waiting: yes\r\n"+account+"Voice-Message: 4/0 (0/0)\r\n"; got != want {
		t.Errorf("without asking %q, want %q", got, want)
	}
	if n.Get("Event") != "message-summary" || n.Get("Subscription-State") != "terminated" || n.From.URI.User != "mwi" {
		t.Errorf("without asking:\n%s", n)
	}
}

// A mailbox is watched for an endpoint until its last contact goes, and for who subscribed.
func TestWatchedMailboxes(t *testing.T) {
	h := newWatchHouse(t, nil, 0)
	defer h.stop(t)
	check := func(when string, a, b bool) {
		t.Helper()
		if gotA, gotB := h.WatchesMailbox("a@default"), h.WatchesMailbox("b@default"); gotA != a || gotB != b {
			t.Errorf("%s: %v and %v, want %v and %v", when, gotA, gotB, a, b)
		}
	}
	check("before", true, false)
	told := &watcher{softphone: newSoftphone(t, h.Driver)}
	for _, step := range []struct {
		expires string
		want    bool
	}{{"60", true}, {"0", false}} {
		if r := told.ask(sip.Register, "sip:127.0.0.1", "told", "Contact: <"+told.contact()+">;expires="+step.expires); r.Status != 200 {
			t.Fatalf("REGISTER: %s", r)
		}
		check("registered for "+step.expires, step.want, false)
		if step.want {
			told.read() // what is in it
		}
	}
	w := &watcher{softphone: newSoftphone(t, h.Driver)}
	if r := w.subscribe("alice", "alice", "Event: message-summary"); r.Status != 200 {
		t.Fatalf("answer:\n%s", r)
	}
	w.read()
	check("subscribed", true, true)
}

// A subscription goes on in the next run, with its dialog and its numbers.
func TestSubscriptionOutlivesARestart(t *testing.T) {
	store := &memory{tree: map[string]string{}}
	h := newWatchHouse(t, store, 0)
	port := h.stack.Transports()[0].Local().Port()
	w := &watcher{softphone: newSoftphone(t, h.Driver)}
	if r := w.subscribe("lamp", "alice", "Event: dialog", "Expires: 100"); r.Status != 200 {
		t.Fatalf("answer:\n%s", r)
	}
	first := w.read()
	h.stop(t)
	again := newWatchHouse(t, store, port)
	defer again.stop(t)
	n := w.read()
	if n.CSeq.Number != first.CSeq.Number+1 || n.From.Tag() != first.From.Tag() || n.To.Tag() != "a" || n.CallID != first.CallID {
		t.Errorf("it does not go on:\n%s\nafter\n%s", n, first)
	}
	if want := `version="1"`; !strings.Contains(string(n.Body), want) {
		t.Errorf("body %s, want %s", n.Body, want)
	}
	if r := w.subscribe("lamp", "alice", "Event: dialog", "Expires: 0"); r.Status != 200 {
		t.Errorf("its end: %d", r.Status)
	}
	w.read()
	again.keeper.flush()
	if tree, _ := store.Tree(t.Context(), subscriptionFamily); len(tree) != 0 {
		t.Errorf("the store has %v", tree)
	}
}

// A phone that refuses NOTIFY has forgotten the subscription.
func TestRefusedNotifyEndsIt(t *testing.T) {
	h := newWatchHouse(t, nil, 0)
	defer h.stop(t)
	w := &watcher{softphone: newSoftphone(t, h.Driver)}
	w.send(sip.Subscribe, "lamp", "alice", "", "Event: presence")
	w.read()
	size, _, err := w.conn.ReadFromUDP(w.buffer)
	if err != nil {
		t.Fatal(err)
	}
	m, err := sip.Parse(w.buffer[:size])
	if err != nil {
		t.Fatal(err)
	}
	w.answer(m, 481)
	for deadline := time.Now().Add(5 * time.Second); h.Watchers("lamp", "default") > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the subscription is still there")
		}
	}
}

func TestPublishToUs(t *testing.T) {
	h := newWatchHouse(t, nil, 0)
	defer h.stop(t)
	w := &watcher{softphone: newSoftphone(t, h.Driver)}
	const device = `{"type":"devicestate","device":"Custom:far","state":"INUSE","cachable":1,"eid":"00:00:00:00:00:02"}`
	const json = "Content-Type: application/json"
	publish := func(event, resource, user, body string, headers ...string) *sip.Message {
		w.to = ""
		w.send(sip.Publish, resource, user, body, append(headers, "Event: "+event, json)...)
		return w.read()
	}
	for _, c := range []struct {
		event, resource, user, body string
		headers                     []string
		want                        int
	}{
		{"presence", "news", "alice", device, nil, 489},
		{eventDevices, "nosuch", "alice", device, nil, 404},
		{eventDevices, "news", "deaf", device, nil, 403},
		{eventDevices, "news", "alice", "", nil, 400},
		{eventDevices, "news", "alice", "{", nil, 500},
		{eventDevices, "news", "alice", device, []string{"SIP-If-Match: x"}, 400},
		{eventDevices, "news", "alice", device, []string{"SIP-If-Match: 77"}, 412},
	} {
		if r := publish(c.event, c.resource, c.user, c.body, c.headers...); r.Status != c.want {
			t.Errorf("%+v: %d", c, r.Status)
		}
	}
	r := publish(eventDevices, "news", "alice", device, "Expires: 300")
	if r.Status != 200 || r.Get("SIP-ETag") != "0" || r.Get("Expires") != "300" {
		t.Errorf("answer:\n%s", r)
	}
	if got := h.board.Device("Custom:far"); got != state.InUse {
		t.Errorf("the device is %s", got)
	}
	if r := publish(eventDevices, "news", "alice", "", "Expires: 0", "SIP-If-Match: 0"); r.Status != 200 {
		t.Errorf("its end: %d", r.Status)
	}
	if r := publish(eventDevices, "news", "alice", "", "Expires: 60", "SIP-If-Match: 0"); r.Status != 412 {
		t.Errorf("after its end: %d, want 412", r.Status)
	}
	for _, box := range []string{"zed@default", "other@default"} {
		publish(eventMailboxes, "news", "alice", `{"type":"mailboxstate","uniqueid":"`+box+`","old":1,"new":2,"eid":"00:00:00:00:00:02"}`)
	}
	if c, known := h.mailboxes.Of("zed@default"); !known || c != (state.Counts{New: 2, Old: 1}) || !h.mailboxes.Remote("zed@default") {
		t.Errorf("zed has %+v", c)
	}
	if _, known := h.mailboxes.Of("other@default"); known {
		t.Error("the filter let other@default pass")
	}
}
