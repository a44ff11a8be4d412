package sip

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const typeNAPTR dnsmessage.Type = 35

// NameServers returns the name servers that a file like /etc/resolv.conf lists.
func NameServers(path string) []netip.AddrPort {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var list []netip.AddrPort
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(f[1]); err == nil {
			list = append(list, netip.AddrPortFrom(a, 53))
		}
	}
	return list
}

// queryNAPTR asks one server by UDP.
func queryNAPTR(ctx context.Context, server netip.AddrPort, domain string, timeout time.Duration) ([]NAPTR, error) {
	name, err := dnsmessage.NewName(strings.TrimSuffix(domain, ".") + ".")
	if err != nil {
		return nil, fmt.Errorf("NAPTR %s: %w", domain, err)
	}
	id := uint16(rand.Uint32())
	q := dnsmessage.Message{Header: dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: name, Type: typeNAPTR, Class: dnsmessage.ClassINET}}}
	packed, err := q.Pack()
	if err != nil {
		return nil, fmt.Errorf("NAPTR %s: %w", domain, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	m, err := askNameServer(ctx, "udp", server, packed, id)
	if err == nil && m.Truncated { // RFC 7766 §5: what a datagram does not hold comes by TCP
		m, err = askNameServer(ctx, "tcp", server, packed, id)
	}
	if err != nil {
		return nil, fmt.Errorf("NAPTR %s: %w", domain, err)
	}
	if m.RCode != dnsmessage.RCodeSuccess {
		return nil, fmt.Errorf("NAPTR %s: %s", domain, m.RCode)
	}
	return naptrAnswers(m.Answers), nil
}

// askNameServer asks one question by UDP or TCP and returns what answers it.
func askNameServer(ctx context.Context, network string, server netip.AddrPort, question []byte, id uint16) (*dnsmessage.Message, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, server.String())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	read := readDatagram
	if network == "tcp" {
		read = readPrefixed
		question = append(binary.BigEndian.AppendUint16(nil, uint16(len(question))), question...)
	}
	if _, err := c.Write(question); err != nil {
		return nil, err
	}
	for {
		b, err := read(c)
		if err != nil {
			return nil, err
		}
		var m dnsmessage.Message
		if m.Unpack(b) == nil && m.ID == id && m.Response { // anything else does not answer this question
			return &m, nil
		}
	}
}

func readDatagram(c net.Conn) ([]byte, error) {
	b := make([]byte, 4096)
	n, err := c.Read(b)
	return b[:n], err
}

// readPrefixed reads a message behind its length (RFC 1035 §4.2.2).
func readPrefixed(c net.Conn) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(c, b)
	return b, err
}

func naptrAnswers(answers []dnsmessage.Resource) []NAPTR {
	var list []NAPTR
	for _, a := range answers {
		if raw, ok := a.Body.(*dnsmessage.UnknownResource); ok && a.Header.Type == typeNAPTR {
			if r, ok := parseNAPTR(raw.Data); ok {
				list = append(list, r)
			}
		}
	}
	return list
}

// parseNAPTR reads the data of a record: order, preference, three strings and a
// name that is not compressed (RFC 3403 §4.1, RFC 3597 §4).
func parseNAPTR(b []byte) (NAPTR, bool) {
	if len(b) < 4 {
		return NAPTR{}, false
	}
	r := NAPTR{Order: binary.BigEndian.Uint16(b), Preference: binary.BigEndian.Uint16(b[2:])}
	b = b[4:]
	text := func() (string, bool) {
		if len(b) == 0 || len(b) < 1+int(b[0]) {
			return "", false
		}
		s := string(b[1 : 1+int(b[0])])
		b = b[1+len(s):]
		return s, true
	}
	var texts [3]string
	for i := range texts {
		var ok bool
		if texts[i], ok = text(); !ok {
			return NAPTR{}, false
		}
	}
	r.Flags, r.Service, r.Regexp = texts[0], texts[1], texts[2]
	var labels []string
	for {
		label, ok := text()
		if !ok {
			return NAPTR{}, false
		}
		if label == "" {
			break
		}
		labels = append(labels, label)
	}
	r.Replacement = strings.Join(labels, ".")
	return r, true
}
