package function

import (
	"context"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers two questions, and that there is nothing to others.
func nameServer(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer, err := answerTo(buffer[:n]); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func answerTo(question []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	q := m.Questions[0]
	m.Header.Response, m.Header.RCode, m.Additionals = true, dnsmessage.RCodeNameError, nil
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	add := func(body dnsmessage.ResourceBody) {
		m.Header.RCode = dnsmessage.RCodeSuccess
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: body})
	}
	switch name := q.Name.String(); {
	case name == "_sip._udp.example.com." && q.Type == dnsmessage.TypeSRV:
		add(&dnsmessage.SRVResource{Priority: 20, Weight: 5, Port: 5061, Target: dnsmessage.MustNewName("late.example.com.")})
		add(&dnsmessage.SRVResource{Priority: 10, Weight: 7, Port: 5060, Target: dnsmessage.MustNewName("first.example.com.")})
	case name == "4.3.2.1.e164.arpa." && q.Type == dnsmessage.TypeTXT:
		add(&dnsmessage.TXTResource{TXT: []string{"Joe Doe"}})
	}
	return m.Pack()
}

func TestNames(t *testing.T) {
	x := newExchange(t, "[probe]\nexten => s,1,NoOp()\n")
	x.house.Names = nameServer(t)
	c := x.leg(t, "s")
	defer c.End()
	for _, step := range [][2]string{
		{"${SRVQUERY(_sip._udp.example.com)}", "_sip._udp.example.com"},
		{"${SRVRESULT(_sip._udp.example.com,getnum)}", "2"},
		{"${SRVRESULT(_sip._udp.example.com,1,host)}:${SRVRESULT(_sip._udp.example.com,1,port)}", "first.example.com:5060"},
		{"${SRVRESULT(_sip._udp.example.com,2)} ${SRVRESULT(_sip._udp.example.com,2,priority)} ${SRVRESULT(_sip._udp.example.com,2,weight)}", "late.example.com 20 5"},
		{"${SRVRESULT(_sip._udp.example.com,3,host)}", ""},
		{"${SRVRESULT(_sip._udp.example.com,1,zap)}", ""},
		{"${SRVQUERY(_sip._udp.nosuch.example.com)}", ""},
		{"${SRVQUERY()}", ""},
		{"${TXTCIDNAME(+1234)}", "Joe Doe"},
		{"${TXTCIDNAME(1235)}", ""},
		{"${TXTCIDNAME(1234,nosuch.org)}", ""},
	} {
		if got := strings.TrimSpace(x.Expand(t.Context(), c, step[0])); got != step[1] {
			t.Errorf("%s is %q, want %q", step[0], got, step[1])
		}
	}
}
