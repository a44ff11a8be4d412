package sip_test

import (
	"context"
	"fmt"
	"log"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// A phone that answers every call, and says who called and when it was over.
func ExampleServerTransaction_Dialog() {
	over := make(chan struct{})
	answer := func(tx *sip.ServerTransaction, request *sip.Message) {
		if request.Method != sip.Invite {
			_ = tx.Respond(tx.Response(405, ""))
			return
		}
		_, err := tx.Dialog(sip.DialogOptions{
			OnACK: func(*sip.Dialog, *sip.Message) { fmt.Println("talking") },
			OnRequest: func(_ *sip.Dialog, tx *sip.ServerTransaction, request *sip.Message) {
				_ = tx.Respond(tx.Response(200, ""))
				if request.Method == sip.Bye {
					close(over)
				}
			},
		})
		if err != nil {
			return // too many calls: the stack says so
		}
		fmt.Println("call from", request.From.URI.UserText(), "to", request.URI.UserText())
		_ = tx.Respond(tx.Response(180, ""))
		ok := tx.Response(200, "")
		ok.SetBody("application/sdp", []byte("v=0\r\n")) // what we hear and say
		_ = tx.Respond(ok)                               // repeated until its ACK comes
	}
	phone := sip.NewStack(sip.Config{Handler: answer})
	defer phone.Close()
	socket, err := phone.Listen("udp", "127.0.0.1:0", sip.ListenOptions{})
	if err != nil {
		log.Fatal(err)
	}

	go callAndHangUp(socket.ContactURI("bob", socket.Local()))
	<-over
	fmt.Println("over")
	// Output:
	// call from alice to bob
	// talking
	// over
}

// callAndHangUp is the caller of the example above.
func callAndHangUp(target sip.URI) {
	phone := sip.NewStack(sip.Config{})
	defer phone.Close()
	if _, err := phone.Listen("udp", "127.0.0.1:0", sip.ListenOptions{}); err != nil {
		log.Fatal(err)
	}
	alice := sip.Address{URI: sip.URI{Scheme: "sip", User: "alice", Host: "example.org"}}
	done := make(chan struct{})
	_, err := phone.Invite(context.Background(), sip.NewInvite(sip.Invite, target, alice, sip.Address{URI: target}, 1), sip.InviteOptions{
		OnResponse: func(d *sip.Dialog, response *sip.Message, err error) {
			if err == nil && response.Status == 200 {
				_ = d.ACK("", nil)
				_, _ = d.Request(context.Background(), d.NewRequest(sip.Bye), sip.RequestOptions{
					OnResponse: func(*sip.ClientTransaction, *sip.Message, error) { close(done) }})
			}
		}})
	if err != nil {
		log.Fatal(err)
	}
	<-done
}

// A caller that proves who it is, talks for a moment and hangs up.
func ExampleStack_Invite() {
	server, target := exchange()
	defer server.Close()
	phone := sip.NewStack(sip.Config{})
	defer phone.Close()
	if _, err := phone.Listen("udp", "127.0.0.1:0", sip.ListenOptions{}); err != nil {
		log.Fatal(err)
	}

	alice := sip.Secret{Username: "alice", Password: "wonderland"}
	from := sip.Address{Display: "Alice", URI: sip.URI{Scheme: "sip", User: "alice", Host: "example.org"}}
	invite := sip.NewInvite(sip.Invite, target, from, sip.Address{URI: target}, 1)
	invite.SetBody("application/sdp", []byte("v=0\r\n"))

	// Ringing for longer than the context lasts cancels the call.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	answered, ended := make(chan *sip.Dialog, 1), make(chan string, 1)
	proven := false
	options := sip.InviteOptions{DialogOptions: sip.DialogOptions{ContactUser: "alice"}}
	options.OnResponse = func(d *sip.Dialog, response *sip.Message, err error) {
		switch {
		case err != nil:
			ended <- err.Error()
		case response.Status == 407 && !proven:
			proven = true
			again, err := invite.WithCredentials(response, alice)
			if err == nil {
				_, err = phone.Invite(ctx, again, options)
			}
			if err != nil {
				ended <- err.Error()
			}
		case response.Status < 200:
			fmt.Println(response.Status, response.Reason)
		case response.Status < 300:
			_ = d.ACK("", nil)
			answered <- d
		default:
			ended <- response.Reason
		}
	}
	if _, err := phone.Invite(ctx, invite, options); err != nil {
		log.Fatal(err)
	}
	select {
	case d := <-answered:
		fmt.Println("talking to", d.Target().User)
		_ = d.Bye()
	case why := <-ended:
		fmt.Println("no call:", why)
	}
	// Output:
	// 180 Ringing
	// talking to bob
}

// exchange takes calls of callers who prove to be Alice.
func exchange() (*sip.Stack, sip.URI) {
	nonces := sip.NewNonces(time.Minute)
	s := sip.NewStack(sip.Config{Handler: func(tx *sip.ServerTransaction, request *sip.Message) {
		if !isAlice(nonces, request, "Proxy-Authorization") {
			r := tx.Response(407, "")
			r.Add("Proxy-Authenticate", sip.Challenge{Realm: "example.org", Nonce: nonces.New(), QOP: "auth", Algorithm: "SHA-256"}.String())
			_ = tx.Respond(r)
			return
		}
		_, _ = tx.Dialog(sip.DialogOptions{ContactUser: "bob"})
		_ = tx.Respond(tx.Response(180, ""))
		_ = tx.Respond(tx.Response(200, ""))
	}})
	socket, err := s.Listen("udp", "127.0.0.1:0", sip.ListenOptions{})
	if err != nil {
		log.Fatal(err)
	}
	return s, socket.ContactURI("bob", socket.Local())
}

// isAlice checks credentials in the order that keeps replays out.
func isAlice(nonces *sip.Nonces, request *sip.Message, header string) bool {
	c, ok := sip.ParseCredentials(request.Get(header))
	if !ok || c.Realm != "example.org" {
		return false
	}
	fresh, _ := nonces.Valid(c.Nonce)
	return fresh && c.Check(sip.Secret{Username: "alice", Password: "wonderland"}, request.Method) && nonces.Use(c.Nonce, c.NC)
}

// A registrar that keeps where its one user can be reached, and a phone that
// registers with it.
func Example_registrar() {
	nonces := sip.NewNonces(time.Minute)
	var bindings []string // used by handlers of one Call-ID, one after the other
	register := func(tx *sip.ServerTransaction, request *sip.Message) {
		switch {
		case request.Method != sip.Register:
			_ = tx.Respond(tx.Response(405, ""))
			return
		case !isAlice(nonces, request, "Authorization"):
			r := tx.Response(401, "")
			r.Add("WWW-Authenticate", sip.Challenge{Realm: "example.org", Nonce: nonces.New(), QOP: "auth"}.String())
			_ = tx.Respond(r)
			return
		}
		contacts, err := request.Contacts()
		if err != nil {
			_ = tx.Respond(tx.Response(400, ""))
			return
		}
		r := tx.Response(200, "")
		for _, contact := range contacts {
			bindings = append(bindings, contact.URI.String())
			r.Add("Contact", contact.WithParam("expires", strconv.Itoa(3600)).String())
		}
		_ = tx.Respond(r)
	}
	server := sip.NewStack(sip.Config{Handler: register})
	defer server.Close()
	socket, err := server.Listen("tcp", "127.0.0.1:0", sip.ListenOptions{})
	if err != nil {
		log.Fatal(err)
	}

	phone := sip.NewStack(sip.Config{})
	defer phone.Close()
	if _, err := phone.Listen("tcp", "127.0.0.1:0", sip.ListenOptions{}); err != nil {
		log.Fatal(err)
	}
	aor := sip.Address{URI: sip.URI{Scheme: "sip", User: "alice", Host: "example.org"}}
	request := sip.NewInvite(sip.Register, socket.ContactURI("", socket.Local()), aor, aor, 1)
	request.Add("Contact", "<sip:alice@192.0.2.7;transport=tcp>")
	response, err := phone.Do(context.Background(), request, sip.RequestOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.Status, response.Reason)
	request, err = request.WithCredentials(response, sip.Secret{Username: "alice", Password: "wonderland"})
	if err != nil {
		log.Fatal(err)
	}
	if response, err = phone.Do(context.Background(), request, sip.RequestOptions{}); err != nil {
		log.Fatal(err)
	}
	expires, _ := response.Contact.Param("expires")
	fmt.Println(response.Status, response.Reason, "for", expires, "s")
	fmt.Println(strings.Join(bindings, "\n"))
	// Output:
	// 401 Unauthorized
	// 200 OK for 3600 s
	// sip:alice@192.0.2.7;transport=tcp
}

func ExampleParse() {
	m, err := sip.Parse([]byte("OPTIONS sip:bob@example.org SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1\r\n" +
		"f: \"Alice\" <sip:alice@example.com>;tag=1\r\nt: <sip:bob@example.org>\r\n" +
		"i: 42@example.com\r\nCSeq: 7 OPTIONS\r\nk: 100rel, timer\r\nl: 0\r\n\r\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Method, m.URI.Host, m.From.Display, m.CSeq.Number, m.Has("Supported", "timer"))
	// Output: OPTIONS example.org Alice 7 true
}
