package config

import (
	"net"
	"net/netip"
	"reflect"
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

// parseMAC reads an Ethernet address, of which digits may be left out in front:
// e:0:0:f:2:3.
func parseMAC(text string) (mac [6]byte, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 6 {
		return mac, false
	}
	for i, p := range parts {
		if len(p) == 1 {
			parts[i] = "0" + p
		}
	}
	a, err := net.ParseMAC(strings.Join(parts, ":"))
	if err != nil || len(a) != 6 {
		return mac, false
	}
	return [6]byte(a), true
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
	p, err := netip.ParsePrefix(text)
	return p, err == nil
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
