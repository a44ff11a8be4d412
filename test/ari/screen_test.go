package main

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// within is how long a screen waits for what is to come.
const within = 30 * time.Second

// A screen is a phone with a camera, in one call.
type screen struct {
	t        *testing.T
	name     string
	conn     *net.UDPConn // of SIP
	exchange *net.UDPAddr
	said     chan *sip.Message // responses to the INVITE
	offers   chan []string     // the m= lines of each re-INVITE

	mu    sync.Mutex // a leaf
	lines map[int]*net.UDPConn
	seen  map[string]int // the pictures that came, and by which line
	news  chan struct{}
}

// dial has a screen call, and returns once it has its answer.
func dial(t *testing.T, name, exchange string) *screen {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp4", exchange)
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, name: name, exchange: to, said: make(chan *sip.Message, 8), offers: make(chan []string, 16),
		lines: map[int]*net.UDPConn{}, seen: map[string]int{}, news: make(chan struct{}, 1)}
	s.conn = s.listen(s.hear)
	invite := s.request(sip.Invite)
	invite.SetBody("application/sdp", s.answer([]string{"audio 1", "video 1"}))
	s.send(invite)
	for {
		r := s.await(s.said)
		if r.Status < 200 {
			continue
		}
		if r.Status != 200 {
			t.Fatalf("%s: the call is answered %d", name, r.Status)
		}
		ack := s.request(sip.Ack)
		ack.Set("To", r.Get("To"))
		s.send(ack)
		s.offers <- streamsIn(r.Body)
		return s
	}
}

func (s *screen) request(method string) *sip.Message {
	uri, err := sip.ParseURI("sip:screen@" + s.exchange.String())
	if err != nil {
		s.t.Fatal(err)
	}
	m := sip.NewRequest(method, uri)
	me := s.conn.LocalAddr().String()
	for _, h := range [][2]string{{"Via", "SIP/2.0/UDP " + me + ";branch=z9hG4bK" + s.name + method}, {"From", "<sip:" + s.name + "@" + me + ">;tag=" + s.name},
		{"To", "<" + uri.String() + ">"}, {"Call-ID", "screen-" + s.name}, {"CSeq", "1 " + method}, {"Contact", "<sip:" + s.name + "@" + me + ">"}, {"Max-Forwards", "70"}} {
		m.Set(h[0], h[1])
	}
	return m
}

func (s *screen) send(m *sip.Message) {
	if _, err := s.conn.WriteTo(m.AppendTo(nil), s.exchange); err != nil {
		s.t.Error(err)
	}
}

// listen opens a socket whose datagrams go to take.
func (s *screen) listen(take func([]byte)) *net.UDPConn {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		s.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 65536)
		for {
			n, _, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			take(b[:n])
		}
	}()
	s.t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn
}

// hear takes a message of SIP. Whatever is offered is taken.
func (s *screen) hear(b []byte) {
	m, err := sip.Parse(b)
	switch {
	case err != nil:
		s.t.Error(err)
	case !m.IsRequest():
		s.said <- m
	case m.Method != sip.Ack:
		r := sip.NewResponse(m, 200, "", "")
		if m.Method == sip.Invite {
			offer := streamsIn(m.Body)
			r.Add("Contact", "<sip:"+s.conn.LocalAddr().String()+">")
			r.SetBody("application/sdp", s.answer(offer))
			defer func() { s.offers <- offer }()
		}
		s.send(r)
	}
}

// streamsIn are the streams of a description, as KIND PORT.
func streamsIn(body []byte) (list []string) {
	for line := range strings.SplitSeq(string(body), "\r\n") {
		if words := strings.Fields(line); strings.HasPrefix(line, "m=") && len(words) > 1 {
			list = append(list, words[0][2:]+" "+words[1])
		}
	}
	return list
}

// answer describes a socket for each stream that is offered.
func (s *screen) answer(offer []string) []byte {
	text := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, line := range offer {
		if s.lines[i] == nil {
			s.lines[i] = s.listen(func(b []byte) { s.see(i, b) })
		}
		port := s.lines[i].LocalAddr().(*net.UDPAddr).Port //nolint:forcetypeassert // it is UDP
		switch kind, theirs, _ := strings.Cut(line, " "); {
		case kind == "audio":
			text += fmt.Sprintf("m=audio %d RTP/AVP 0\r\n", port)
		case theirs == "0":
			text += "m=video 0 RTP/AVP 99\r\n"
		default:
			text += fmt.Sprintf("m=video %d RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n", port)
		}
	}
	return []byte(text)
}

// see takes a packet of RTP: what it shows is written behind its header.
func (s *screen) see(line int, b []byte) {
	if len(b) <= 12 || b[1]&0x7f != 99 {
		return
	}
	s.mu.Lock()
	s.seen[string(b[12:])] = line
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// show sends a picture of whose camera it is to the exchange's port.
func (s *screen) show(port int, sequence uint16) {
	s.mu.Lock()
	conn := s.lines[1]
	s.mu.Unlock()
	b := append([]byte{0x80, 0x80 | 99, byte(sequence >> 8), byte(sequence), 0, 0, byte(sequence >> 8), byte(sequence), 1, 2, 3, 4}, s.name...)
	if _, err := conn.WriteToUDPAddrPort(b, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))); err != nil { //nolint:gosec // it is a port
		s.t.Error(err)
	}
}

func (s *screen) await(from chan *sip.Message) *sip.Message {
	s.t.Helper()
	select {
	case m := <-from:
		return m
	case <-time.After(within):
		s.t.Fatalf("%s hears nothing", s.name)
		return nil
	}
}

// offered waits until the exchange offers so many streams of pictures, and returns its port for ours.
func (s *screen) offered(pictures int) (port int) {
	s.t.Helper()
	var last []string
	for end := time.After(within); ; {
		select {
		case last = <-s.offers:
		case <-end:
			s.t.Fatalf("%s was offered %q, want %d pictures", s.name, last, pictures)
		}
		n := 0
		for _, line := range last {
			if kind, theirs, _ := strings.Cut(line, " "); kind == "video" && theirs != "0" {
				n++
			}
		}
		if n == pictures {
			_, text, _ := strings.Cut(last[1], " ")
			port, _ = strconv.Atoi(text)
			return port
		}
	}
}

// sees waits until pictures of others came, each by a line of its own, while they are shown.
func (s *screen) sees(show func(), names ...string) {
	s.t.Helper()
	again := time.NewTicker(50 * time.Millisecond) // a packet of UDP may be lost
	defer again.Stop()
	end := time.After(within)
	for {
		s.mu.Lock()
		got := slices.Sorted(maps.Keys(s.seen))
		lines := map[int]bool{}
		for _, line := range s.seen {
			lines[line] = true
		}
		s.mu.Unlock()
		if slices.Equal(got, names) {
			if len(lines) != len(names) || lines[1] {
				s.t.Errorf("%s sees the others by lines %v", s.name, lines)
			}
			return
		}
		select {
		case <-s.news:
		case <-again.C:
			show()
		case <-end:
			s.t.Fatalf("%s sees %q, want %q", s.name, got, names)
		}
	}
}

// In a bridge of type video_sfu each of three phones sees the two others, until one leaves.
func TestScreensSeeEachOther(t *testing.T) {
	t.Parallel()
	base, phones := beginWithPhones(t, "screens")
	p := &player{base: base, names: newNames(), sockets: map[string]*listening{}}
	t.Cleanup(func() {
		for _, s := range p.sockets {
			_ = s.conn.CloseNow()
			<-s.gone
		}
	})
	do := func(line string) {
		t.Helper()
		if err := p.step(t.Context(), line, nil); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, p.out.String())
		}
	}
	do("ws app")
	do("POST /bridges/wall?type=mixing,video_sfu")
	var all []*screen
	var legs []string
	for _, name := range []string{"one", "two", "three"} {
		all = append(all, dial(t, name, phones))
		do("until StasisStart")
		legs = append(legs, p.expand("${channel.id}"))
		do("POST /bridges/wall/addChannel?channel=" + legs[len(legs)-1])
	}
	ports := make([]int, len(all))
	for i, s := range all {
		ports[i] = s.offered(3)
	}
	sequence := uint16(0)
	show := func() {
		sequence++
		for i, s := range all {
			s.show(ports[i], sequence)
		}
	}
	all[0].sees(show, "three", "two")
	all[1].sees(show, "one", "three")
	all[2].sees(show, "one", "two")

	do("POST /bridges/wall/removeChannel?channel=" + legs[1])
	all[0].offered(2)
	all[1].offered(1)
	all[2].offered(2)
	if t.Failed() {
		t.Log(p.out.String())
	}
}
