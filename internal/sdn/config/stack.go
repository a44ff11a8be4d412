package config

import (
	"cmp"
	"slices"
)

// A Stack is the switches that are joined by stack ports.
type Stack struct {
	Root    *DP
	Members []*DP // by name
	// Distance is how many links a member is from the root.
	Distance map[*DP]int
	// Longest is that of the furthest.
	Longest int
}

// stacks joins the ends of stack ports and finds the root of each.
func (c *Config) stacks() error {
	stacked := map[*DP]bool{}
	for _, dp := range c.DPs {
		for _, p := range dp.Ports {
			if p.IsStack() {
				if err := c.peer(p); err != nil {
					return err
				}
				stacked[dp] = true
			}
		}
	}
	if len(stacked) == 0 {
		return nil
	}
	var root *DP
	for _, dp := range c.DPs {
		if dp.StackConfig == nil || dp.StackConfig.Priority == nil || *dp.StackConfig.Priority == 0 {
			continue
		}
		if *dp.StackConfig.Priority < 0 {
			return dp.StackConfig.At.wrong("priority %d of a stack must be above 0", *dp.StackConfig.Priority)
		}
		if root == nil || *dp.StackConfig.Priority < *root.StackConfig.Priority ||
			*dp.StackConfig.Priority == *root.StackConfig.Priority && dp.Name < root.Name {
			root = dp
		}
	}
	if root == nil {
		for _, dp := range c.DPs {
			if stacked[dp] {
				return dp.At.wrong("there are stack ports but no root").hint("give one switch stack: {priority: 1}")
			}
		}
	}
	s := &Stack{Root: root, Distance: map[*DP]int{root: 0}}
	for queue := []*DP{root}; len(queue) > 0; queue = queue[1:] {
		for _, p := range queue[0].Ports {
			if !p.IsStack() {
				continue
			}
			next := p.Peer.DP
			if _, seen := s.Distance[next]; !seen {
				s.Distance[next] = s.Distance[queue[0]] + 1
				s.Longest = max(s.Longest, s.Distance[next])
				queue = append(queue, next)
			}
		}
	}
	for _, dp := range c.DPs {
		if _, reached := s.Distance[dp]; reached && stacked[dp] {
			dp.Stack = s
			s.Members = append(s.Members, dp)
		} else if stacked[dp] {
			return dp.At.wrong("no stack ports lead from %s to the root %s", dp.Name, root.Name)
		}
	}
	slices.SortFunc(s.Members, func(a, b *DP) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}

// peer finds the other end of a stack port, which must name this one.
func (c *Config) peer(p *Port) error {
	at := p.StackKey.At
	for _, other := range c.DPs {
		if other.Name != p.StackKey.DP {
			continue
		}
		q := other.findPort(*p.StackKey.Port)
		if q == nil {
			return at.wrong("%s has no port %s", other.Name, p.StackKey.Port)
		}
		if !q.IsStack() || q.StackKey.DP != p.DP.Name || p.DP.findPort(*q.StackKey.Port) != p {
			return at.wrong("port %d of %s does not lead back to port %d of %s", q.Number, other.Name, p.Number, p.DP.Name)
		}
		if q == p {
			return at.wrong("a stack port can not lead to itself")
		}
		p.Peer = q
		return nil
	}
	return at.wrong("there is no switch %s", p.StackKey.DP)
}
