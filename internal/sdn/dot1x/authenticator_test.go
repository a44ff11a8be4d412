package dot1x

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/radius"
)

// A cable is a wire in memory.
type cable struct {
	in     chan []byte
	closed chan struct{}
	once   sync.Once

	mu  sync.Mutex
	out [][]byte
}

func (c *cable) Read(b []byte) (int, error) {
	select {
	case f := <-c.in:
		return copy(b, f), nil
	case <-c.closed:
		return 0, io.EOF
	}
}

func (c *cable) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = append(c.out, bytes.Clone(b))
	return len(b), nil
}

func (c *cable) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// sent are the EAP packets that were sent, and forgets them.
func (c *cable) sent() (list []string) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.out {
		n := binary.BigEndian.Uint16(b[16:])
		text := fmt.Sprintf("port %d to %x: code %d", b[11], b[5], b[18])
		if n > 4 {
			text += fmt.Sprintf(" type %d", b[22])
		}
		list = append(list, text)
	}
	c.out = nil
	return list
}

// id is that of the last request that was sent.
func (c *cable) id() byte {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out[len(c.out)-1][19]
}

// idTo is that of the last request to a client.
func (c *cable) idTo(client byte) (id byte) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.out {
		if b[5] == client {
			id = b[19]
		}
	}
	return id
}

func (c *cable) say(port byte, client byte, kind byte, eap []byte) {
	b := []byte{0, 0, 0, 0, 0, port, 0x0e, 0, 0, 0, 0, client, 0x88, 0x8e, 2, kind, 0, byte(len(eap))}
	c.in <- append(append(b, eap...), make([]byte, 42)...)
	synctest.Wait()
}

func response(id, kind byte, data string) []byte {
	b := []byte{eapResponse, id, 0, byte(5 + len(data)), kind}
	return append(b, data...)
}

// world is an authenticator with two ports, of which the second has MAB, and a
// server that asks once for a password of EAP.
type world struct {
	*cable
	a        *Authenticator
	verdicts []string
	questions,
	silent int
	refuseSwitch bool
}

func (w *world) ask(ctx context.Context, p *radius.Packet) (*radius.Packet, error) {
	w.mu.Lock()
	w.questions++
	silent := w.silent > 0
	w.silent = max(w.silent-1, 0)
	w.mu.Unlock()
	if silent {
		time.Sleep(9 * time.Second)
		return nil, errors.New("silent")
	}
	user, eap := p.Text(radius.UserName), p.Get(radius.EAPMessage)
	reply := &radius.Packet{Code: radius.AccessReject}
	switch {
	case eap == nil && p.Text(radius.UserPassword) == user && user == "0e0000000033":
		reply.Code = radius.AccessAccept
	case eap == nil:
	case eap[4] == eapIdentity:
		reply.Code = radius.AccessChallenge
		reply.Add(radius.State, []byte("state of "+user))
		reply.Add(radius.EAPMessage, []byte{eapRequest, eap[1] + 1, 0, 6, 4, 0})
	case string(p.Get(radius.State)) != "state of "+user:
	case string(eap[5:]) == "right":
		reply.Code = radius.AccessAccept
		reply.Add(radius.EAPMessage, []byte{eapSuccess, eap[1], 0, 4})
		reply.Add(radius.TunnelPrivateGroupID, []byte("guests"))
		reply.Add(radius.FilterID, []byte("readers"))
		reply.Uint(radius.SessionTimeout, 100)
	default:
		reply.Add(radius.EAPMessage, []byte{eapFailure, eap[1], 0, 4})
	}
	return reply, nil
}

func try(t *testing.T, f func(t *testing.T, w *world), known ...Verdict) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{cable: &cable{in: make(chan []byte), closed: make(chan struct{})}}
		w.a = New(Options{Wire: w.cable, Ask: w.ask, Name: "sw1", MAB: map[uint32]bool{2: true}, Known: known, Log: slog.New(slog.DiscardHandler),
			Judge: func(_ context.Context, v Verdict) bool {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.verdicts = append(w.verdicts, fmt.Sprintf("%s %d %x %s %s %s", v.Kind, v.Port, v.MAC[5], v.User, v.VLAN, v.ACL))
				return !w.refuseSwitch
			}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.a.Run(ctx) }()
		w.a.SetPorts([]uint32{1, 2})
		if got := w.sent(); len(got) != 2 || !slices.Contains(got, "port 1 to 3: code 1 type 1") {
			t.Errorf("the ports were invited by %v", got)
		}
		f(t, w)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func (w *world) want(t *testing.T, sent []string, verdicts ...string) {
	t.Helper()
	got := slices.DeleteFunc(w.sent(), func(s string) bool { return strings.Contains(s, "to 3:") }) // invitations
	if !slices.Equal(got, sent) {
		t.Errorf("sent %q, want %q", got, sent)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.verdicts, verdicts) {
		t.Errorf("verdicts %q, want %q", w.verdicts, verdicts)
	}
	w.verdicts = nil
}

func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// login goes as far as the answer to the challenge.
func (w *world) login(t *testing.T, client byte, password string) {
	t.Helper()
	w.say(1, client, eapolStart, nil)
	id := w.id()
	w.say(1, client, eapolPacket, response(id+9, eapIdentity, "mallory")) // nobody asked
	w.say(1, client, eapolPacket, response(id, eapIdentity, "alice"))
	w.say(1, client, eapolPacket, response(w.id(), 4, password))
}

func TestClientsAreLetIn(t *testing.T) {
	try(t, func(t *testing.T, w *world) {
		w.login(t, 0x11, "right")
		in := []string{"port 1 to 11: code 1 type 1", "port 1 to 11: code 1 type 4", "port 1 to 11: code 3"}
		w.want(t, in, "success 1 11 alice guests readers")
		// After the time that the server gave he is asked again; silence is the end.
		time.Sleep(102 * time.Second)
		w.want(t, []string{"port 1 to 11: code 1 type 1"})
		time.Sleep(31 * time.Second)
		w.want(t, []string{"port 1 to 11: code 1 type 1", "port 1 to 11: code 1 type 1"}, "logoff 1 11 alice  ")
		w.login(t, 0x11, "right")
		w.want(t, in, "success 1 11 alice guests readers")
		w.say(1, 0x11, eapolLogoff, nil)
		w.want(t, nil, "logoff 1 11 alice  ")
		// A link that goes makes everything anew.
		w.login(t, 0x11, "right")
		w.want(t, in, "success 1 11 alice guests readers")
		w.a.SetPorts(nil)
		w.say(1, 0x11, eapolStart, nil)
		w.want(t, nil)
		w.a.SetPorts([]uint32{1})
		if got := w.sent(); !slices.Equal(got, []string{"port 1 to 3: code 1 type 1"}) {
			t.Errorf("sent %q", got)
		}
	})
}

func TestClientsAreRefused(t *testing.T) {
	try(t, func(t *testing.T, w *world) {
		asked := []string{"port 1 to 12: code 1 type 1", "port 1 to 12: code 1 type 4", "port 1 to 12: code 4"}
		w.login(t, 0x12, "wrong")
		w.want(t, asked, "failure 1 12 alice  ")
		w.set(func() { w.refuseSwitch = true }) // it has no such VLAN
		w.login(t, 0x12, "right")
		w.want(t, asked, "success 1 12 alice guests readers", "failure 1 12 alice  ")
		w.set(func() { w.refuseSwitch, w.silent = false, 1 })
		w.say(1, 0x12, eapolStart, nil)
		w.say(1, 0x12, eapolPacket, response(w.id(), eapIdentity, "alice"))
		time.Sleep(10 * time.Second)
		w.want(t, []string{asked[0], asked[2]}, "failure 1 12 alice  ")
		// Who does not answer is asked three times.
		w.say(1, 0x12, eapolStart, nil)
		w.say(1, 0x12, eapolPacket, response(w.id(), eapIdentity, "alice"))
		time.Sleep(20 * time.Second)
		w.want(t, []string{asked[0], asked[1], asked[1], asked[1]}, "failure 1 12 alice  ")
		// There is room for so many.
		for n := range byte(200) {
			w.say(1, n, eapolStart, nil)
		}
		if got := len(w.sent()); got != clientLimit {
			t.Errorf("%d are asked", got)
		}
	})
}

func TestAddressesAreLetIn(t *testing.T) {
	try(t, func(t *testing.T, w *world) {
		dhcp := func(port, client byte) {
			b := append([]byte{0, 0, 0, 0, 0, port, 0x0e, 0, 0, 0, 0, client, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17}, make([]byte, 10)...)
			w.in <- append(b, 0, 68, 0, 67, 0, 8, 0, 0)
			synctest.Wait()
		}
		dhcp(1, 0x33) // a port without MAB
		dhcp(2, 0x33)
		dhcp(2, 0x33)
		w.want(t, nil, "success 2 33 0e0000000033  ")
		dhcp(2, 0x34)
		dhcp(2, 0x34) // not asked for again for a while
		w.want(t, nil, "failure 2 34 0e0000000034  ")
		w.set(func() {
			if w.questions != 2 {
				t.Errorf("%d questions", w.questions)
			}
		})
	})
}

// Who was let in by somebody who has not left his name is asked for it, and, where
// that is allowed, for the address when he does not say.
func TestThoseWhoWereLetInBefore(t *testing.T) {
	known := func(port uint32, client byte) Verdict {
		return Verdict{Kind: Success, Port: port, MAC: [6]byte{0x0e, 0, 0, 0, 0, client}}
	}
	try(t, func(t *testing.T, w *world) {
		time.Sleep(2 * time.Second)
		w.say(1, 0x11, eapolPacket, response(w.idTo(0x11), eapIdentity, "alice"))
		w.say(1, 0x11, eapolPacket, response(w.id(), 4, "right"))
		time.Sleep(40 * time.Second)
		w.set(func() {
			slices.Sort(w.verdicts)
			want := []string{"failure 2 34 0e0000000034  ", "logoff 1 12   ", "success 1 11 alice guests readers", "success 2 33 0e0000000033  "}
			if !slices.Equal(w.verdicts, want) {
				t.Errorf("verdicts %q, want %q", w.verdicts, want)
			}
		})
	}, known(1, 0x11), known(1, 0x12), known(2, 0x33), known(2, 0x34))
}

func FuzzFrame(f *testing.F) {
	f.Add(eapol(1, [6]byte{0x0e}, identityRequest(1)))
	f.Add([]byte{0, 0, 0, 0, 0, 1, 0x0e, 0, 0, 0, 0, 1, 0x88, 0x8e, 2, 0, 0, 5, 2, 1, 0, 5, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, ok := parse(b); ok && x.kind == eapolPacket && !x.dhcp && (len(x.eap) < 4 || int(binary.BigEndian.Uint16(x.eap[2:])) != len(x.eap)) {
			t.Errorf("% x", x.eap)
		}
	})
}
