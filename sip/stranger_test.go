package sip

import (
	"testing"
	"testing/synctest"
	"time"
)

// Of connections for whose peers nobody vouches there are only so many, and none for
// longer than a time.
func TestStrangersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newSwitchboard()
		var known Source
		s := NewStack(Config{Handler: func(tx *ServerTransaction, r *Message) {
			if r.From.URI.User == "friend" {
				r.Source.Vouch()
				known = r.Source
			}
			_ = tx.Respond(tx.Response(200, ""))
		}})
		defer s.Close()
		if _, err := s.Listen("tcp", ourAddress, ListenOptions{Listener: board, Strangers: Strangers{Most: 2, Wait: 9 * time.Second}}); err != nil {
			t.Fatal(err)
		}
		ended := func(c *stream) bool {
			select {
			case <-c.ended:
				return true
			default:
				return false
			}
		}
		ask := func(c *stream, user, id string) {
			if _, err := c.Write([]byte("OPTIONS sip:us SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK" + id + "\r\nFrom: <sip:" + user +
				"@192.0.2.9>;tag=1\r\nTo: <sip:us>\r\nCall-ID: " + id + "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		friend, stranger := play(board.connect("192.0.2.1:1000")), play(board.connect("192.0.2.2:1000"))
		ask(friend, "friend", "a")
		ask(stranger, "stranger", "b")
		if known.Transport == nil {
			t.Fatal("the friend's request did not come")
		}
		third, fourth := play(board.connect("192.0.2.3:1000")), play(board.connect("192.0.2.4:1000"))
		synctest.Wait()
		if ended(third) || !ended(fourth) {
			t.Errorf("beside one stranger the next is refused: %v, the one after: %v", ended(third), ended(fourth))
		}
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if ended(stranger) || ended(third) {
			t.Error("strangers are sent away before their time")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !ended(stranger) || !ended(third) || ended(friend) {
			t.Errorf("after their time strangers have gone: %v %v, and the friend: %v", ended(stranger), ended(third), ended(friend))
		}
		last := play(board.connect("192.0.2.5:1000")) // there is room again
		synctest.Wait()
		if ended(last) {
			t.Error("those who have gone are counted still")
		}
		_ = friend.Close()
		_ = last.Close()
	})
}
