package sip

import (
	"net/netip"
	"strconv"
	"strings"
)

// stampVia writes received and rport into the topmost Via (RFC 3261 §18.2.1, RFC
// 3581 §4); forced, also where it does not ask for rport; always, received also where
// its host is the sender's. Those of its parameters
// that first names stand in this order before the others; received and rport, if not
// named, are the last.
func stampVia(m *Message, forced, always bool, first []string) {
	v := &m.Via
	rport, asked := v.Param("rport")
	source := netip.AddrPortFrom(m.Source.Remote.Addr().WithZone(""), m.Source.Remote.Port())
	if !forced && !always && !(asked && rport == "") && sameHost(v.Host, source.Addr()) {
		return
	}
	var buffer [256]byte
	head := Via{Transport: v.Transport, Host: v.Host, Port: v.Port}
	b := head.AppendTo(buffer[:0])
	start := len(b)
	stamp := func(name string) {
		switch {
		case name == "received":
			b = source.Addr().AppendTo(append(b, ";received="...))
		case name == "rport" && (asked || forced):
			b = strconv.AppendUint(append(b, ";rport="...), uint64(source.Port()), 10)
		}
	}
	for _, name := range first {
		b = appendParam(b, v.Params, name)
		stamp(name)
	}
	for rest := v.Params; rest != ""; {
		name, text, after := nextParam(rest)
		if rest = after; text != "" && !stamps(name) && !containsFold(first, name) {
			b = append(append(b, ';'), text...)
		}
	}
	for _, name := range stamped {
		if !containsFold(first, name) {
			stamp(name)
		}
	}
	text := string(b)
	v.Params = text[start:]
	for i := range m.Headers {
		h := &m.Headers[i]
		if h.kind() == kindVia {
			_, rest := cutElement(h.Value)
			if h.Value = text; rest != "" {
				h.Value += "," + rest
			}
			return
		}
	}
}

// stamped are the parameters that the server of a request writes into its Via.
var stamped = [...]string{"received", "rport"}

func stamps(name string) bool { return containsFold(stamped[:], name) }

func containsFold(list []string, name string) bool {
	for _, s := range list {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}

// appendParam appends a parameter of a list, if it is there and none of the stamped.
func appendParam(b []byte, params, name string) []byte {
	if stamps(name) {
		return b
	}
	for params != "" {
		n, text, rest := nextParam(params)
		if text != "" && strings.EqualFold(n, name) {
			return append(append(b, ';'), text...)
		}
		params = rest
	}
	return b
}

// nextParam returns the first parameter, its name, and what follows it.
func nextParam(params string) (name, text, rest string) {
	params = strings.TrimLeft(params, "; \t")
	end := paramEnd(params)
	name, _, _ = strings.Cut(params[:end], "=")
	return strings.TrimSpace(name), strings.TrimSpace(params[:end]), params[end:]
}
