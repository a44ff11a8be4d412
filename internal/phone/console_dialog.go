package phone

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// consoleSIPStack are the commands that look into chan_sip's workings: what there
// is of them here.
func (d *Driver) consoleSIPStack() []command.Console {
	const module = "chan_sip"
	return []command.Console{
		row("sip show tcp", "List the connections of TCP and TLS", "sip show tcp", module, d.sipConnections),
		row("sip show mwi", "List the mailboxes elsewhere that we watch", "sip show mwi", module, func(w io.Writer, _ []string) error {
			fmt.Fprintf(w, "%-30.30s  %-12.12s  %-10.10s  %-10.10s\n", "Host", "Username", "Mailbox", "Subscribed") // mwi= is not honoured yet
			return nil
		}),
		row("sip show sched", "Count what waits for its time", "sip show sched", module, d.sipScheduled),
		row("sip show objects", "List peers, registrations and dialogs", "sip show objects", module, d.sipObjects),
		row("sip show channel", "Show one SIP dialog, by the beginning of its Call-ID", "sip show channel CALL-ID", module, d.sipChannel),
	}
}

func (d *Driver) sipConnections(w io.Writer, args []string) error {
	if len(args) > 0 {
		return &command.UsageError{}
	}
	fmt.Fprintf(w, "%-47.47s %-11.11s %s\n", "Address", "Transport", "Type")
	if d.stack == nil {
		return nil
	}
	for _, t := range d.stack.Transports() {
		for _, c := range t.Connections() {
			fmt.Fprintf(w, "%-47.47s %-9.9s %-6.6s\n", c.Remote, strings.ToUpper(t.Network), choose(c.Accepted, "Server", "Client"))
		}
	}
	return nil
}

// sipScheduled counts tasks by what chan_sip calls them. Those of dialogs are the
// SIP stack's own, which counts none.
func (d *Driver) sipScheduled(w io.Writer, args []string) error {
	if len(args) > 0 {
		return &command.UsageError{}
	}
	most, all := d.clock.waiting()
	d.expiry.mu.Lock()
	registered := len(d.expiry.tasks)
	d.expiry.mu.Unlock()
	d.qualifier.mu.Lock()
	asked := len(d.qualifier.tasks)
	d.qualifier.mu.Unlock()
	fmt.Fprintf(w, "\n Highwater = %d\n schedcnt = %d\n", most, all)
	for _, kind := range []struct {
		name string
		n    int
	}{{"retrans_pkt", 0}, {"__sip_autodestruct", 0}, {"expire_register", registered}, {"auto_congest", 0}, {"sip_reg_timeout", 0},
		{"sip_poke_peer_s", asked}, {"sip_poke_peer_now", 0}, {"sip_poke_noanswer", 0}, {"sip_reregister", max(0, all-registered-asked)}, {"sip_reinvite_retry", 0}} {
		fmt.Fprintf(w, "    %s : %d\n", kind.name, kind.n)
	}
	fmt.Fprint(w, "   <unknown> : 0\n")
	return nil
}

func (d *Driver) sipObjects(w io.Writer, args []string) error {
	if len(args) > 0 {
		return &command.UsageError{}
	}
	m := d.Model()
	peers := m.List()
	slices.SortStableFunc(peers, func(a, b *Endpoint) int { return bucket(a.Name) - bucket(b.Name) })
	object := func(name, kind string, references int) {
		fmt.Fprintf(w, "name: %s\ntype: %s\nobjflags: 0\nrefcount: %d\n\n", name, kind, references)
	}
	found := func(e *Endpoint) bool { return e.Peer.Kind != "user" && d.whereabouts(e).IsValid() }
	fmt.Fprintf(w, "-= Peer objects: %d static, 0 realtime, 1 autocreate =-\n\n", len(peers)) // chan_sip counts one of its own
	for _, e := range peers {
		object(e.Name, "peer", choose(found(e), 2, 1))
	}
	fmt.Fprint(w, "-= Peer objects by IP =-\n\n")
	for _, e := range peers {
		if found(e) {
			object(e.Name, "peer", 2)
		}
	}
	fmt.Fprintf(w, "-= Registry objects: %d =-\n\n", len(m.Registrations))
	for _, r := range m.Registrations {
		fmt.Fprintf(w, "name: %s\n", r.Name)
	}
	fmt.Fprint(w, "-= Dialog objects:\n\n")
	for _, id := range d.callIDs() {
		object(id, "dialog", 1)
	}
	return nil
}

// callIDs are the Call-IDs of all calls, sorted.
func (d *Driver) callIDs() []string {
	var list []string
	for _, name := range d.channelNames("") {
		list = append(list, d.snapshot(name).Protocol)
	}
	slices.Sort(list)
	return slices.DeleteFunc(list, func(id string) bool { return id == "" })
}

// sipChannel prints "sip show channel" of all calls whose Call-ID begins so.
func (d *Driver) sipChannel(w io.Writer, args []string) error {
	if len(args) != 1 {
		return &command.UsageError{}
	}
	any := false
	for _, name := range d.channelNames("") {
		c := d.snapshot(name)
		if !strings.HasPrefix(c.Protocol, args[0]) || c.Protocol == "" {
			continue
		}
		s, _ := d.sessionNamed(name)
		if s == nil { // it has just ended
			continue
		}
		any = true
		fmt.Fprint(w, "\n  * SIP Call\n")
		printSettings(w, s.dialogFields(c))
		fmt.Fprint(w, "\n\n")
	}
	if !any {
		fmt.Fprintf(w, "No such SIP Call ID starting with '%s'\n", args[0])
	}
	return nil
}

// dialogFields is a call as "sip show channel" tells it.
func (s *session) dialogFields(c *event.Channel) []field {
	s.mu.Lock()
	agreed, dialog, request, accepted, done, timed := s.agreed.formats, s.dialog, s.request, s.acceptedBy, s.stage == over, s.refresh.timer != nil
	s.mu.Unlock()
	e, p := s.endpoint, s.endpoint.Peer
	their, joint, format := "(nothing)", "(nothing)", s.driver.formatOf(c.Name)
	if agreed != nil {
		joint = codecList(formatNames(agreed))
		their = joint
	}
	local, remote, agent := "", "", ""
	where := s.driver.whereabouts(e)
	network := "UDP"
	routes := "N/A"
	if g := dialog; g != nil {
		local, remote = g.LocalTag, g.RemoteTag
		if t := g.Way().Transport; t != nil {
			where = g.Way().Remote
			network = strings.ToUpper(t.Network)
		}
		if list := g.Routes(); len(list) > 0 {
			routes = strings.Join(list, ",")
		} else if target := g.Target(); target.Host != "" {
			routes = "<" + target.String() + ">"
		}
	}
	if theirs := choose(s.incoming, request, accepted); theirs != nil {
		agent = theirs.Get("User-Agent")
	}
	audio := ""
	if at := s.audio.LocalAddr(); at.IsValid() {
		audio = at.Addr().String() + " (local)"
	}
	fields := []field{
		{"Curr. trans. direction:  ", choose(s.incoming, "Incoming", "Outgoing")}, {"Call-ID:", c.Protocol}, {"Owner channel ID:", c.Name},
		{"Our Codec Capability:", codecList(e.Codecs)}, {"Non-Codec Capability (DTMF):   ", choose(e.DTMF == DTMFRFC4733, "1", "0")},
		{"Their Codec Capability:", their}, {"Joint Codec Capability:", joint}, {"Format:", format}, {"T.38 support", yes(e.T38.UDPTL)},
		{"Video support", "No"}, {"MaxCallBR:", fmt.Sprintf("%d kbps", p.MaxCallBitrate)}, {"Theoretical Address:", where.String()},
		{"Received Address:", where.String()}, {"SIP Transfer mode:", p.TransferMode}, {"Force rport:", rportWord(p)}, {"Audio IP:", audio},
		{"Our Tag:", local}, {"Their Tag:", remote}, {"SIP User agent:", agent},
	}
	if e.Name != "" {
		fields = append(fields, field{"Peername:", e.Name})
	}
	if s.incoming && request != nil {
		fields = append(fields, field{"Original uri:", request.From.URI.String()})
	}
	if number := c.Caller.Number.Text; number != "" {
		fields = append(fields, field{"Caller-ID:", number})
	}
	return append(fields, field{"Need Destroy:", yes(done)}, field{"Last Message:", ""}, field{"Promiscuous Redir:", yes(p.PromiscRedir)},
		field{"Route:", routes}, field{"DTMF Mode:", dtmfWord(e.DTMF)}, field{"SIP Options:", "(none)"},
		field{"Session-Timer:", choose(timed, "Active", "Inactive")}, field{"Transport:", network}, field{"Media:", "RTP"})
}

func formatNames(list []*media.Format) []string {
	var names []string
	for _, f := range list {
		names = append(names, f.Name)
	}
	return names
}
