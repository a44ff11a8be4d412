package sip

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A callee answers INVITEs with a dialog and writes down what it is told.
type callee struct {
	d    *Dialog
	tx   *ServerTransaction
	told []string
	err  error
	hold bool // leave UPDATE unanswered
	held *ServerTransaction
}

func (c *callee) note(format string, args ...any) {
	c.told = append(c.told, fmt.Sprintf(format, args...))
}

func (c *callee) handle(tx *ServerTransaction, m *Message) {
	c.tx = tx
	c.d, c.err = tx.Dialog(DialogOptions{
		OnRequest: func(_ *Dialog, tx *ServerTransaction, m *Message) {
			c.note("%s", m.Method)
			if m.Method == Invite {
				c.tx = tx
				return
			}
			if m.Method == Update && c.hold {
				c.held = tx
				return
			}
			_ = tx.Respond(tx.Response(200, ""))
		},
		OnACK: func(*Dialog, *Message) { c.note("ACK") },
		OnEnd: func(_ *Dialog, err error) { c.note("end %v", errors.Unwrap(err)) },
	})
}

func (c *callee) check(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	if got := strings.Join(c.told, ", "); got != want {
		t.Errorf("the program was told %q, want %q", got, want)
	}
	c.told = nil
}

// called runs a test with a call of the peer that was answered with 200.
func called(t *testing.T, f func(b *bench, c *callee, tag string)) {
	t.Helper()
	c := &callee{}
	virtual(t, Config{Handler: c.handle}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 10))
		if c.err != nil {
			t.Fatal(c.err)
		}
		if err := c.tx.Respond(c.tx.Response(200, "")); err != nil {
			t.Fatal(err)
		}
		ok := b.expect("200")[0]
		if got, want := ok.Get("Contact"), "<sip:192.0.2.1:5060>"; got != want {
			t.Errorf("Contact %s, want %s", got, want)
		}
		f(b, c, ok.To.Tag())
	})
}

func TestDialogRepeats2xxUntilACK(t *testing.T) {
	called(t, func(b *bench, c *callee, tag string) {
		if got, want := b.timeline(12*time.Second), "500 200, 1500 200, 3500 200, 7500 200, 11500 200"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		b.send(request(Ack, cookie+"2", tag, 10))
		b.send(request(Ack, cookie+"3", tag, 10))
		c.check(t, "ACK")
		if got := b.timeline(10 * time.Second); got != "" {
			t.Errorf("after the ACK sent %q", got)
		}
		b.send(request(Bye, cookie+"4", tag, 11))
		b.expect("200")
		c.check(t, "BYE")
		b.send(request(Info, cookie+"5", tag, 12))
		b.expect("481")
		if n := b.stack.metrics.Dialogs.Load(); n != 0 {
			t.Errorf("%d dialogs, want 0", n)
		}
	})
}

func TestDialogWithoutACKSendsBye(t *testing.T) {
	called(t, func(b *bench, c *callee, _ string) {
		time.Sleep(31900 * time.Millisecond)
		b.messages()
		time.Sleep(200 * time.Millisecond)
		bye := b.expect("BYE")[0]
		if bye.To.Tag() != "peer" || bye.URI.String() != "sip:peer@192.0.2.2:5060" {
			t.Errorf("the BYE is\n%s", bye)
		}
		c.check(t, "end no ACK came")
	})
}

func TestDialogOrder(t *testing.T) {
	called(t, func(b *bench, c *callee, tag string) {
		b.send(request(Ack, cookie+"2", tag, 10))
		b.send(request(Info, cookie+"3", tag, 12))
		b.expect("200")
		b.send(request(Info, cookie+"4", tag, 11)) // out of order
		b.expect("500")
		b.send(request(Invite, cookie+"5", tag, 13))
		b.send(request(Invite, cookie+"6", tag, 14)) // before the answer to the other
		r := b.expect("500")[0]
		if r.Get("Retry-After") == "" {
			t.Error("500 to a second INVITE has no Retry-After")
		}
		_ = c.tx.Respond(c.tx.Response(488, ""))
		b.expect("488")
		b.send(request(Ack, cookie+"5", tag, 13))
		c.check(t, "ACK, INFO, INVITE")

		re := c.d.NewRequest(Invite)
		if _, err := c.d.Request(context.Background(), re, RequestOptions{}); err != nil {
			t.Fatal(err)
		}
		b.expect("INVITE")
		b.send(request(Invite, cookie+"7", tag, 15)) // glare
		b.expect("491")
		if _, err := c.d.Request(context.Background(), c.d.NewRequest(Invite), RequestOptions{}); !errors.Is(err, ErrState) {
			t.Errorf("a second INVITE of ours: %v, want ErrState", err)
		}
		_ = c.d.Bye()
	})
}

// Offers that cross in UPDATEs are refused, and so are two at once (RFC 3311 §5.2).
func TestUpdatesThatMeet(t *testing.T) {
	called(t, func(b *bench, c *callee, tag string) {
		const offer = "Content-Type: application/sdp\nContent-Length: 2\n\nv="
		update := func(branch string, n int) string { return request(Update, cookie+branch, tag, n, offer) }
		b.send(request(Ack, cookie+"2", tag, 10))
		var s seen
		ours := c.d.NewRequest(Update)
		ours.SetBody("application/sdp", []byte("v="))
		if _, err := c.d.Request(context.Background(), ours, RequestOptions{OnResponse: s.response}); err != nil {
			t.Fatal(err)
		}
		sent := b.expect("UPDATE")[0]
		b.send(update("3", 11))
		b.expect("491")
		b.send(request(Update, cookie+"4", tag, 12)) // without an offer: a session timer's
		b.expect("200")
		b.send(reply(sent, 200, "peer"))
		b.send(update("5", 13))
		b.expect("200")
		c.hold = true
		b.send(update("6", 14))
		b.send(update("7", 15))
		if r := b.expect("500")[0]; r.Get("Retry-After") == "" {
			t.Error("500 to a second UPDATE has no Retry-After")
		}
		b.send(request(Invite, cookie+"8", tag, 16))
		b.expect("500")
		_ = c.held.Respond(c.held.Response(200, ""))
		b.expect("200")
		s.check(t, "200")
	})
}

// What ends without BYE is forgotten without BYE.
func TestDialogEnd(t *testing.T) {
	called(t, func(b *bench, c *callee, tag string) {
		b.send(request(Ack, cookie+"2", tag, 10))
		c.check(t, "ACK")
		c.d.End()
		b.expect("")
		c.check(t, "")
		b.send(request(Info, cookie+"3", tag, 11))
		b.expect("481")
		if n := b.stack.metrics.Dialogs.Load(); n != 0 {
			t.Errorf("%d dialogs, want 0", n)
		}
	})
}

func TestDialogRefreshesTarget(t *testing.T) {
	called(t, func(b *bench, c *callee, tag string) {
		b.send(request(Ack, cookie+"2", tag, 10))
		update := strings.Replace(request(Update, cookie+"3", tag, 11), "<sip:peer@192.0.2.2:5060>", "<sip:moved@192.0.2.2:5060>", 1)
		b.send(update)
		b.expect("200")
		if got, want := c.d.Target().String(), "sip:moved@192.0.2.2:5060"; got != want {
			t.Errorf("target %s, want %s", got, want)
		}
		_ = c.d.Bye()
		if bye := b.expect("BYE")[0]; bye.URI.User != "moved" {
			t.Errorf("BYE to %s", bye.URI)
		}
	})
}

func TestDialogByeWhileInvitePends(t *testing.T) {
	called(t, func(b *bench, c *callee, tag string) {
		b.send(request(Ack, cookie+"2", tag, 10))
		b.send(request(Invite, cookie+"3", tag, 11))
		b.send(request(Bye, cookie+"4", tag, 12))
		b.expect("200 487")
	})
}

// A caller sends INVITE and writes down what it is told.
type caller struct {
	dialogs map[string]*Dialog
	told    []string
	ack     bool
}

func (c *caller) response(d *Dialog, r *Message, err error) {
	switch {
	case err != nil:
		c.told = append(c.told, "error")
	case d == nil:
		c.told = append(c.told, fmt.Sprint(r.Status))
	default:
		c.told = append(c.told, fmt.Sprintf("%d %s", r.Status, d.RemoteTag))
		c.dialogs[d.RemoteTag] = d
		if r.Status/100 == 2 && c.ack {
			_ = d.ACK("", nil)
		}
	}
}

func (c *caller) check(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	if got := strings.Join(c.told, ", "); got != want {
		t.Errorf("the program was told %q, want %q", got, want)
	}
}

func calling(t *testing.T, f func(b *bench, c *caller, tx *ClientTransaction, invite *Message)) {
	t.Helper()
	c := &caller{dialogs: map[string]*Dialog{}, ack: true}
	virtual(t, Config{}, func(b *bench) {
		tx, err := b.stack.Invite(context.Background(), ours(Invite), InviteOptions{OnResponse: c.response,
			DialogOptions: DialogOptions{ContactUser: "me"}})
		if err != nil {
			t.Fatal(err)
		}
		m := b.expect("INVITE")[0]
		if got, want := m.Get("Contact"), "<sip:me@192.0.2.1:5060>"; got != want {
			t.Errorf("Contact %s, want %s", got, want)
		}
		f(b, c, tx, m)
	})
}

func TestInviteForked(t *testing.T) {
	calling(t, func(b *bench, c *caller, _ *ClientTransaction, m *Message) {
		b.send(reply(m, 100, ""))
		b.send(reply(m, 180, "one", "Record-Route: <sip:192.0.2.2;lr>"))
		b.send(reply(m, 183, "two"))
		b.send(reply(m, 180, "three"))
		b.send(reply(m, 200, "one", "Record-Route: <sip:192.0.2.2:5060;x=1;lr>, <sip:192.0.2.2:5060;x=2;lr>"))
		b.expect("ACK")
		b.send(reply(m, 200, "two"))
		b.send(reply(m, 200, "one")) // repeated: its ACK was lost
		acks := b.expect("ACK ACK")
		if acks[0].To.Tag() != "two" || acks[1].To.Tag() != "one" || acks[1].URI.User != "one" {
			t.Errorf("ACKs to %s and %s at %s", acks[0].To.Tag(), acks[1].To.Tag(), acks[1].URI)
		}
		if got, want := strings.Join(acks[1].List("Route"), " "), "<sip:192.0.2.2:5060;x=2;lr> <sip:192.0.2.2:5060;x=1;lr>"; got != want {
			t.Errorf("route %s, want %s", got, want)
		}
		c.check(t, "100, 180 one, 183 two, 180 three, 200 one, 200 two")
		if got := c.dialogs["three"].State(); got != DialogEarly {
			t.Errorf("the silent branch is in state %d, want early", got)
		}
		time.Sleep(33 * time.Second)
		synctest.Wait()
		if got := c.dialogs["three"].State(); got != DialogEnded {
			t.Errorf("after timer M the silent branch is in state %d, want ended", got)
		}
		_ = c.dialogs["two"].Bye()
		if bye := b.expect("BYE")[0]; bye.CSeq.Number != m.CSeq.Number+1 {
			t.Errorf("BYE has CSeq %d after %d", bye.CSeq.Number, m.CSeq.Number)
		}
	})
}

// A peer that answers with ever new tags fills no memory.
func TestBranchesAreLimited(t *testing.T) {
	calling(t, func(b *bench, c *caller, _ *ClientTransaction, m *Message) {
		for i := range 100 {
			b.send(reply(m, 180, fmt.Sprint("branch", i)))
		}
		if n := b.stack.metrics.Dialogs.Load(); n != 64 {
			t.Errorf("%d dialogs of one INVITE, want 64", n)
		}
		if n := b.stack.metrics.Overloaded.Load(); n != 36 {
			t.Errorf("%d counted, want 36", n)
		}
		b.send(reply(m, 200, "branch3"))
		b.expect("ACK")
	})
}

func TestInviteAcceptedAfterCancel(t *testing.T) {
	calling(t, func(b *bench, c *caller, tx *ClientTransaction, m *Message) {
		c.ack = false
		b.send(reply(m, 180, "one"))
		_ = tx.Cancel()
		b.expect("CANCEL")
		b.send(reply(m, 200, "one")) // they crossed
		b.expect("ACK BYE")
		if got := c.dialogs["one"].State(); got != DialogEnded {
			t.Errorf("state %d, want ended", got)
		}
	})
}

func TestInviteRefusedEndsEarlyDialogs(t *testing.T) {
	calling(t, func(b *bench, c *caller, _ *ClientTransaction, m *Message) {
		b.send(reply(m, 180, "one"))
		b.send(reply(m, 486, "one"))
		b.expect("ACK")
		c.check(t, "180 one, 486")
		if n := b.stack.metrics.Dialogs.Load(); n != 0 {
			t.Errorf("%d dialogs, want 0", n)
		}
	})
}

func TestReinviteOfOurs(t *testing.T) {
	calling(t, func(b *bench, c *caller, _ *ClientTransaction, m *Message) {
		b.send(reply(m, 200, "one"))
		b.expect("ACK")
		d := c.dialogs["one"]
		var s seen
		re := d.NewRequest(Invite)
		if _, err := d.Request(context.Background(), re, RequestOptions{OnResponse: s.response}); err != nil {
			t.Fatal(err)
		}
		got := b.expect("INVITE")[0]
		b.send(reply(got, 200, "one"))
		b.send(reply(got, 200, "one")) // before the program made its ACK
		s.check(t, "200")
		if err := d.ACK("application/sdp", []byte("v=0")); err != nil {
			t.Fatal(err)
		}
		b.send(reply(got, 200, "one"))
		acks := b.expect("ACK ACK")
		if acks[1].CSeq.Number != got.CSeq.Number || string(acks[1].Body) != "v=0" {
			t.Errorf("the ACK is\n%s", acks[1])
		}
		s.check(t, "200")
	})
}

func TestNotifyBeforeAnswerToSubscribe(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		notified := 0
		m := ours(Subscribe)
		_, err := b.stack.Invite(context.Background(), m, InviteOptions{DialogOptions: DialogOptions{
			OnRequest: func(d *Dialog, tx *ServerTransaction, _ *Message) {
				notified++
				_ = tx.Respond(tx.Response(200, ""))
			}}})
		if err != nil {
			t.Fatal(err)
		}
		sent := b.expect("SUBSCRIBE")[0]
		notify := strings.Replace(request(Notify, cookie+"1", "us", 1, "Event: presence"), "Call-ID: call", "Call-ID: "+m.CallID, 1)
		b.send(notify)
		b.expect("200")
		b.send(reply(sent, 200, "peer"))
		b.send(strings.Replace(strings.Replace(notify, "CSeq: 1 ", "CSeq: 2 ", 1), cookie+"1", cookie+"2", 1))
		b.expect("200")
		if n := b.stack.metrics.Dialogs.Load(); notified != 2 || n != 1 {
			t.Errorf("%d notifications in %d dialogs, want 2 in 1", notified, n)
		}
	})
}

// Whoever only knows its Call-ID can't keep a call from ending, and neither can a
// flood of others' requests.
func TestDialogsHaveRoom(t *testing.T) {
	c := &callee{}
	var waiting []*ServerTransaction
	block := make(chan struct{})
	g := Config{Limits: Limits{CallQueue: 4, Transactions: 20, Workers: 1}, Handler: func(tx *ServerTransaction, m *Message) {
		switch {
		case m.Method == Invite:
			c.handle(tx, m)
		case m.CallID == "call":
			<-block
		default:
			waiting = append(waiting, tx)
		}
	}}
	virtual(t, g, func(b *bench) {
		block = make(chan struct{}) // of the bubble
		b.send(request(Invite, cookie+"1", "", 10))
		_ = c.tx.Respond(c.tx.Response(200, ""))
		tag := b.expect("200")[0].To.Tag()
		b.send(request(Ack, cookie+"ack", tag, 10))
		for i := range 20 { // they fill the transactions
			b.send(strings.Replace(request(Options, fmt.Sprint(cookie, "o", i), "", 1), "Call-ID: call", fmt.Sprint("Call-ID: ", i), 1))
		}
		b.sent()
		b.send(request(Info, cookie+"i", tag, 11))
		b.expect("200")
		c.check(t, "ACK, INFO")
		for _, tx := range waiting {
			_ = tx.Respond(tx.Response(200, ""))
		}
		b.sent()
		for i := range 8 { // they fill the lane of the call
			b.send(request(Options, fmt.Sprint(cookie, "f", i), "", 1))
		}
		b.expect("503 503 503") // one is being handled, four wait
		b.send(request(Bye, cookie+"b", tag, 12))
		b.expect("")
		close(block)
		b.expect("200")
		c.check(t, "BYE")
	})
}

func TestInviteKeepsPreparedFrom(t *testing.T) {
	c := &caller{dialogs: map[string]*Dialog{}, ack: true}
	virtual(t, Config{}, func(b *bench) {
		m := ours(Invite)
		prepared := "\"Me\" <sip:me@192.0.2.1>;tag=" + m.From.Tag()
		o := InviteOptions{OnResponse: c.response}
		o.Request.Prepare = func(m *Message, _ Source) { m.Set("From", prepared) }
		if _, err := b.stack.Invite(context.Background(), m, o); err != nil {
			t.Fatal(err)
		}
		b.send(reply(b.expect("INVITE")[0], 200, "one"))
		if got := b.expect("ACK")[0].Get("From"); got != prepared {
			t.Errorf("ACK From %s, want %s", got, prepared)
		}
	})
}

func TestDialogRewrites(t *testing.T) {
	for _, test := range []struct{ name, routes, target, route string }{
		{"contact", "", "sip:192.0.2.2:5060", ""},
		{"route", "<sip:10.0.0.2;lr>, <sip:10.0.0.1;lr>", "sip:one@192.0.2.2", "<sip:192.0.2.2:5060;lr>, <sip:10.0.0.2;lr>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &caller{dialogs: map[string]*Dialog{}, ack: true}
			virtual(t, Config{}, func(b *bench) {
				o := InviteOptions{OnResponse: c.response, DialogOptions: DialogOptions{Rewrite: true, Symmetric: true}}
				if _, err := b.stack.Invite(context.Background(), ours(Invite), o); err != nil {
					t.Fatal(err)
				}
				var more []string
				if test.routes != "" {
					more = append(more, "Record-Route: "+test.routes)
				}
				b.send(reply(b.expect("INVITE")[0], 200, "one", more...))
				ack := b.expect("ACK")[0]
				if got := ack.URI; got.Host != "192.0.2.2" || test.routes == "" && got.Port == 0 {
					t.Errorf("ACK to %s, want %s", got, test.target)
				}
				if got := strings.Join(ack.List("Route"), ", "); got != test.route {
					t.Errorf("route %s, want %s", got, test.route)
				}
			})
		})
	}
}
