package phone

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/sip"
)

// A trace says whose SIP messages the console shows, which are written to a file,
// and whether they are kept. While nobody wants any, the stack does not even ask.
type trace struct {
	setting sync.Mutex // orders changes
	filter  atomic.Pointer[filter]
	history messageHistory
	dialogs dialogHistories
	copies  atomic.Pointer[Copy]
}

// A Copy takes a message that was sent, or that came, with where it went or came from. It
// must not wait, nor keep the message's bytes.
type Copy func(sent bool, way sip.Source, message []byte)

// CopyTo has all messages be told to somebody, or with nil to nobody.
func (d *Driver) CopyTo(f Copy) {
	d.trace.setting.Lock()
	defer d.trace.setting.Unlock()
	if f == nil {
		d.trace.copies.Store(nil)
	} else {
		d.trace.copies.Store(&f)
	}
	d.attachTrace()
}

// A filter is what messages are wanted. It is never changed: each command makes a
// new one. Nobody's messages are wanted by nil.
type filter struct {
	all     bool           // on
	hosts   []netip.Prefix // to and from these
	methods []string       // and of these methods; none is any
	silent  bool           // not on the console
	file    *capture       // pcap
}

// wants reports whether a message is to be shown or written.
func (f *filter) wants(a netip.Addr, message []byte) bool {
	switch {
	case f == nil:
		return false
	case f.all:
		return true
	case len(f.hosts) == 0 && len(f.methods) == 0:
		return false
	}
	a = a.Unmap()
	if len(f.hosts) > 0 && !slices.ContainsFunc(f.hosts, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return false
	}
	method := methodOf(message)
	return len(f.methods) == 0 || slices.ContainsFunc(f.methods, func(m string) bool { return strings.EqualFold(m, method) })
}

// methodOf is the method of a request, or of what a response answers.
func methodOf(message []byte) string {
	if !bytes.HasPrefix(message, []byte("SIP/2.0")) {
		method, _, _ := bytes.Cut(message, []byte(" "))
		return string(method)
	}
	if fields := strings.Fields(headerOf(message, "CSeq")); len(fields) == 2 {
		return fields[1]
	}
	return ""
}

// CallID is that of a message that was not parsed; "" if it has none.
func CallID(message []byte) string { return headerOf(message, "Call-ID") }

// headerOf is the value of a header of a message that was not parsed, by its long
// name or by the letter that RFC 3261 gives it.
func headerOf(message []byte, name string) string {
	short := map[string]string{"Call-ID": "i"}[name]
	for line := range strings.Lines(string(message)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		key, value, ok := strings.Cut(line, ":")
		if key = strings.TrimSpace(key); ok && (strings.EqualFold(key, name) || short != "" && strings.EqualFold(key, short)) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// changeTrace makes the filter another one. What the change returns holds from now on.
func (d *Driver) changeTrace(change func(filter) filter) {
	d.trace.setting.Lock()
	defer d.trace.setting.Unlock()
	var now filter
	if old := d.trace.filter.Load(); old != nil {
		now = *old
	}
	old := now.file
	now = change(now)
	d.trace.filter.Store(&now)
	if old != nil && old != now.file {
		old.close()
	}
	d.attachTrace()
}

// attachTrace has the stack tell of messages if anybody wants some.
func (d *Driver) attachTrace() {
	if d.stack == nil {
		return
	}
	f := d.trace.filter.Load()
	if wanted := f != nil && (f.all || len(f.hosts) > 0 || len(f.methods) > 0); wanted || d.trace.history.on() || d.trace.dialogs.recording.Load() || d.trace.copies.Load() != nil {
		d.stack.SetTrace(d.traced)
		return
	}
	d.stack.SetTrace(nil)
}

// traceAll, traceNone and traceOnly are the choices that both faces have.
func (d *Driver) traceAll() {
	d.changeTrace(func(f filter) filter { f.all = true; return f })
}

func (d *Driver) traceNone() {
	d.changeTrace(func(filter) filter { return filter{} })
}

func (d *Driver) traceOnly(a netip.Addr) {
	a = a.Unmap()
	d.changeTrace(func(f filter) filter {
		return filter{hosts: []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}, silent: f.silent, file: f.file}
	})
}

// traced takes one message: for the history, a capture server, a file and the console, whoever wants it.
func (d *Driver) traced(sent bool, way sip.Source, message []byte) {
	d.trace.history.add(sent, way, message)
	d.trace.dialogs.message(sent, message)
	if tell := d.trace.copies.Load(); tell != nil {
		(*tell)(sent, way, message)
	}
	f := d.trace.filter.Load()
	if !f.wants(way.Remote.Addr(), message) {
		return
	}
	if f.file != nil {
		f.file.write(sent, way, message)
	}
	if d.hooks.Console != nil && !f.silent {
		d.hooks.Console(d.traceText(sent, way, message))
	}
}

// traceText is a message as the console shows it, in the words of the reference.
func (d *Driver) traceText(sent bool, way sip.Source, message []byte) string {
	network := strings.ToUpper(way.Transport.Network)
	text := logging.CleanLines(string(message)) // a phone has no say over the terminal
	if d.technology == SIP {
		if sent {
			return fmt.Sprintf("Transmitting (no NAT) to %s:\n%s\n---\n", way.Remote, text)
		}
		return fmt.Sprintf("\n<--- SIP read from %s:%s --->\n%s\n<------------->\n", network, way.Remote, text)
	}
	kind := choose(bytes.HasPrefix(message, []byte("SIP/2.0")), "response", "request")
	verb := choose(sent, "Transmitting", "Received")
	return fmt.Sprintf("<--- %s SIP %s (%d bytes) %s %s:%s --->\n%s\n", verb, kind, len(message), choose(sent, "to", "from"),
		network, way.Remote, text)
}
