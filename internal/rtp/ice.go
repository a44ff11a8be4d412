package rtp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v3"
)

// ICEConfig says how a session finds a path to the other side (RFC 8445).
type ICEConfig struct {
	Ufrag, Password string // ours
	// Addresses are those of this machine that are told; their port is the session's.
	Addresses []netip.Addr
	// Advertised, if not nil, is what to tell of an address: another in its place, or both.
	Advertised func(netip.Addr) []netip.Addr
	// STUN is a server that says how we look from outside, as host:port; empty is none.
	STUN string
	// TURN is one that relays, as host:port; empty is none.
	TURN, TURNUser, TURNPassword string
	// Mux has RTCP on the port of RTP: there is no second component.
	Mux bool
}

// ICERemote is what the other side's description says.
type ICERemote struct {
	Ufrag, Password string
	Candidates      []string // values of a=candidate lines
	Lite            bool     // it only answers checks: we make them
}

// paths is the search for the way to the other side: an agent for each component.
type paths struct {
	session  *Session
	config   ICEConfig
	agents   []*iceAgent // of RTP, and of RTCP where that has its own port
	gathered chan struct{}

	mu      sync.Mutex // a leaf; orders Connect
	remote  ICERemote
	started bool
}

// An iceAgent looks for the path of one component.
type iceAgent struct {
	agent *ice.Agent
	mux   *iceMux
	lane  *lane
	conn  atomic.Pointer[ice.Conn]
	// relayed says that the path leads through a TURN server, which the agent speaks with.
	relayed atomic.Bool
}

// iceMux tells the agent our addresses, of which the socket knows nothing.
type iceMux struct {
	*ice.UniversalUDPMuxDefault
	addresses []net.Addr
}

// GetListenAddresses implements ice.UDPMux.
func (m *iceMux) GetListenAddresses() []net.Addr { return m.addresses }

// StartICE begins to gather candidates. From then on media goes where ICE finds the
// other side, and SetRemote no longer says where.
func (s *Session) StartICE(c ICEConfig) error {
	p := &paths{session: s, config: c, gathered: make(chan struct{})}
	components := 2
	if c.Mux {
		components = 1
	}
	var waiting atomic.Int32
	waiting.Store(int32(components))
	done := func() {
		if waiting.Add(-1) == 0 {
			close(p.gathered)
		}
	}
	for i := range components {
		a, err := p.newAgent(i, done)
		if err != nil {
			p.end()
			return fmt.Errorf("start ICE: %w", err)
		}
		p.agents = append(p.agents, a)
	}
	s.mu.Lock()
	open := !s.parted && s.paths.CompareAndSwap(nil, p)
	s.mu.Unlock()
	if !open {
		p.end()
		return errors.New("start ICE: the session is closed, or has begun already")
	}
	s.change(func(r *route) { r.ice, r.mux = true, r.mux || c.Mux })
	for _, a := range p.agents {
		if err := a.agent.GatherCandidates(); err != nil {
			return fmt.Errorf("gather candidates: %w", err)
		}
	}
	return nil
}

func (p *paths) newAgent(component int, gathered func()) (*iceAgent, error) {
	s, c := p.session, &p.config
	out, port := s.media, s.port
	if component > 0 {
		out, port = s.control, s.port+1
	}
	a := &iceAgent{lane: newLane(s, port, func(b []byte, to netip.AddrPort) error {
		s.config.Trace.passed(Sent, b, to)
		return out.write(b, to)
	})}
	log := pionLog{s.config.Log}
	a.mux = &iceMux{UniversalUDPMuxDefault: ice.NewUniversalUDPMuxDefault(ice.UniversalUDPMuxParams{UDPConn: a.lane, Logger: log.NewLogger("mux")})}
	for _, local := range c.Addresses {
		a.mux.addresses = append(a.mux.addresses, net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, port)))
	}
	kinds, networks := []ice.CandidateType{ice.CandidateTypeHost}, []ice.NetworkType{ice.NetworkTypeUDP4}
	var servers []*stun.URI
	if s.config.Local.Is6() {
		networks = append(networks, ice.NetworkTypeUDP6)
	}
	if c.STUN != "" {
		if u, err := serverURI(stun.SchemeTypeSTUN, c.STUN); err == nil {
			servers, kinds = append(servers, u), append(kinds, ice.CandidateTypeServerReflexive)
		}
	}
	if c.TURN != "" {
		if u, err := serverURI(stun.SchemeTypeTURN, c.TURN); err == nil {
			u.Username, u.Password = c.TURNUser, c.TURNPassword
			servers, kinds = append(servers, u), append(kinds, ice.CandidateTypeRelay)
		}
	}
	agent, err := ice.NewAgentWithOptions(ice.WithLocalCredentials(c.Ufrag, c.Password), ice.WithUDPMux(a.mux), ice.WithUDPMuxSrflx(a.mux),
		ice.WithLoggerFactory(log), ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled), ice.WithIncludeLoopback(),
		ice.WithCandidateTypes(kinds), ice.WithNetworkTypes(networks), ice.WithUrls(servers))
	if err != nil {
		_ = a.mux.Close()
		return nil, err
	}
	a.agent = agent
	_ = agent.OnCandidate(func(found ice.Candidate) {
		if found == nil {
			gathered()
		}
	})
	_ = agent.OnSelectedCandidatePairChange(func(local, remote ice.Candidate) { p.found(component, a, local, remote) })
	return a, nil
}

func serverURI(scheme stun.SchemeType, address string) (*stun.URI, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	return &stun.URI{Scheme: scheme, Host: host, Port: port, Proto: stun.ProtoTypeUDP}, err
}

// found takes the path that an agent has chosen.
func (p *paths) found(component int, a *iceAgent, local, remote ice.Candidate) {
	s := p.session
	address, err := netip.ParseAddr(remote.Address())
	if err != nil {
		return
	}
	to := netip.AddrPortFrom(address.Unmap(), uint16(remote.Port()))
	a.relayed.Store(local.Type() == ice.CandidateTypeRelay)
	if component > 0 {
		s.controlTarget.Store(&to)
		return
	}
	s.target.Store(&to)
	if p.config.Mux {
		s.controlTarget.Store(&to)
	}
	s.config.Log.Debug("ICE has found the other side", "port", s.port, "remote", to, "local", local.Type().String())
	s.reachable()
}

// push hands an agent what is its.
func (p *paths) push(control bool, b []byte, from netip.AddrPort) {
	i := 0
	if control {
		i = 1
	}
	if i < len(p.agents) {
		p.agents[i].lane.push(b, from)
	}
}

// ICECandidates returns the values of our a=candidate lines. It waits for servers that
// were asked how we look from outside, until ctx ends.
func (s *Session) ICECandidates(ctx context.Context) []string {
	p := s.paths.Load()
	if p == nil {
		return nil
	}
	select {
	case <-p.gathered:
	case <-ctx.Done():
	case <-s.closed:
	}
	var list []string
	for i, a := range p.agents {
		found, err := a.agent.GetLocalCandidates()
		if err != nil {
			continue
		}
		for _, c := range found {
			list = append(list, p.lines(c, i+1)...)
		}
	}
	return list
}

// lines write a candidate with its component, of which an agent knows but one: once for
// each address that is told of it.
func (p *paths) lines(c ice.Candidate, component int) []string {
	f := strings.Fields(c.Marshal())
	if len(f) < 6 {
		return []string{c.Marshal()}
	}
	f[1] = strconv.Itoa(component)
	f[2] = strings.ToUpper(f[2])
	if n, err := strconv.ParseUint(f[3], 10, 32); err == nil {
		f[3] = strconv.FormatUint(n-uint64(component-1), 10) // RFC 8445 §5.1.2.1
	}
	a, err := netip.ParseAddr(f[4])
	if err != nil || p.config.Advertised == nil || c.Type() != ice.CandidateTypeHost {
		return []string{strings.Join(f, " ")}
	}
	var list []string
	for _, told := range p.config.Advertised(a) {
		f[4] = told.String()
		list = append(list, strings.Join(f, " "))
	}
	return list
}

// ConnectICE begins the checks with what the other side's description says, or goes
// on with its new one. controlling says that we made the offer.
func (s *Session) ConnectICE(remote ICERemote, controlling bool) error {
	p := s.paths.Load()
	if p == nil {
		return errors.New("connect ICE: it was not started")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	again := p.started && (remote.Ufrag != p.remote.Ufrag || remote.Password != p.remote.Password)
	first := !p.started
	p.remote, p.started = remote, true
	for i, a := range p.agents {
		if again { // a restart (RFC 8445 §9)
			if err := a.agent.Restart(p.config.Ufrag, p.config.Password); err != nil {
				return fmt.Errorf("restart ICE: %w", err)
			}
			if err := a.agent.SetRemoteCredentials(remote.Ufrag, remote.Password); err != nil {
				return fmt.Errorf("restart ICE: %w", err)
			}
			if err := a.agent.GatherCandidates(); err != nil {
				return fmt.Errorf("restart ICE: %w", err)
			}
		}
		for _, line := range remote.Candidates {
			c, err := ice.UnmarshalCandidate(line)
			if err != nil || int(c.Component()) != i+1 {
				continue // of another component, or a way that we do not know
			}
			_ = a.agent.AddRemoteCandidate(c)
		}
		if first {
			if err := p.connect(i, a, remote, controlling || remote.Lite); err != nil {
				return err
			}
		}
	}
	return nil
}

// RenameICE gives the session other names, with which the next ConnectICE begins anew.
func (s *Session) RenameICE(ufrag, password string) {
	if p := s.paths.Load(); p != nil {
		p.mu.Lock()
		p.config.Ufrag, p.config.Password = ufrag, password
		p.mu.Unlock()
	}
}

// connect begins the checks of a component. A goroutine reads what comes through a
// TURN server; it ends with the agent, and the session waits for it.
func (p *paths) connect(component int, a *iceAgent, remote ICERemote, controlling bool) error {
	start := a.agent.StartAccept
	if controlling {
		start = a.agent.StartDial
	}
	conn, err := start(remote.Ufrag, remote.Password)
	if err != nil {
		return fmt.Errorf("connect ICE: %w", err)
	}
	a.conn.Store(conn)
	s := p.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parted {
		return net.ErrClosed
	}
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		buffer := make([]byte, maxDatagram)
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			if to := s.target.Load(); to != nil {
				s.arrived(component > 0, buffer[:n], *to)
			}
		}
	}()
	return nil
}

// relay is the agent through whose server media goes, or nil.
func (p *paths) relay(control bool) *iceAgent {
	i := 0
	if control && len(p.agents) > 1 {
		i = 1
	}
	if a := p.agents[i]; a.relayed.Load() && a.conn.Load() != nil {
		return a
	}
	return nil
}

// end closes the agents. It waits for them.
func (p *paths) end() {
	for _, a := range p.agents {
		_ = a.agent.Close()
		_ = a.mux.Close()
		_ = a.lane.Close()
	}
}

// put sends a datagram by the way that leads to the other side.
func (s *Session) put(control bool, b []byte, to netip.AddrPort) error {
	if p := s.paths.Load(); p != nil {
		if a := p.relay(control); a != nil {
			_, err := a.conn.Load().Write(b)
			return err
		}
	}
	if control {
		return s.control.write(b, to)
	}
	return s.media.write(b, to)
}

// StopICE goes back to where SetRemote says: the other side has no ICE.
func (s *Session) StopICE() {
	s.mu.Lock()
	p := s.paths.Swap(nil)
	if p == nil || s.parted {
		s.mu.Unlock()
		return
	}
	s.work.Add(1)
	s.mu.Unlock()
	s.change(func(r *route) { r.ice, r.generation, r.remote = false, r.generation+1, netip.AddrPort{} })
	go func() { // the session waits for it
		defer s.work.Done()
		p.end()
	}()
}

// Mute lets nothing in or out: what was to be protected cannot be.
func (s *Session) Mute() { s.SetCipher(noKeys{}, noKeys{}) }
