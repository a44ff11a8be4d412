package manager

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// network writes what happens in the network: NetworkL2Learn, NetworkPortChange and
// so on, after Faucet's names of these events.
func (w *writer) network(e event.Event, class command.Class) bool {
	n, ok := e.(*event.Network)
	if !ok {
		return false
	}
	w.start("Network"+camel(n.What), class)
	w.field("NetworkEventID", strconv.FormatUint(n.ID, 10))
	if n.DatapathID != 0 {
		w.field("DatapathID", "0x"+strconv.FormatUint(n.DatapathID, 16))
		w.field("Datapath", n.Datapath)
	}
	for _, f := range n.Fields {
		w.field(camel(f.Name), f.Value)
	}
	return true
}

// camel makes a key in AMI's manner of one in Faucet's: port_no is PortNo. A part that
// is a number, of a table by ports, is Port1.
func camel(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '.' }) {
		if unicode.IsDigit(rune(word[0])) {
			b.WriteString("Port")
		}
		b.WriteString(strings.ToUpper(word[:1]) + strings.ToLower(word[1:]))
	}
	return b.String()
}
