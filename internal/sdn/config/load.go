package config

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Load reads a faucet.yaml and all that it includes. The error is the first that
// is wrong, an *Error with its place.
func Load(path string) (*Config, error) {
	d := newDocument()
	c, err := d.read(path)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Files are those that Load would read or read: also when it failed, so that one
// can wait for them to change.
func Files(path string) []string {
	d := newDocument()
	_ = d.load(path, topLevel, nil) // what can be read is read
	return d.files
}

func (d *document) read(path string) (*Config, error) {
	if err := d.load(path, topLevel, nil); err != nil {
		return nil, err
	}
	c, err := d.config(path)
	if err != nil {
		return nil, err
	}
	c.Files, c.Hash, c.Warnings = d.files, d.sum(), once(append(d.warnings, c.Warnings...))
	for _, path := range sortedNames(d.sums) {
		c.Sums = append(c.Sums, Sum{path, d.sums[path]})
	}
	return c, nil
}

// once leaves out what was said before: each switch reads all meters, for one.
func once(list []string) (said []string) {
	for _, w := range list {
		if !slices.Contains(said, w) {
			said = append(said, w)
		}
	}
	return said
}

func (d *document) config(path string) (*Config, error) {
	dps := d.top["dps"]
	if dps == nil || len(dps.Content) == 0 {
		return nil, &Error{Pos: Pos{File: path}, Message: "no switches are configured", Hint: "the key dps has them"}
	}
	if err := d.readACLs(); err != nil {
		return nil, err
	}
	c := &Config{}
	for i := 0; i < len(dps.Content); i += 2 {
		dp, err := d.dp(dps.Content[i], dps.Content[i+1])
		if err != nil {
			return nil, err
		}
		for _, other := range c.DPs {
			if other.DatapathID() == dp.DatapathID() {
				return nil, dp.At.wrong("%s has the dp_id %#x of %s", dp.Name, dp.DatapathID(), other.Name)
			}
		}
		c.DPs = append(c.DPs, dp)
	}
	for _, step := range []func() error{c.stacks, c.tunnels, c.routers, c.finish} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (d *document) readACLs() error {
	d.acls = map[string]*ACL{}
	n := d.top["acls"]
	if n == nil {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		a, err := d.acl(n.Content[i].Value, n.Content[i+1])
		if err != nil {
			return err
		}
		d.acls[a.Name] = a
	}
	return nil
}

func (d *document) aclNames() []string { return sortedNames(d.acls) }

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// finish is what needs all switches.
func (c *Config) finish() error {
	for _, dp := range c.DPs {
		if len(dp.vlans) == 0 && dp.Stack == nil && slices.ContainsFunc(dp.all, func(p *Port) bool { return !p.OutputOnly }) {
			return dp.At.wrong("no VLANs are used by the interfaces of %s", dp.Name)
		}
		if dp.GlobalVLAN != 0 && dp.VLAN(dp.GlobalVLAN) != nil {
			return dp.At.wrong("global_vlan %d is a VLAN of %s as well", dp.GlobalVLAN, dp.Name)
		}
	}
	return nil
}

// PortOf is the port of a name or number, whether enabled or not; nil if there is none.
func (dp *DP) PortOf(r Ref) *Port { return dp.findPort(r) }

func (dp *DP) findPort(r Ref) *Port {
	for _, p := range dp.all {
		if r.IsInt && int64(p.Number) == r.Number || !r.IsInt && (p.Name == r.Text || p.key == r.Text) {
			return p
		}
	}
	return nil
}

func (dp *DP) findVLAN(r Ref) *VLAN {
	if v := dp.vlans[r.Text]; v != nil && !r.IsInt {
		return v
	}
	for _, name := range sortedNames(dp.vlans) {
		if v := dp.vlans[name]; r.IsInt && int64(v.VID) == r.Number {
			return v
		}
	}
	return nil
}

func value(n *yaml.Node, key string) *yaml.Node {
	_, v := child(n, key)
	return v
}
