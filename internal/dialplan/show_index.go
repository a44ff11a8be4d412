package dialplan

import (
	"fmt"
	"io"
	"strings"
)

// indexLegend explains a line of the index.
const indexLegend = `
     What extensions are found by, as <bytes>:<pattern?>:<how many bytes>:[EXTEN:<extension>]

     <bytes> are those that the next one of what was dialled may be. Lines stand in the order
     in which they are tried, and below one, after a +, what may follow it. Extensions that are
     no patterns (N) are found at once and before all patterns (Y).

`

// ShowIndex prints by what the extensions of a context, or with "" of all, are found, in
// the form of Asterisk 22's "dialplan debug". found is false where there is no such context.
func (p *Plan) ShowIndex(out io.Writer, name string) (found bool) {
	fmt.Fprint(out, indexLegend)
	n := 0
	for i := len(p.order) - 1; i >= 0; i-- {
		c := p.order[i]
		if name != "" && c.Name != name {
			continue
		}
		n++
		fmt.Fprintf(out, "[ Context '%s' created by '%s' ]\n", c.Name, c.Registrar)
		if len(c.extensions) == 0 {
			fmt.Fprint(out, "\n     There are no extensions.\n\n")
		}
		c.index.show(out)
		fmt.Fprintln(out)
	}
	if n == 0 {
		fmt.Fprintf(out, "There is no existence of '%s' context\n", name)
		return false
	}
	fmt.Fprintf(out, "-= %d %s. =-\n", n, plural(n, "context", "contexts"))
	return true
}

func (x *index) show(out io.Writer) {
	for _, name := range x.sorted {
		fmt.Fprintf(out, " %s:N:-:1:EXTEN:%s\n", name, name)
	}
	x.root.show(out, 0)
}

// show prints what is below a node, in the order in which it is tried.
func (n *treeNode) show(out io.Writer, depth int) {
	line := func(bytes string, count int, to *treeNode) {
		end := ""
		if len(to.ends) > 0 {
			end = "EXTEN:" + to.ends[0].Name
		}
		fmt.Fprintf(out, " %s%s:Y:-:%d:%s\n", strings.Repeat("+       ", depth), bytes, count, end)
		to.show(out, depth+1)
	}
	for _, e := range n.bytes {
		line(string(rune(e.c)), 1, e.to)
	}
	for _, s := range n.sets {
		line(s.e.text(), s.e.count, s.to)
	}
	const any = 256
	for _, rest := range []struct {
		text string
		to   *treeNode
	}{{".", n.dot}, {"!", n.bang}} {
		if rest.to != nil {
			line(rest.text, any, rest.to)
		}
	}
}

// text is a set as a pattern has it.
func (e *element) text() string {
	var bytes []byte
	for c := range 256 {
		if e.has(byte(c)) {
			bytes = append(bytes, byte(c))
		}
	}
	for _, usual := range []struct{ text, bytes string }{{"X", "0123456789"}, {"Z", "123456789"}, {"N", "23456789"}} {
		if string(bytes) == usual.bytes {
			return usual.text
		}
	}
	return "[" + string(bytes) + "]"
}
