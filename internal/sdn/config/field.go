package config

import (
	"math/big"
	"net"
	"net/netip"
	"strings"

	"github.com/octothorpe/octothorpe/openflow"
)

// field makes a field of a packet of a key of a rule. Values are numbers (also
// hexadecimal, as strings), Ethernet and IP addresses, each with a mask behind a
// slash if wanted.
func (dp *DP) field(m matchKey) (openflow.Field, error) {
	text := m.node.Value
	wrong := func() (openflow.Field, error) {
		return openflow.Field{}, m.at.wrong("%s is no value for %s", text, m.name)
	}
	if isNull(m.node) {
		return openflow.Field{}, m.at.wrong("%s has no value", m.name)
	}
	if m.field == openflow.InPort && kindOf(m.node) == "a string" {
		if p := dp.findPort(Ref{Text: text}); p != nil {
			return openflow.InPort.Uint(uint64(p.Number)), nil
		}
	}
	value, mask, masked := strings.Cut(text, "/")
	switch {
	case m.field.IsMAC():
		v, ok := parseMAC(value)
		if !ok {
			return wrong()
		}
		if !masked {
			return m.field.MAC(v), nil
		}
		w, ok := parseMAC(mask)
		if !ok {
			return wrong()
		}
		return m.field.Bytes(v[:], w[:]), nil
	case m.field.IsAddr():
		return address(m.field, value, mask, masked, wrong)
	}
	v, ok := number(value)
	if !ok || v.BitLen() > 8*int(m.field.Size) {
		if kindOf(m.node) == "a boolean" {
			return m.field.Uint(map[string]uint64{"true": 1}[strings.ToLower(text)]), nil
		}
		return wrong()
	}
	if !masked {
		if m.field == openflow.VLANVID && v.Uint64()&openflow.VIDPresent == 0 {
			return m.field.Uint(v.Uint64() | openflow.VIDPresent), nil
		}
		return m.field.Bytes(v.Bytes(), nil), nil
	}
	w, ok := number(mask)
	if !ok || w.BitLen() > 8*int(m.field.Size) {
		return wrong()
	}
	if bits := map[openflow.FieldType]int{openflow.VLANVID: 13}[m.field]; w.BitLen() == bits && allOnes(w) ||
		w.BitLen() == 8*int(m.field.Size) && allOnes(w) {
		return m.field.Bytes(v.Bytes(), nil), nil // nothing is masked
	}
	return m.field.Bytes(v.Bytes(), append([]byte{}, w.Bytes()...)), nil
}

func allOnes(w *big.Int) bool {
	return new(big.Int).Add(w, big.NewInt(1)).TrailingZeroBits() == uint(w.BitLen())
}

func number(text string) (*big.Int, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9' {
		text = strings.TrimLeft(text[:len(text)-1], "0") + text[len(text)-1:]
	}
	v, ok := new(big.Int).SetString(text, 0)
	return v, ok && v.Sign() >= 0
}

func address(t openflow.FieldType, value, mask string, masked bool, wrong func() (openflow.Field, error)) (openflow.Field, error) {
	a, err := netip.ParseAddr(value)
	if err != nil || a.BitLen() != 8*int(t.Size) {
		return wrong()
	}
	if !masked {
		return t.Addr(a), nil
	}
	if w := net.ParseIP(mask); w != nil {
		b := []byte(w.To16())
		if a.Is4() {
			b = w.To4()
		}
		if b == nil {
			return wrong()
		}
		return t.Bytes(a.AsSlice(), b), nil
	}
	p, err := netip.ParsePrefix(value + "/" + mask)
	if err != nil {
		return wrong()
	}
	return t.Prefix(p.Masked()), nil
}
