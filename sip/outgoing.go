package sip

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// maxDatagramRequest is the size in bytes from which a request goes by TCP, if
// Config.SwitchToTCP says so (RFC 3261 §18.1.1).
const maxDatagramRequest = 1300

// A hop is where a request goes next.
type hop struct {
	uri     URI
	network string     // if the URI does not say; "" if nothing does
	through *Transport // if the program has chosen one
	large   bool       // more than maxDatagramRequest, about
}

// nextHop tells where a request goes (RFC 3261 §8.1.2).
func nextHop(m *Message, o *RequestOptions) hop {
	h := hop{uri: m.URI}
	if o.Transport != nil {
		h.network, h.through = o.Transport.Network, o.Transport
	}
	if !o.Proxy.IsZero() {
		h.uri = o.Proxy
	} else if route, ok := firstRoute(m); ok {
		h.uri = route.URI
	}
	size := len(m.Body) + 150 // Via, Max-Forwards, Content-Length
	for i := range m.Headers {
		size += len(m.Headers[i].Name) + len(m.Headers[i].Value) + 4
	}
	h.large = size > maxDatagramRequest
	return h
}

func firstRoute(m *Message) (Address, bool) {
	v, ok := m.Lookup("Route")
	if !ok {
		return Address{}, false
	}
	v, _ = cutElement(v)
	a, err := ParseAddress(v)
	return a, err == nil
}

// prepared returns the request as it is sent by a transport, without Via: the
// program's changes made and, before a strict router, its URI in the request line
// (RFC 3261 §12.2.1.1). The original is not changed.
func prepared(m *Message, o *RequestOptions, to Source) *Message {
	if o.Prepare != nil {
		m = m.Clone()
		o.Prepare(m, to)
	}
	route, ok := firstRoute(m)
	if !ok {
		return m
	}
	if _, loose := route.URI.Param("lr"); loose {
		return m
	}
	c := m.Clone()
	routes := append(m.List("Route")[1:], "<"+m.URI.String()+">")
	c.URI = route.URI
	c.Remove("Route")
	for _, r := range routes {
		c.Headers = append(c.Headers, Header{"Route", r})
	}
	return c
}

// viaFor returns the Via of a request to a peer, with rport if the stack asks for it
// or this request does.
func viaFor(t *Transport, peer netip.AddrPort, branch string, rport bool) string {
	host, port := t.Sent(peer)
	b := make([]byte, 0, 96)
	b = append(b, "SIP/2.0/"...)
	b = append(b, strings.ToUpper(t.Network)...)
	b = append(append(b, ' '), host...)
	if port != 0 {
		b = strconv.AppendInt(append(b, ':'), int64(port), 10)
	}
	if rport || t.stack == nil || !t.stack.config.NoRport {
		b = append(b, ";rport"...)
	}
	b = append(append(b, ";branch="...), branch...)
	if t.stack != nil && t.stack.config.Alias && t.Network == "tcp" {
		b = append(b, ";alias"...)
	}
	return string(b)
}

// encodeRequest returns a request as bytes, with our Via before all headers, with
// Max-Forwards, and with the headers in the order that the program has asked for.
func (s *Stack) encodeRequest(m *Message, via string) []byte {
	p := scratch.Get().(*[]byte)
	b := (*p)[:0]
	b = append(append(b, m.Method...), ' ')
	b = append(m.URI.AppendTo(b), " SIP/2.0\r\nVia: "...)
	b = append(append(b, via...), "\r\n"...)
	var added [2]Header
	extra := added[:0]
	if _, there := m.Lookup("Max-Forwards"); !there {
		extra = append(extra, Header{"Max-Forwards", "70"})
	}
	if agent := s.config.UserAgent; agent != "" {
		if _, there := m.Lookup("User-Agent"); !there {
			extra = append(extra, Header{"User-Agent", agent})
		}
	}
	b = s.config.Order.append(b, m.Method, m.Headers, extra)
	b = strconv.AppendInt(append(b, "Content-Length: "...), int64(len(m.Body)), 10)
	b = append(append(b, "\r\n\r\n"...), m.Body...)
	*p = b
	out := bytes.Clone(b)
	scratch.Put(p)
	return out
}

// acknowledge makes the ACK for a refusal of an INVITE.
func (s *Stack) acknowledge(invite, refusal *Message) *Message {
	m := follow(invite, Ack, refusal)
	if contact, told := invite.Lookup("Contact"); told && s.config.ContactInACK {
		m.Headers = append(m.Headers, Header{"Contact", contact})
	}
	return m
}

// follow makes the ACK for a refusal, or the CANCEL, of an INVITE: the same
// request line, From, Call-ID, number and Route (RFC 3261 §9.1, §17.1.1.3).
func follow(invite *Message, method string, refusal *Message) *Message {
	m := NewRequest(method, invite.URI)
	m.CallID, m.From, m.To = invite.CallID, invite.From, invite.To
	m.CSeq = CSeq{invite.CSeq.Number, method}
	to := invite.Get("To")
	if refusal != nil {
		to = refusal.Get("To")
	}
	for i := range invite.Headers {
		if h := &invite.Headers[i]; h.is("Route") {
			m.Headers = append(m.Headers, *h)
		}
	}
	m.Headers = append(m.Headers, Header{"From", invite.Get("From")}, Header{"To", to}, Header{"Call-ID", invite.CallID},
		Header{"CSeq", strconv.FormatUint(uint64(invite.CSeq.Number), 10) + " " + method})
	for i := range invite.Headers { // RFC 3261 §22.1: the ACK has the credentials of its INVITE
		if h := &invite.Headers[i]; method == Ack && (h.is("Authorization") || h.is("Proxy-Authorization")) {
			m.Headers = append(m.Headers, *h)
		}
	}
	return m
}
