package wire

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// Of two phones the way to the exchange is another: dave speaks by TCP, and erin is at
// the IPv6 address ::1. Both come to it when they are first used. As everybody shares
// ::1, the exchange and erin have any ports there, which stand for 5060 and 5065.
const (
	byTCP  = "dave"
	byIPv6 = "erin"
)

var (
	everybody = []string{"alice", "bob", "carol", byTCP, byIPv6} // in the order of what they got
	phones    = map[string]int{"alice": 5061, "bob": 5062, "carol": 5063, byTCP: 5064, byIPv6: 5065}
	names6    = [2]string{fmt.Sprintf("[::1]:%d", sipPort), "[::1]:5065"}
)

// place is where a phone is, as its messages have it.
func place(phone string) string {
	if phone == byIPv6 {
		return "[::1]"
	}
	return "127.0.0.1"
}

// network is the transport of a phone's Via.
func network(phone string) string {
	if phone == byTCP {
		return "TCP"
	}
	return "UDP"
}

// over is what a phone's Contact says of its transport.
func over(phone string) string {
	if phone == byTCP {
		return ";transport=tcp"
	}
	return ""
}

// inSDP is a phone's address in a description, with its family.
func inSDP(phone string) string {
	if phone == byIPv6 {
		return "IP6 ::1"
	}
	return "IP4 127.0.0.1"
}

// outward is a text of the files as it goes on the wire, inward the opposite.
func (p *Player) outward(text string) string {
	text = strings.ReplaceAll(text, reference, p.host)
	for i, real := range p.addresses6() {
		if real != "" {
			text = strings.ReplaceAll(text, names6[i], real)
		}
	}
	return text
}

func (p *Player) inward(text string) string {
	for i, real := range p.addresses6() {
		if real != "" {
			text = strings.ReplaceAll(text, real, names6[i])
			text = strings.ReplaceAll(text, ";rport="+portOf(real), ";rport="+portOf(names6[i]))
		}
	}
	return strings.ReplaceAll(text, p.host, reference)
}

// portOf is the port of an address in brackets.
func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// At6 says at which port of ::1 the exchange is, where that is not 5060.
func (p *Player) At6(port int) { p.set6(0, fmt.Sprintf("[::1]:%d", port)) }

func (p *Player) set6(i int, address string) {
	p.mu6.Lock()
	defer p.mu6.Unlock()
	p.real6[i] = address
}

func (p *Player) addresses6() [2]string {
	p.mu6.Lock()
	defer p.mu6.Unlock()
	return p.real6
}

// way returns what a phone sends by, and has it listen there.
func (p *Player) way(phone string) (io.Writer, error) {
	if w := p.ways[phone]; w != nil {
		return w, nil
	}
	var w io.Writer
	switch phone {
	case byTCP:
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(p.host), Port: phones[byTCP]}}
		connection, err := dialer.Dial("tcp", net.JoinHostPort(p.host, strconv.Itoa(sipPort)))
		if err != nil {
			return nil, err
		}
		go p.listenStream(phone, connection) // until Close
		p.closers, w = append(p.closers, connection), connection
	case byIPv6:
		to, err := net.ResolveUDPAddr("udp", p.outward(names6[0]))
		if err != nil {
			return nil, err
		}
		socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback})
		if err != nil {
			return nil, err
		}
		p.set6(1, socket.LocalAddr().String())
		go p.listen(phone, socket) // until Close
		p.closers, w = append(p.closers, socket), datagrams{socket, to}
	default:
		w = datagrams{p.sockets[phone], &net.UDPAddr{IP: net.ParseIP(p.host), Port: sipPort}}
	}
	p.ways[phone] = w
	return w, nil
}

// datagrams writes to one address.
type datagrams struct {
	socket *net.UDPConn
	to     *net.UDPAddr
}

func (d datagrams) Write(b []byte) (int, error) { return d.socket.WriteToUDP(b, d.to) }

// listenStream reads messages by their Content-Length (RFC 3261 §18.3).
func (p *Player) listenStream(phone string, connection net.Conn) {
	lines := textproto.NewReader(bufio.NewReader(connection))
	for {
		var head strings.Builder
		length := 0
		for {
			line, err := lines.ReadLine()
			if err != nil {
				return
			}
			if line == "" {
				break
			}
			if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Content-Length") {
				length, _ = strconv.Atoi(strings.TrimSpace(value))
			}
			head.WriteString(line + "\r\n")
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(lines.R, body); err != nil {
			return
		}
		if head.Len() > 0 {
			p.came <- arrival{phone, p.inward(head.String() + "\r\n" + string(body)), time.Now()}
		}
	}
}
