package rest

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// An operation does what a request asks for.
type operation func(s *Server, r *request) answer

// A route is where an operation is found.
type route struct {
	method, path string // {name} stands for any one part
	do           operation
}

// A node is a part of a path and what follows it.
type node struct {
	children   map[string]*node
	any        *node // for {name}
	name       string
	operations map[string]*entry // by method
}

// An entry is an operation in the tree.
type entry struct {
	do     operation
	name   string // METHOD /path
	number int    // among all
}

func allRoutes() [][]route {
	return [][]route{channelRoutes, bridgeRoutes, playbackRoutes, recordingRoutes, applicationRoutes, asteriskRoutes, otherRoutes, mailboxRoutes}
}

// table is all routes, as a tree.
var table = sync.OnceValue(func() *node {
	root := &node{}
	number := 0
	for _, list := range allRoutes() {
		for _, r := range list {
			root.add(r, &entry{r.do, r.name(), number})
			number++
		}
	}
	return root
})

// names are those of all operations, by their numbers.
var names = sync.OnceValue(func() (list []string) {
	for _, routes := range allRoutes() {
		for _, r := range routes {
			list = append(list, r.name())
		}
	}
	return list
})

func (n *node) add(r route, e *entry) {
	for part := range strings.SplitSeq(strings.TrimPrefix(r.path, "/"), "/") {
		next := n.any
		name, isName := strings.CutPrefix(part, "{")
		if !isName {
			next = n.children[part]
		}
		if next == nil {
			next = &node{}
			switch {
			case isName:
				next.name = strings.TrimSuffix(name, "}")
				n.any = next
			case n.children == nil:
				n.children = map[string]*node{part: next}
			default:
				n.children[part] = next
			}
		}
		n = next
	}
	if n.operations == nil {
		n.operations = map[string]*entry{}
	}
	n.operations[r.method] = e
}

// find returns the node of a path, which is escaped, and what stands for its names.
func (n *node) find(path string) (*node, map[string]string) {
	vars := map[string]string{}
	if path = strings.TrimPrefix(path, "/"); path == "" {
		return n, vars
	}
	path, _, _ = strings.Cut(path, "//") // what has no name ends the path, as on the reference
	for part := range strings.SplitSeq(path, "/") {
		if next := n.children[part]; next != nil {
			n = next
			continue
		}
		if n.any == nil {
			return nil, nil
		}
		n = n.any
		value, err := url.PathUnescape(part)
		if err != nil {
			return nil, nil
		}
		vars[n.name] = value
	}
	return n, vars
}

// allow is the Allow header.
func (n *node) allow() string {
	list := []string{http.MethodOptions}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if n.operations[method] != nil {
			list = append(list, method)
		}
	}
	return strings.Join(list, ",")
}
