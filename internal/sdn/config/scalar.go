package config

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"net/netip"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A scalar is a value that is judged later.
type scalar struct {
	At   Pos
	Text string
	Kind string
}

// Strings is one string or a list of them.
type Strings []string

var (
	anyType     = reflect.TypeFor[anyNode]()
	scalarType  = reflect.TypeFor[scalar]()
	stringsType = reflect.TypeFor[Strings]()
)

// special decodes the types of this file; false if v is of none of them.
func (d *document) special(n *yaml.Node, v reflect.Value, key string) (bool, error) {
	switch v.Type() {
	case refsType:
		return true, d.refs(n, v, key)
	case scalarType:
		v.Set(reflect.ValueOf(scalar{d.pos(n), n.Value, kindOf(n)}))
		return true, nil
	case anyType:
		v.Set(reflect.ValueOf(anyNode{n, d.pos(n)}))
		return true, nil
	case stringsType:
		if n.Kind == yaml.SequenceNode {
			list := Strings{}
			for _, c := range n.Content {
				list = append(list, c.Value)
			}
			v.Set(reflect.ValueOf(list))
			return true, nil
		}
		if kindOf(n) != "a string" {
			return true, d.pos(n).wrong("%s must be a string or a list of them", key)
		}
		v.Set(reflect.ValueOf(Strings{n.Value}))
		return true, nil
	}
	return false, nil
}

// macForms are how an Ethernet address may be written: into how many groups of
// digits, with what between them, and of how many digits a group is at least and at
// most. Digits may be left out in front: e:0:0:f:2:3.
var macForms = []struct {
	groups, least, most int
	separators          string
}{{6, 1, 2, ":-"}, {3, 1, 4, ":-."}, {2, 5, 6, ":-"}}

// parseMAC reads an Ethernet address.
func parseMAC(text string) (mac [6]byte, ok bool) {
	digits := ""
	for _, f := range macForms {
		for _, separator := range f.separators {
			parts := strings.Split(text, string(separator))
			if len(parts) != f.groups {
				continue
			}
			for _, p := range parts {
				if len(p) < f.least || len(p) > f.most {
					return mac, false
				}
				digits += strings.Repeat("0", f.most-len(p)) + p
			}
		}
	}
	if digits == "" {
		digits = text
	}
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != 6 {
		return mac, false
	}
	return [6]byte(b), true
}

// parseVIP reads an address with its network, or without: then it is alone.
func parseVIP(text string) (netip.Prefix, bool) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	return parsePrefix(text)
}

// parsePrefix reads an address and the length of its network, which may be written
// as a mask: 10.0.0.0/255.255.255.0, or its complement 0.0.0.255.
func parsePrefix(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p, true
	}
	address, length, _ := strings.Cut(text, "/")
	a, err := netip.ParseAddr(address)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	if n, err := strconv.ParseUint(length, 10, 8); err == nil && int(n) <= a.BitLen() {
		return netip.PrefixFrom(a, int(n)), true // 024
	}
	mask, err := netip.ParseAddr(length)
	if err != nil || !a.Is4() || !mask.Is4() {
		return netip.Prefix{}, false
	}
	m := binary.BigEndian.Uint32(mask.AsSlice())
	if m != 0 && m>>31 == 0 {
		m = ^m
	}
	ones := bits.LeadingZeros32(^m)
	return netip.PrefixFrom(a, ones), m == ^uint32(0)<<(32-ones)
}

// Refs is one Ref or a list of them.
type Refs []Ref

var refsType = reflect.TypeFor[Refs]()

func (d *document) refs(n *yaml.Node, v reflect.Value, key string) error {
	list := n.Content
	if n.Kind != yaml.SequenceNode {
		list = []*yaml.Node{n}
	}
	all := make(Refs, len(list))
	for i, c := range list {
		if err := d.value(c, reflect.ValueOf(&all[i]).Elem(), key); err != nil {
			return err
		}
	}
	v.Set(reflect.ValueOf(all))
	return nil
}

// ParseMAC reads an Ethernet address as configurations write it.
func ParseMAC(text string) (mac [6]byte, ok bool) { return parseMAC(text) }
