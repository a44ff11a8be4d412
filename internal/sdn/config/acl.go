package config

import (
	"math/big"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/octothorpe/octothorpe/openflow"
)

// An ACL is a list of rules; the first that fits decides.
type ACL struct {
	At            Pos
	Name          string
	ExactMatch    bool `key:"exact_match,false"`
	Dot1XAssigned bool `key:"dot1x_assigned,false"`
	Rules         []*Rule
	RuleNodes     *anyNode `key:"rules"`
}

// A Rule is a match and what is done with the packet.
type Rule struct {
	At      Pos
	Match   openflow.Match // without what the place of the ACL adds
	Cookie  *uint64
	Actions Actions
	matches []matchKey
}

type matchKey struct {
	field openflow.FieldType
	name  string
	node  *yaml.Node
	at    Pos
}

// Actions of a rule.
type Actions struct {
	At        Pos
	Allow     *int     `key:"allow"`
	CT        *CT      `key:"ct"`
	ForceVLAN int      `key:"force_port_vlan,0"`
	MeterName string   `key:"meter"`
	MirrorRef *Ref     `key:"mirror"`
	OutputKey *anyNode `key:"output"`
	Meter     *Meter
	Mirror    *Port
	Output    []Step // in order
	Ordered   bool   // it was written as a list
	empty     *emptyKey
}

// Allowed says whether the packet goes on.
func (a *Actions) Allowed() bool {
	if a.Allow == nil {
		return a.Mirror != nil // a copy is made of what goes on
	}
	return *a.Allow != 0
}

// An emptyKey is a key without a value, which an ACL that is used must not have.
type emptyKey struct {
	at  Pos
	key string
}

// empty is the first key of a mapping that has no value, nil if all have one.
func (d *document) empty(n *yaml.Node) *emptyKey {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		if isNull(n.Content[i+1]) {
			return &emptyKey{d.pos(n.Content[i]), n.Content[i].Value}
		}
	}
	return nil
}

// anyNode is a value of any type.
type anyNode struct {
	node *yaml.Node
	at   Pos
}

// oldNames are those that fields once had.
var oldNames = map[string]string{"dl_dst": "eth_dst", "dl_src": "eth_src", "dl_type": "eth_type", "dl_vlan": "vlan_vid",
	"nw_proto": "ip_proto", "nw_src": "ipv4_src", "nw_dst": "ipv4_dst"}

// acl reads one ACL: a mapping with rules, or the rules alone.
func (d *document) acl(name string, n *yaml.Node) (*ACL, error) {
	a := &ACL{At: d.pos(n), Name: name}
	rules := n
	if n.Kind == yaml.MappingNode {
		if err := d.into(n, a, "ACL "+name); err != nil {
			return nil, err
		}
		_, rules = child(n, "rules")
	}
	if rules == nil || rules.Kind != yaml.SequenceNode || len(rules.Content) == 0 {
		return nil, d.pos(n).wrong("ACL %s has no rules", name)
	}
	for _, item := range rules.Content {
		if item.Kind != yaml.MappingNode {
			return nil, d.pos(item).wrong("ACL %s: a rule must be a mapping, not %s", name, kindOf(item))
		}
		_, body := child(item, "rule")
		bare := body == nil || isNull(body)
		if bare {
			body = item // the keys stand beside the word
		}
		r, err := d.rule(name, body, bare)
		if err != nil {
			return nil, err
		}
		a.Rules = append(a.Rules, r)
	}
	return a, nil
}

var ruleKeys = func() []string {
	keys := []string{"actions", "cookie", "description"}
	for name := range oldNames {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	return keys
}()

func (d *document) rule(acl string, n *yaml.Node, bare bool) (*Rule, error) {
	r := &Rule{At: d.pos(n)}
	if n.Kind != yaml.MappingNode {
		return nil, r.At.wrong("ACL %s: a rule must be a mapping, not %s", acl, kindOf(n))
	}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := d.pos(value)
		name := key.Value
		if now, old := oldNames[name]; old {
			name = now
		}
		field, isField := openflow.FieldNamed(name)
		switch {
		case bare && name == "rule":
		case name == "actions":
			if err := d.into(value, &r.Actions, "the actions of a rule"); err != nil {
				return nil, err
			}
			r.Actions.At = at
			if isNull(value) || value.Kind == yaml.MappingNode && len(value.Content) == 0 {
				return nil, at.wrong("ACL %s: a rule with actions that are none", acl).hint("leave actions out to drop")
			}
			r.Actions.empty = d.empty(value)
			if e := r.Actions.empty; e != nil && (e.key == "ct" || e.key == "output") {
				return nil, e.at.wrong("ACL %s: %s has no value", acl, e.key)
			}
			if err := r.Actions.CT.check(acl, value); err != nil {
				return nil, err
			}
			if err := d.outputs(&r.Actions); err != nil {
				return nil, err
			}
		case name == "cookie":
			v, ok := integer(value)
			if !ok || v.Sign() < 0 || v.Cmp(big.NewInt(1<<16)) > 0 {
				return nil, at.wrong("cookie must be a number from 0 to 65536")
			}
			cookie := v.Uint64()
			r.Cookie = &cookie
		case name == "description":
			if kindOf(value) != "a string" && !isNull(value) {
				return nil, at.wrong("description must be a string, not %s", kindOf(value))
			}
		case isField:
			if k := kindOf(value); k != "a string" && k != "an integer" && k != "nothing" {
				return nil, at.wrong("%s must be a string or a number, not %s", key.Value, k)
			}
			r.matches = append(r.matches, matchKey{field, key.Value, value, at})
		default:
			e := d.pos(key).wrong("%s is no key of a rule, in ACL %s", key.Value, acl)
			if like := nearest(key.Value, append(ruleKeys, openflow.FieldNames()...)); like != "" {
				e.hint("did you mean %s?", like)
			}
			return nil, e
		}
	}
	return r, nil
}

// resolve makes a copy of the ACL for a switch: its ports and meters.
func (dp *DP) resolve(d *document, a *ACL) (*ACL, error) {
	if done := dp.ACLs[a.Name]; done != nil {
		return done, nil
	}
	b := *a
	b.Rules = nil
	for _, r := range a.Rules {
		c := *r
		c.Match = openflow.Match{}
		for _, m := range r.matches {
			f, err := dp.field(m)
			if err != nil {
				return nil, err
			}
			c.Match = append(c.Match, f)
		}
		c.Match.Sort()
		if err := dp.resolveActions(d, a.Name, &c.Actions); err != nil {
			return nil, err
		}
		b.Rules = append(b.Rules, &c)
	}
	dp.ACLs[a.Name] = &b
	return &b, nil
}

func (dp *DP) resolveActions(d *document, acl string, a *Actions) error {
	if a.empty != nil && a.empty.key != "allow" {
		return a.empty.at.wrong("ACL %s: %s has no value", acl, a.empty.key)
	}
	if err := a.CT.limits(acl); err != nil {
		return err
	}
	if a.MeterName != "" {
		if a.Meter = dp.meters[a.MeterName]; a.Meter == nil {
			return a.At.wrong("ACL %s: there is no meter %s", acl, a.MeterName)
		}
	}
	if a.MirrorRef != nil {
		if a.Mirror = dp.findPort(*a.MirrorRef); a.Mirror == nil {
			return a.MirrorRef.At.wrong("ACL %s: %s has no port %s to mirror to", acl, dp.Name, a.MirrorRef)
		}
		a.Mirror.CopiedTo = true
	}
	a.Output = slices.Clone(a.Output) // each switch has its own ports
	for i := range a.Output {
		if err := dp.resolveStep(acl, &a.Output[i]); err != nil {
			return err
		}
	}
	return nil
}

// usedACLs finds the ACLs that refs name and resolves them.
func (dp *DP) usedACLs(d *document, refs []Ref) ([]*ACL, error) {
	var list []*ACL
	for _, r := range refs {
		a := d.acls[r.Text]
		if a == nil {
			e := r.At.wrong("%s: there is no ACL %s", dp.Name, r.Text)
			if like := nearest(r.Text, d.aclNames()); like != "" {
				e.hint("did you mean %s?", like)
			}
			return nil, e
		}
		b, err := dp.resolve(d, a)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 && list[0].ExactMatch != b.ExactMatch {
			return nil, r.At.wrong("ACLs that are used together must agree on exact_match")
		}
		list = append(list, b)
	}
	return list, nil
}
