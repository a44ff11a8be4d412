package dialplan

import (
	"sort"
	"strings"
)

// index finds the extensions of one context. Literals stand in a hash and, for
// digits that are still being dialled, in order; patterns in a tree whose edges
// are elements in order of precedence, so that the first match found is the best.
type index struct {
	literals map[string][]*Extension // by name without dashes; with caller IDs first
	sorted   []string                // the keys
	root     treeNode
	patterns map[string][]*Extension // by name: one may be asked for by it, as "_1XX"
}

type treeNode struct {
	bytes []byteEdge // in order of byte
	sets  []setEdge  // in order of precedence
	dot   *treeNode
	bang  *treeNode
	never *treeNode // below an empty set: listed, never reached
	ends  []*Extension
}

type byteEdge struct {
	c  byte
	to *treeNode
}

type setEdge struct {
	e  element
	to *treeNode
}

// newIndex indexes extensions that are in order of precedence.
func newIndex(list []*Extension) *index {
	x := &index{literals: make(map[string][]*Extension, len(list))}
	for _, e := range list {
		if e.name.patterns {
			x.root.insert(e.name.pattern, e)
			if x.patterns == nil {
				x.patterns = map[string][]*Extension{}
			}
			x.patterns[undashed(e.Name)] = append(x.patterns[undashed(e.Name)], e)
			continue
		}
		key := e.name.literal
		if len(x.literals[key]) == 0 {
			x.sorted = append(x.sorted, key)
		}
		x.literals[key] = append(x.literals[key], e)
	}
	sort.Strings(x.sorted)
	return x
}

// insert adds an extension. They come in order, so that appending keeps edges sorted.
func (n *treeNode) insert(pattern []element, e *Extension) {
	if len(pattern) == 0 {
		n.ends = append(n.ends, e)
		return
	}
	n.edge(&pattern[0]).insert(pattern[1:], e)
}

func (n *treeNode) edge(e *element) *treeNode {
	special := func(p **treeNode) *treeNode {
		if *p == nil {
			*p = &treeNode{}
		}
		return *p
	}
	switch e.kind {
	case elementDot:
		return special(&n.dot)
	case elementBang:
		return special(&n.bang)
	case elementNever:
		return special(&n.never)
	}
	if c, ok := e.single(); ok {
		if last := len(n.bytes) - 1; last < 0 || n.bytes[last].c != c {
			n.bytes = append(n.bytes, byteEdge{c, &treeNode{}})
		}
		return n.bytes[len(n.bytes)-1].to
	}
	if last := len(n.sets) - 1; last < 0 || n.sets[last].e.compare(e) != 0 {
		n.sets = append(n.sets, setEdge{*e, &treeNode{}})
	}
	return n.sets[len(n.sets)-1].to
}

func (n *treeNode) byte(c byte) *treeNode {
	low, high := 0, len(n.bytes)
	for low < high {
		middle := (low + high) / 2
		if n.bytes[middle].c < c {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(n.bytes) && n.bytes[low].c == c {
		return n.bytes[low].to
	}
	return nil
}

// find returns the best extension that matches q.exten and has what q wants.
func (x *index) find(q *query) *Extension {
	for _, e := range x.literals[q.exten] {
		if q.accepts(e) {
			return e
		}
	}
	if strings.HasPrefix(q.exten, "_") {
		for _, e := range x.patterns[q.exten] {
			if q.accepts(e) {
				return e
			}
		}
	}
	return x.root.find(q, q.exten)
}

func (n *treeNode) find(q *query, data string) *Extension {
	if data != "" {
		if to := n.byte(data[0]); to != nil {
			if e := to.find(q, data[1:]); e != nil {
				return e
			}
		}
		for i := range n.sets {
			if s := &n.sets[i]; s.e.has(data[0]) {
				if e := s.to.find(q, data[1:]); e != nil {
					return e
				}
			}
		}
		if n.dot != nil {
			if e := n.dot.any(q); e != nil {
				return e
			}
		}
	}
	if n.bang != nil {
		if e := n.bang.any(q); e != nil {
			return e
		}
	}
	if data == "" {
		return acceptable(q, n.ends)
	}
	return nil
}

func acceptable(q *query, list []*Extension) *Extension {
	for _, e := range list {
		if q.accepts(e) {
			return e
		}
	}
	return nil
}

// any returns the first extension below n that has what q wants.
func (n *treeNode) any(q *query) *Extension {
	for i := range n.bytes {
		if e := n.bytes[i].to.any(q); e != nil {
			return e
		}
	}
	for i := range n.sets {
		if e := n.sets[i].to.any(q); e != nil {
			return e
		}
	}
	for _, to := range []*treeNode{n.dot, n.bang} {
		if to != nil {
			if e := to.any(q); e != nil {
				return e
			}
		}
	}
	return acceptable(q, n.ends)
}

// outlook is what further digits could bring.
type outlook uint8

const (
	nothing outlook = iota
	possible
	settled // an extension that ends in ! is matched: there is no more to wait for
)

// more looks for what digits after q.exten could match.
func (x *index) more(q *query) outlook {
	at := sort.SearchStrings(x.sorted, q.exten)
	for ; at < len(x.sorted) && strings.HasPrefix(x.sorted[at], q.exten); at++ {
		if len(x.sorted[at]) > len(q.exten) && acceptable(q, x.literals[x.sorted[at]]) != nil {
			return possible
		}
	}
	return x.root.more(q, q.exten)
}

func (n *treeNode) more(q *query, data string) outlook {
	if data == "" {
		for i := range n.bytes {
			if n.bytes[i].to.any(q) != nil {
				return possible
			}
		}
		for i := range n.sets {
			if n.sets[i].to.any(q) != nil {
				return possible
			}
		}
	} else {
		if to := n.byte(data[0]); to != nil {
			if o := to.more(q, data[1:]); o != nothing {
				return o
			}
		}
		for i := range n.sets {
			if s := &n.sets[i]; s.e.has(data[0]) {
				if o := s.to.more(q, data[1:]); o != nothing {
					return o
				}
			}
		}
	}
	if n.dot != nil && n.dot.any(q) != nil {
		return possible
	}
	if n.bang != nil && n.bang.any(q) != nil {
		return settled
	}
	return nothing
}
