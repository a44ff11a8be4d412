package phone

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/state"
)

// The documents are as Asterisk 16.28 sends them.
func TestDocumentsOfSIP(t *testing.T) {
	sub := &subscription{remote: "sip:alice@127.0.0.1:5061"}
	n := &node{sub: sub, exten: "lamp", uri: "sip:lamp@127.0.0.1:5060", versions: 2}
	pidf := func(note, basic, activity string) string {
		return "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \nxmlns:pp=\"urn:ietf:params:xml:ns:pidf:person\"\n" +
			"xmlns:es=\"urn:ietf:params:xml:ns:pidf:rpid:status:rpid-status\"\nxmlns:ep=\"urn:ietf:params:xml:ns:pidf:rpid:rpid-person\"\n" +
			"entity=\"sip:alice@127.0.0.1:5061\">\n<pp:person><status>\n" + activity + "</status></pp:person>\n<note>" + note +
			"</note>\n<tuple id=\"lamp\">\n<contact priority=\"1\">sip:lamp@127.0.0.1:5060</contact>\n<status><basic>" + basic + "</basic></status>\n</tuple>\n</presence>\n"
	}
	xpidf := func(status, substatus string) string {
		return "<?xml version=\"1.0\"?>\n<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" \"xpidf.dtd\">\n<presence>\n" +
			"<presentity uri=\"sip:alice@127.0.0.1:5061;method=SUBSCRIBE\" />\n<atom id=\"lamp\">\n<address uri=\"sip:lamp@127.0.0.1:5060;user=ip\" priority=\"0.800000\">\n" +
			"<status status=\"" + status + "\" />\n<msnsubstatus substatus=\"" + substatus + "\" />\n</address>\n</atom>\n</presence>\n"
	}
	dialog := func(open, word, local string) string {
		return "<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"2\" state=\"full\" entity=\"sip:lamp@127.0.0.1:5060\">\n" +
			"<dialog id=\"lamp\"" + open + ">\n<state>" + word + "</state>\n" + local + "</dialog>\n</dialog-info>\n"
	}
	const busy, away = "<ep:activities><ep:busy/></ep:activities>\n", "<ep:activities><ep:away/></ep:activities>\n"
	const held = "<local>\n<target uri=\"sip:lamp@127.0.0.1:5060\">\n<param pname=\"+sip.rendering\" pvalue=\"no\"/>\n</target>\n</local>\n"
	const recipient = ` direction="recipient"`
	for _, c := range []struct{ device, pidf, xpidf, dialog, quiet string }{
		{state.NotInUse, pidf("Ready", "open", ""), xpidf("open", "online"), dialog("", "terminated", ""), dialog("", "terminated", "")},
		{state.InUse, pidf("On the phone", "open", busy), xpidf("inuse", "onthephone"), dialog("", "confirmed", ""), dialog("", "confirmed", "")},
		{state.Ringing, pidf("Ringing", "open", busy), xpidf("inuse", "onthephone"), dialog(recipient, "early", ""), dialog("", "early", "")},
		{state.RingInUse, pidf("Ringing", "open", busy), xpidf("inuse", "onthephone"), dialog(recipient, "early", ""), dialog("", "confirmed", "")},
		{state.OnHold, pidf("On hold", "open", busy), xpidf("closed", "offline"), dialog("", "confirmed", held), dialog("", "confirmed", held)},
		{state.Unavailable, pidf("Not online", "closed", away), xpidf("closed", "offline"), dialog("", "terminated", ""), dialog("", "terminated", "")},
	} {
		n.state = state.Extension(c.device)
		for what, pair := range map[string][2]string{"pidf": {string(pidfSIP(n, sub)), c.pidf}, "xpidf": {string(xpidfSIP(n, sub)), c.xpidf},
			"dialog-info": {string(dialogInfoSIP(n, true, nil)), c.dialog}, "dialog-info without notifyringing": {string(dialogInfoSIP(n, false, nil)), c.quiet}} {
			if pair[0] != pair[1] {
				t.Errorf("%s as %s:\n%s\nwant\n%s", c.device, what, pair[0], pair[1])
			}
		}
	}
}

func TestSubscriptionToSIPOverTheWire(t *testing.T) {
	m, problems := load(t, SIP, "[general]\nudpbindaddr=127.0.0.1\ncontext=default\n[alice]\ntype=friend\nhost=dynamic\nmailbox=a@default\nsubscribemwi=yes\n"+
		"[deaf]\ntype=friend\nhost=dynamic\nallowsubscribe=no\n[other]\ntype=friend\nhost=dynamic\nsubscribecontext=elsewhere\n")
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	m.Transports[0].anyPort()
	bus := event.NewBus()
	board := state.NewBoard(bus, func(string) string { return state.Invalid })
	board.SetHints([]state.Hint{{Exten: "lamp", Context: "default", Devices: "Custom:lamp"}}, true)
	board.SetCustom("Custom:lamp", state.NotInUse)
	d := New(Config{Model: m, Bus: bus, Board: board, Mailboxes: state.NewMailboxes(bus),
		Hooks: Hooks{Hint: func(exten, in string) (string, bool) { _, ok := board.Of(exten, in); return in, ok }}})
	d.newSessions = nil
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct {
		user, resource string
		headers        []string
		want           string
	}{
		{"deaf", "lamp", []string{"Event: dialog"}, "403 Forbidden (policy)"},
		{"alice", "lamp", []string{"Event: foo"}, "489 Bad Event"},
		{"alice", "lamp", []string{"Event: presence"}, "489 Bad Event"},
		{"alice", "lamp", []string{"Event: dialog", "Accept: application/foo"}, "489 Bad Event (format application/foo)"},
		{"alice", "lamp", []string{"Event: dialog", "Accept: application/dialog-info+xml", "Expires: 3"}, "423 Interval too small"},
		{"alice", "nosuch", []string{"Event: dialog", "Accept: application/dialog-info+xml"}, "404 Not Found"},
		{"other", "lamp", []string{"Event: dialog", "Accept: application/dialog-info+xml"}, "404 Not Found"},
	} {
		w := &watcher{softphone: newSoftphone(t, d)}
		if r := w.subscribe(c.resource, c.user, c.headers...); fmt.Sprint(r.Status, " ", r.Reason) != c.want {
			t.Errorf("%+v: %d %s", c, r.Status, r.Reason)
		}
	}
	w := &watcher{softphone: newSoftphone(t, d)}
	if r := w.subscribe("lamp", "alice", "Event: dialog", "Accept: application/dialog-info+xml", "Expires: 999999"); r.Status != 200 || r.Get("Expires") != "3600" ||
		!strings.HasSuffix(r.Get("Contact"), ";expires=3600") {
		t.Fatalf("answer:\n%s", r)
	}
	state := regexp.MustCompile(`<state>\w+`)
	read := func(wantState, wantCSeq, wantWord string) {
		t.Helper()
		n := w.read()
		if n.Get("Subscription-State") != wantState || n.Get("CSeq") != wantCSeq || state.FindString(string(n.Body)) != "<state>"+wantWord {
			t.Errorf("got\n%s\nwant %s, %s, %s", n, wantState, wantCSeq, wantWord)
		}
	}
	read("active", "102 NOTIFY", "terminated")
	board.SetCustom("Custom:lamp", "INUSE")
	read("active", "103 NOTIFY", "confirmed")
	if r := w.subscribe("lamp", "alice", "Event: dialog", "Expires: 0"); r.Status != 200 {
		t.Errorf("the end: %s", r)
	}
	read("terminated;reason=timeout", "104 NOTIFY", "confirmed")
	mwi := &watcher{softphone: newSoftphone(t, d)}
	if r := mwi.subscribe("alice", "alice", "Event: message-summary", "Accept: application/simple-message-summary"); r.Status != 200 {
		t.Fatalf("answer: %s", r)
	}
	if got, want := string(mwi.read().Body), "Messages-Waiting: no\r\nMessage-Account: sip:asterisk@127.0.0.1\r\nVoice-Message: 0/0 (0/0)\r\n"; got != want {
		t.Errorf("mailboxes %q, want %q", got, want)
	}
}
