package dot1x

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/radius"
)

// Times, and how many clients there may be.
const (
	resend      = 3 * time.Second  // a request that was not answered
	tries       = 3                // of it
	invitation  = 60 * time.Second // between two identity requests to a port where nobody is let in
	lifetime    = time.Hour        // of a client that was let in, where the server does not say
	grace       = 30 * time.Second // to say again who one is, after that
	again       = 60 * time.Second // between two questions for the same address (MAB)
	clientLimit = 64               // of a port, not let in
	asking      = 128              // questions to the server at a time
)

// Kind is what a Verdict says.
type Kind string

// The verdicts, as events tell them.
const (
	Success Kind = "success"
	Failure Kind = "failure"
	Logoff  Kind = "logoff"
)

// A Verdict says what came of a client.
type Verdict struct {
	Kind Kind
	Port uint32
	MAC  [6]byte
	User string
	VLAN string // the server's Tunnel-Private-Group-ID, "" for that of the port
	ACL  string // the server's Filter-Id
}

// Options of an Authenticator.
type Options struct {
	Wire Wire
	// Ask asks the RADIUS server.
	Ask  func(context.Context, *radius.Packet) (*radius.Packet, error)
	Name string          // of the switch, for the server
	MAB  map[uint32]bool // by port: who is not let in by 802.1X may be by his address
	// Known are let in already, by one who asked before; they are asked again at once.
	Known []Verdict
	// Judge takes each verdict. It waits until that is done; of a success it may say no.
	Judge func(context.Context, Verdict) bool
	Log   *slog.Logger
}

// An Authenticator asks clients who they are. Run may be called once; SetPorts at
// any time.
type Authenticator struct {
	o Options

	mu    sync.Mutex // leaf
	ports map[uint32]bool
	news  chan struct{}

	// owned by Run
	up      map[uint32]*port
	clients map[key]*client
	answers chan answered
	slots   chan struct{}
	asked   sync.WaitGroup
}

type key struct {
	port uint32
	mac  [6]byte
}

// A port is one with a link.
type port struct {
	invited time.Time
	id      byte // of the identity request to whoever is there
}

// A client is who has said something, or is let in.
type client struct {
	in      bool
	mab     bool
	user    string
	state   []byte // of the server
	request []byte // EAP that waits for an answer; nil: none does
	sent    int
	next    time.Time // when it is sent again, or given up
	expires time.Time // of who is in
	asked   time.Time
	waits   bool   // for the server
	turn    uint64 // of the question to the server: a later one makes it void
}

type answered struct {
	key
	turn  uint64
	reply *radius.Packet
	err   error
}

// New makes one.
func New(o Options) *Authenticator {
	a := &Authenticator{o: o, news: make(chan struct{}, 1), up: map[uint32]*port{}, clients: map[key]*client{},
		answers: make(chan answered), slots: make(chan struct{}, asking)}
	for _, v := range o.Known {
		a.clients[key{v.Port, v.MAC}] = &client{in: true, user: v.User, mab: v.User == macText(v.MAC, ""), expires: time.Now()}
	}
	return a
}

// SetPorts says which ports with 802.1X have a link. Clients of others are forgotten
// without a verdict: who lost the link knows.
func (a *Authenticator) SetPorts(up []uint32) {
	set := map[uint32]bool{}
	for _, p := range up {
		set[p] = true
	}
	a.mu.Lock()
	a.ports = set
	a.mu.Unlock()
	select {
	case a.news <- struct{}{}:
	default:
	}
}

// Run works until the context ends or the wire fails; it closes the wire.
func (a *Authenticator) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer a.asked.Wait()
	defer cancel(nil)
	frames := make(chan frame, 256) // more are dropped by the socket, and sent again
	stop := context.AfterFunc(ctx, func() { a.o.Wire.Close() })
	defer stop()
	a.asked.Go(func() {
		b := make([]byte, 65536)
		for {
			n, err := a.o.Wire.Read(b)
			if err != nil {
				cancel(fmt.Errorf("802.1X: %w", err))
				return
			}
			if f, ok := parse(append([]byte{}, b[:n]...)); ok {
				select {
				case frames <- f:
				case <-ctx.Done():
					return
				}
			}
		}
	})
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-a.news:
			a.follow(time.Now())
		case f := <-frames:
			a.heard(ctx, f, time.Now())
		case x := <-a.answers:
			a.answered(ctx, x, time.Now())
		case now := <-tick.C:
			a.tick(ctx, now)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// follow takes up which ports have a link.
func (a *Authenticator) follow(now time.Time) {
	a.mu.Lock()
	wanted := a.ports
	a.mu.Unlock()
	for n := range a.up {
		if !wanted[n] {
			delete(a.up, n)
			for k := range a.clients {
				if k.port == n {
					delete(a.clients, k)
				}
			}
		}
	}
	for n := range wanted {
		if a.up[n] == nil {
			a.up[n] = &port{}
			a.invite(n, now)
		}
	}
}

// invite asks whoever is behind a port.
func (a *Authenticator) invite(n uint32, now time.Time) {
	p := a.up[n]
	p.invited, p.id = now, random()
	a.send(n, group, identityRequest(p.id))
}

func (a *Authenticator) send(port uint32, to [6]byte, eap []byte) {
	if _, err := a.o.Wire.Write(eapol(port, to, eap)); err != nil {
		a.o.Log.Warn("802.1X: a frame can not be sent", "port", port, "error", err)
	}
}

func random() byte {
	var b [1]byte
	_, _ = rand.Read(b[:]) // never fails
	return b[0]
}

// heard takes a frame of a client.
func (a *Authenticator) heard(ctx context.Context, f frame, now time.Time) {
	p := a.up[f.port]
	if p == nil {
		return
	}
	k := key{f.port, f.client}
	c := a.clients[k]
	switch {
	case f.dhcp:
		if a.o.MAB[f.port] && (c == nil || !c.in && !c.waits && c.request == nil && now.Sub(c.asked) >= again) {
			a.bypass(ctx, k, c, now)
		}
	case f.kind == eapolLogoff:
		if c != nil {
			delete(a.clients, k)
			if c.in {
				a.judge(ctx, k, c, Logoff)
			}
		}
	case f.kind == eapolStart:
		if c = a.client(k, c); c != nil {
			a.ask(k, c, identityRequest(random()), now)
		}
	case f.eap[0] == eapResponse && len(f.eap) > 4:
		a.responded(ctx, k, c, p, f.eap, now)
	}
}

// client is that of a key, made if there is room on the port.
func (a *Authenticator) client(k key, c *client) *client {
	if c != nil {
		return c
	}
	count := 0
	for other, x := range a.clients {
		if other.port == k.port && !x.in {
			count++
		}
	}
	if count >= clientLimit {
		a.o.Log.Warn("802.1X: too many clients that are not let in", "port", k.port)
		return nil
	}
	c = &client{}
	a.clients[k] = c
	return c
}

// ask sends a request of EAP and waits for the response.
func (a *Authenticator) ask(k key, c *client, eap []byte, now time.Time) {
	c.request, c.sent, c.next, c.waits = eap, 1, now.Add(resend), false
	c.turn++
	a.send(k.port, k.mac, eap)
}

// responded passes a response on to the server, if it is one to our request.
func (a *Authenticator) responded(ctx context.Context, k key, c *client, p *port, eap []byte, now time.Time) {
	invited := eap[4] == eapIdentity && eap[1] == p.id && (c == nil || c.request == nil && !c.waits)
	if !invited && (c == nil || c.request == nil || c.request[1] != eap[1]) {
		return
	}
	if c = a.client(k, c); c == nil {
		return
	}
	if eap[4] == eapIdentity {
		c.user, c.state = string(eap[5:]), nil
	}
	c.request, c.mab = nil, false
	r := a.access(k, c)
	r.Add(radius.CallingStationID, []byte(macText(k.mac, ":")))
	r.Add(radius.EAPMessage, eap)
	if c.state != nil {
		r.Add(radius.State, c.state)
	}
	a.query(ctx, k, c, r, now)
}

// access is a request for a client.
func (a *Authenticator) access(k key, c *client) *radius.Packet {
	own := portMAC(k.port)
	r := &radius.Packet{Code: radius.AccessRequest}
	r.Add(radius.UserName, []byte(c.user[:min(len(c.user), 253)]))
	r.Uint(radius.NASPort, k.port)
	r.Uint(radius.NASPortType, radius.Ethernet)
	r.Add(radius.CalledStationID, []byte(macText(own, ":")))
	r.Add(radius.NASIdentifier, []byte(a.o.Name))
	return r
}

// bypass asks for an address alone.
func (a *Authenticator) bypass(ctx context.Context, k key, c *client, now time.Time) {
	if c = a.client(k, c); c == nil {
		return
	}
	c.mab, c.user, c.state = true, macText(k.mac, ""), nil
	r := a.access(k, c)
	r.Add(radius.CallingStationID, []byte(macText(k.mac, "-")))
	r.Add(radius.UserPassword, []byte(c.user))
	a.query(ctx, k, c, r, now)
}

// query asks the server in a goroutine of its own.
func (a *Authenticator) query(ctx context.Context, k key, c *client, r *radius.Packet, now time.Time) {
	select {
	case a.slots <- struct{}{}:
	default:
		a.o.Log.Warn("802.1X: too many questions wait for the RADIUS server", "port", k.port)
		return
	}
	c.turn++
	c.waits, c.asked = true, now
	turn := c.turn
	a.asked.Go(func() {
		defer func() { <-a.slots }()
		reply, err := a.o.Ask(ctx, r)
		select {
		case a.answers <- answered{k, turn, reply, err}:
		case <-ctx.Done():
		}
	})
}

// answered takes what the server says.
func (a *Authenticator) answered(ctx context.Context, x answered, now time.Time) {
	c := a.clients[x.key]
	if c == nil || c.turn != x.turn {
		return // it has gone, or begun anew
	}
	c.waits = false
	if x.err != nil {
		a.o.Log.Warn("802.1X", "port", x.port, "client", macText(x.mac, ":"), "user", c.user, "error", x.err)
		a.refuse(ctx, x.key, c, nil)
		return
	}
	eap := x.reply.Get(radius.EAPMessage)
	whole := len(eap) >= 4 && int(binary.BigEndian.Uint16(eap[2:])) == len(eap)
	switch {
	case x.reply.Code == radius.AccessChallenge && whole && len(eap) > 4 && eap[0] == eapRequest && !c.mab:
		c.state = x.reply.Get(radius.State)
		a.ask(x.key, c, eap, now)
	case x.reply.Code == radius.AccessAccept && (c.mab || whole && eap[0] == eapSuccess):
		a.admit(ctx, x.key, c, x.reply, eap, now)
	default:
		a.refuse(ctx, x.key, c, eap)
	}
}

// admit lets a client in, unless the switch can not do what the server wants.
func (a *Authenticator) admit(ctx context.Context, k key, c *client, reply *radius.Packet, eap []byte, now time.Time) {
	v := Verdict{Kind: Success, Port: k.port, MAC: k.mac, User: c.user, VLAN: reply.Text(radius.TunnelPrivateGroupID), ACL: reply.Text(radius.FilterID)}
	if !a.o.Judge(ctx, v) {
		a.refuse(ctx, k, c, []byte{eapFailure, last(eap), 0, 4})
		return
	}
	c.in, c.state = true, nil
	c.expires = now.Add(lifetime)
	if t := reply.Get(radius.SessionTimeout); len(t) == 4 && binary.BigEndian.Uint32(t) > 0 {
		c.expires = now.Add(time.Duration(binary.BigEndian.Uint32(t)) * time.Second)
	}
	if !c.mab {
		a.send(k.port, k.mac, eap)
	}
}

func last(eap []byte) byte {
	if len(eap) > 1 {
		return eap[1]
	}
	return 0
}

// refuse sends a client away.
func (a *Authenticator) refuse(ctx context.Context, k key, c *client, eap []byte) {
	if c.in = false; c.mab {
		c.request = nil // it stays, so that it is not asked for at once again
	} else {
		delete(a.clients, k)
		if len(eap) < 4 || eap[0] != eapFailure {
			eap = []byte{eapFailure, last(eap), 0, 4}
		}
		a.send(k.port, k.mac, eap)
	}
	a.judge(ctx, k, c, Failure)
}

func (a *Authenticator) judge(ctx context.Context, k key, c *client, kind Kind) {
	a.o.Judge(ctx, Verdict{Kind: kind, Port: k.port, MAC: k.mac, User: c.user})
}

// tick repeats requests, gives up those that nobody answers, asks who is in too
// long to say again who he is, and invites.
func (a *Authenticator) tick(ctx context.Context, now time.Time) {
	used := map[uint32]bool{}
	for k, c := range a.clients {
		used[k.port] = used[k.port] || c.in
		switch {
		case c.request != nil && now.After(c.next) && c.sent < tries:
			c.sent, c.next = c.sent+1, now.Add(resend)
			a.send(k.port, k.mac, c.request)
		case c.in && now.After(c.expires.Add(grace)) && a.o.MAB[k.port] && c.user == "" && !c.waits: // of whom only the address is known
			c.expires = now
			a.bypass(ctx, k, c, now)
		case c.in && now.After(c.expires.Add(grace)):
			delete(a.clients, k)
			a.judge(ctx, k, c, Logoff)
		case c.request != nil && now.After(c.next):
			started := c.request[4] != eapIdentity
			if c.request = nil; !c.in {
				delete(a.clients, k)
			}
			if started && !c.in {
				a.judge(ctx, k, c, Failure)
			}
		case c.in && now.After(c.expires) && !c.waits && c.request == nil && now.Sub(c.asked) >= grace:
			if c.asked = now; c.mab {
				a.bypass(ctx, k, c, now)
			} else {
				a.ask(k, c, identityRequest(random()), now)
			}
		case !c.in && !c.waits && c.request == nil && now.Sub(c.asked) >= again:
			delete(a.clients, k)
		}
	}
	for n, p := range a.up {
		if !used[n] && now.Sub(p.invited) >= invitation {
			a.invite(n, now)
		}
	}
}

func macText(m [6]byte, between string) (text string) {
	for i, b := range m {
		if i > 0 {
			text += between
		}
		text += fmt.Sprintf("%02x", b)
	}
	return text
}
