package sip

import "testing"

// An INVITE that comes before the ACK of our last 2xx meets it.
func TestInviteBeforeTheACK(t *testing.T) {
	called(t, func(b *bench, c *callee, tag string) {
		b.send(request(Invite, cookie+"2", tag, 11))
		b.expect("491")
		b.send(request(Ack, cookie+"2", tag, 11))
		b.send(request(Ack, cookie+"3", tag, 10))
		c.check(t, "ACK")
		b.send(request(Invite, cookie+"4", tag, 12))
		c.check(t, "INVITE")
		_ = c.tx.Respond(c.tx.Response(488, ""))
		b.expect("488")
	})
}

// What crosses our BYE comes to the program until the BYE is answered.
func TestRequestsThatCrossOurBye(t *testing.T) {
	called(t, func(b *bench, c *callee, tag string) {
		b.send(request(Ack, cookie+"2", tag, 10))
		_ = c.d.Bye()
		bye := b.expect("BYE")[0]
		b.send(request(Info, cookie+"3", tag, 11))
		b.expect("200")
		c.check(t, "ACK, INFO")
		b.send(reply(bye, 200, "peer"))
		b.send(request(Info, cookie+"4", tag, 12))
		b.expect("481")
		if n := b.stack.metrics.Dialogs.Load(); n != 0 {
			t.Errorf("%d dialogs, want 0", n)
		}
	})
}
