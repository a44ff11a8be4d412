package sip

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestReliableProvisional(t *testing.T) {
	c := &callee{}
	virtual(t, Config{Handler: c.handle}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 10, "Supported: 100rel"))
		for _, status := range []int{183, 180} {
			r := c.tx.Response(status, "")
			r.Add("Require", "100rel")
			if err := c.tx.Respond(r); err != nil {
				t.Fatal(err)
			}
		}
		first := b.expect("183")[0] // the 180 waits for the PRACK
		if got, want := b.timeline(4*time.Second), "500 183, 1500 183, 3500 183"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		tag, rseq := first.To.Tag(), first.Get("RSeq")
		b.send(request(Prack, cookie+"2", tag, 11, "RAck: 1 99 INVITE"))
		b.expect("481")
		b.send(request(Prack, cookie+"3", tag, 12, "RAck: "+rseq+" 10 INVITE"))
		got := b.messages()
		if len(got) != 2 || short(got[0]) != "180" || short(got[1]) != "200" {
			t.Fatalf("after the PRACK %d messages, want 180 and 200", len(got))
		}
		next := got[0].Get("RSeq")
		b.send(request(Prack, cookie+"4", tag, 13, "RAck: "+next+" 10 INVITE"))
		b.expect("200")
		if got := b.timeline(3 * time.Second); got != "" {
			t.Errorf("after the PRACK sent %q", got)
		}
		c.check(t, "PRACK, PRACK")
		_ = c.tx.Respond(c.tx.Response(486, ""))
		b.expect("486")
		if c.d.State() != DialogEnded {
			t.Error("the dialog lives on after 486")
		}
	})
}

// No 2xx goes before the PRACK of a description; one without does not hold it up.
func TestAnswerWaitsForPRACK(t *testing.T) {
	c := &callee{}
	virtual(t, Config{Handler: c.handle}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 10, "Supported: 100rel"))
		for _, body := range []string{"", "v=0", ""} {
			r := c.tx.Response(183, "")
			r.Add("Require", "100rel")
			r.SetBody("application/sdp", []byte(body))
			if err := c.tx.Respond(r); err != nil {
				t.Fatal(err)
			}
		}
		waits := func(want bool) {
			t.Helper()
			if got := c.d.AwaitsPRACK(); got != want {
				t.Errorf("waits: %v, want %v", got, want)
			}
			if err := c.tx.Respond(c.tx.Response(200, "")); errors.Is(err, ErrState) != want {
				t.Errorf("answered with %v", err)
			}
		}
		sent := b.expect("183")[0]
		waits(true) // the description is behind the first
		b.send(request(Prack, cookie+"2", sent.To.Tag(), 11, "RAck: "+sent.Get("RSeq")+" 10 INVITE"))
		sent = b.messages()[0]
		waits(true)
		b.send(request(Prack, cookie+"3", sent.To.Tag(), 12, "RAck: "+sent.Get("RSeq")+" 10 INVITE"))
		b.messages()
		waits(false) // nor does the third matter
		b.expect("200")
		if c.d.State() != DialogConfirmed {
			t.Error("the dialog is not confirmed")
		}
	})
}

func TestReliableProvisionalWithoutPRACK(t *testing.T) {
	c := &callee{}
	virtual(t, Config{Handler: c.handle}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 10))
		r := c.tx.Response(183, "")
		r.Add("Require", "100rel")
		_ = c.tx.Respond(r)
		time.Sleep(31900 * time.Millisecond)
		b.messages()
		time.Sleep(200 * time.Millisecond)
		b.expect("504")
		c.check(t, "end no PRACK came")
	})
}

func TestInviteReliableProvisional(t *testing.T) {
	calling(t, func(b *bench, c *caller, _ *ClientTransaction, m *Message) {
		b.send(reply(m, 183, "one", "Require: 100rel", "RSeq: 5"))
		prack := b.expect("PRACK")[0]
		if got, want := prack.Get("RAck"), fmt.Sprintf("5 %d INVITE", m.CSeq.Number); got != want {
			t.Errorf("RAck %s, want %s", got, want)
		}
		b.send(reply(m, 183, "one", "Require: 100rel", "RSeq: 5")) // repeated
		b.send(reply(m, 180, "one", "Require: 100rel", "RSeq: 7")) // 6 is missing
		b.expect("")
		b.send(reply(prack, 200, "one"))
		b.send(reply(m, 180, "one", "Require: 100rel", "RSeq: 6"))
		b.expect("PRACK")
		c.check(t, "183 one, 180 one")
	})
}

// The reliable provisional responses to a re-INVITE get their PRACK, too, though
// their numbers begin anew.
func TestReinviteReliableProvisional(t *testing.T) {
	calling(t, func(b *bench, c *caller, _ *ClientTransaction, m *Message) {
		b.send(reply(m, 183, "one", "Require: 100rel", "RSeq: 5"))
		b.send(reply(b.expect("PRACK")[0], 200, "one"))
		b.send(reply(m, 200, "one"))
		b.expect("ACK")
		var s seen
		d := c.dialogs["one"]
		if _, err := d.Request(context.Background(), d.NewRequest(Invite), RequestOptions{OnResponse: s.response}); err != nil {
			t.Fatal(err)
		}
		re := b.expect("INVITE")[0]
		b.send(reply(re, 183, "one", "Require: 100rel", "RSeq: 900"))
		if got, want := b.expect("PRACK")[0].Get("RAck"), fmt.Sprintf("900 %d INVITE", re.CSeq.Number); got != want {
			t.Errorf("RAck %s, want %s", got, want)
		}
		b.send(reply(re, 183, "one", "Require: 100rel", "RSeq: 900")) // repeated
		b.expect("")
		s.check(t, "183")
	})
}
