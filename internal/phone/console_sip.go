package phone

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// consoleSIP are the commands of sip.conf's driver.
func (d *Driver) consoleSIP() []command.Console {
	const module = "chan_sip"
	return append(append(d.consoleSIPStack(), d.consoleSIPHistory()...), []command.Console{
		d.consoleLent(),
		row("sip show peers", "List the peers of sip.conf", "sip show peers [like PATTERN]", module, d.sipPeers),
		row("sip show users", "List the users of sip.conf", "sip show users [like PATTERN]", module, d.sipUsers),
		row("sip show peer", "Show one peer with all of its options", "sip show peer NAME [load]", module, d.sipShowPeer),
		row("sip show user", "Show one user with all of its options", "sip show user NAME [load]", module, d.sipShowUser),
		row("sip show registry", "List the registrations that we keep elsewhere", "sip show registry", module, d.sipRegistry),
		row("sip show inuse", "List how many calls peers have and may have", "sip show inuse [all]", module, d.sipInUse),
		row("sip show settings", "Show the options of [general]", "sip show settings", module, d.sipSettings),
		row("sip show channels", "List SIP dialogs", "sip show channels", module, d.sipChannels),
		row("sip show subscriptions", "List who has subscribed to what", "sip show subscriptions", module, d.sipSubscriptions),
		row("sip show channelstats", "Show what RTP and RTCP tell of the channels", "sip show channelstats", module,
			func(w io.Writer, _ []string) error { return d.channelStats(w) }),
		row("sip show domains", "List the domains that are ours", "sip show domains", module, d.sipDomains),
		row("sip qualify peer", "Send OPTIONS to a peer now", "sip qualify peer NAME", module, d.sipQualify),
		row("sip unregister", "End the registration of a peer", "sip unregister NAME", module, d.sipUnregister),
		{Row: command.Row{Name: "sip set debug {on|off|ip|peer}", Synopsis: "Show SIP messages on the console", Syntax: "sip set debug {on|off|ip ADDRESS|peer NAME}", Module: module},
			Run: func(_ context.Context, r *command.ConsoleRequest) error {
				return d.sipSetDebug(r.Out, chosen(r, "on", "off", "ip", "peer"), r.Args)
			}},
		row("sip notify", "Send NOTIFY of a type of sip_notify.conf", "sip notify TYPE PEER [PEER …]", module, d.sipNotify),
		row("sip reload", "Read sip.conf again", "sip reload", module, func(io.Writer, []string) error {
			if d.hooks.Reload != nil {
				return d.hooks.Reload()
			}
			return nil
		}),
	}...)
}

// peersLike returns the peers whose names match "like PATTERN", case and all.
func (d *Driver) peersLike(args []string, users bool) ([]*Endpoint, error) {
	like, err := likeArgument(args)
	if err != nil {
		return nil, err
	}
	pattern, err := posix(like)
	if err != nil {
		return nil, err
	}
	var list []*Endpoint
	for _, e := range d.Model().List() {
		if e.Peer.Kind != choose(users, "peer", "user") && pattern.MatchString(e.Name) {
			list = append(list, e)
		}
	}
	if users {
		slices.SortStableFunc(list, func(a, b *Endpoint) int { return bucket(a.Name) - bucket(b.Name) })
	}
	return list, nil
}

// posix is the pattern behind "like".
func posix(like string) (*regexp.Regexp, error) {
	pattern, err := regexp.CompilePOSIX(like)
	if err != nil {
		if pattern, err = regexp.Compile(like); err != nil {
			return nil, &command.UsageError{Why: err.Error()}
		}
	}
	return pattern, nil
}

// bucket is the place of a name in chan_sip's table of peers, whose order the
// lists show that are not sorted by name.
func bucket(name string) int {
	h := int32(5381)
	for _, c := range []byte(strings.ToLower(name)) {
		h = h*33 ^ int32(c)
	}
	if h < 0 {
		h = -h
	}
	return int(h % 563)
}

// monitored is the Status column of a peer.
func (d *Driver) monitored(e *Endpoint) (text string, online, watched bool) {
	contacts := d.location.contacts(e.Name)
	if e.Peer.Qualify == 0 {
		return "Unmonitored", len(contacts) > 0, false
	}
	if len(contacts) == 0 {
		return "UNKNOWN", false, true
	}
	c := contacts[0]
	switch c.Status {
	case Reachable:
		return fmt.Sprintf("OK (%d ms)", c.RTT.Milliseconds()), true, true
	case Lagged:
		return fmt.Sprintf("LAGGED (%d ms)", c.RTT.Milliseconds()), true, true
	case Unreachable:
		return "UNREACHABLE", false, true
	}
	return "UNKNOWN", false, true
}

// whereabouts is the address at which a peer is now; invalid if nobody knows.
func (d *Driver) whereabouts(e *Endpoint) netip.AddrPort {
	for _, c := range d.location.contacts(e.Name) {
		if c.Source.IsValid() {
			return c.Source
		}
	}
	if a, err := netip.ParseAddr(strings.Trim(e.Peer.Host, "[]")); err == nil {
		return netip.AddrPortFrom(a, uint16(e.Peer.Port))
	}
	return netip.AddrPort{}
}

func (d *Driver) sipPeers(w io.Writer, args []string) error {
	peers, err := d.peersLike(args, false)
	if err != nil {
		return err
	}
	const line = "%-25.25s %-39.39s %-3.3s %-10.10s %-10.10s %-3.3s %-8s %-11s %-32.32s %s\n"
	fmt.Fprintf(w, line, "Name/username", "Host", "Dyn", "Forcerport", "Comedia", "ACL", "Port", "Status", "Description", choose(d.lending.lends(), "Realtime", ""))
	var online, offline, others, gone int
	for _, e := range peers {
		status, up, watched := d.monitored(e)
		switch {
		case watched && up:
			online++
		case watched:
			offline++
		case up:
			others++
		default:
			gone++
		}
		name := e.Name
		if user := d.peerUser(e); user != "" {
			name += "/" + user
		}
		host, port := "(Unspecified)", "0"
		if a := d.whereabouts(e); a.IsValid() {
			host, port = a.Addr().String(), strconv.Itoa(int(a.Port()))
		} else if e.Peer.Host != "" {
			host, port = e.Peer.Host, strconv.Itoa(e.Peer.Port)
		}
		fmt.Fprintf(w, line, name, host, choose(e.Peer.Dynamic, " D ", "   "), rportWord(e.Peer), comediaWord(e.Peer),
			choose(len(e.ACL) > 0, " A ", "   "), port, status, e.Peer.Description, choose(e.Peer.Lent, "Cached RT", ""))
	}
	fmt.Fprintf(w, "%d sip peers [Monitored: %d online, %d offline Unmonitored: %d online, %d offline]\n", len(peers), online, offline, others, gone)
	return nil
}

// peerUser is the user name after the slash: defaultuser, or what the phone registered.
func (d *Driver) peerUser(e *Endpoint) string {
	for _, c := range d.location.contacts(e.Name) {
		if user, _, ok := strings.Cut(strings.TrimPrefix(c.URI, "sip:"), "@"); ok && !c.Static {
			return user
		}
	}
	return e.Peer.Username
}

func rportWord(p *Peer) string {
	if p.AutoForceRport {
		return choose(p.ForceRport, "Auto (Yes)", "Auto (No)")
	}
	return choose(p.ForceRport, "Yes", "No")
}

func comediaWord(p *Peer) string {
	if p.AutoComedia {
		return choose(p.Comedia, "Auto (Yes)", "Auto (No)")
	}
	return choose(p.Comedia, "Yes", "No")
}

func (d *Driver) sipUsers(w io.Writer, args []string) error {
	users, err := d.peersLike(args, true)
	if err != nil {
		return err
	}
	const line = "%-25.25s  %-15.15s  %-15.15s  %-15.15s  %-5.5s%-10.10s\n"
	fmt.Fprintf(w, line, "Username", "Secret", "Accountcode", "Def.Context", "ACL", "Forcerport")
	for _, e := range users {
		fmt.Fprintf(w, line, e.Name, e.Peer.Secret, e.AccountCode, e.Context, choose(len(e.ACL) > 0, "Yes", "No"), choose(e.Peer.ForceRport, "Yes", "No"))
	}
	return nil
}

func (d *Driver) sipRegistry(w io.Writer, _ []string) error {
	const line = "%-39.39s %-6.6s %-12.12s  %8.8s %-20.20s %-25.25s\n"
	fmt.Fprintf(w, line, "Host", "dnsmgr", "Username", "Refresh", "State", "Reg.Time")
	m := d.Model()
	for _, r := range m.Registrations {
		state, when, refresh := "Unregistered", "", r.Expiration
		if o := d.outgoing(r.Name); o != nil {
			o.mu.Lock()
			state = o.state
			if state == "Registered" {
				refresh, when = o.refresh, o.since.Format("Mon, 02 Jan 2006 15:04:05")
			}
			o.mu.Unlock()
		}
		fmt.Fprintf(w, line, fmt.Sprintf("%s:%d", r.Host, r.Port), "N", r.User, strconv.Itoa(int(refresh/time.Second)), state, when)
	}
	fmt.Fprintf(w, "%d SIP registrations.\n", len(m.Registrations))
	return nil
}

func (d *Driver) sipInUse(w io.Writer, args []string) error {
	if len(args) > 1 || len(args) == 1 && args[0] != "all" {
		return &command.UsageError{}
	}
	const line = "%-25.25s %-15.15s %-15.15s \n"
	fmt.Fprintf(w, line, "* Peer name", "In use", "Limit")
	peers := d.Model().List()
	slices.SortStableFunc(peers, func(a, b *Endpoint) int { return bucket(a.Name) - bucket(b.Name) })
	for _, e := range peers {
		if e.Peer.CallLimit == 0 && len(args) == 0 {
			continue
		}
		limit := "N/A"
		if e.Peer.CallLimit > 0 {
			limit = strconv.Itoa(e.Peer.CallLimit)
		}
		c := d.count(e.Name)
		used := 0
		if e.Peer.CallCounter {
			used = c.used()
		}
		fmt.Fprintf(w, line, e.Name, fmt.Sprintf("%d/%d/%d", used, c.states[callRinging], c.states[callHeld]), limit)
	}
	return nil
}

func (d *Driver) sipDomains(w io.Writer, _ []string) error {
	domains := d.Model().Global.General.Domains
	if len(domains) == 0 {
		fmt.Fprint(w, "SIP Domain support not enabled.\n\n")
		return nil
	}
	const line = "%-40.40s %-20.20s %-16.16s\n"
	fmt.Fprintf(w, line, "Our local SIP domains:", "Context", "Set by")
	for _, domain := range domains {
		fmt.Fprintf(w, line, domain.Name, choose(domain.Context == "", "(default)", domain.Context), choose(domain.auto, "[Automatic]", "[Configured]"))
	}
	fmt.Fprintln(w)
	return nil
}

func (d *Driver) sipQualify(w io.Writer, args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return &command.UsageError{}
	}
	m := d.Model()
	e := m.Endpoint(args[0])
	if e == nil || e.Peer.Kind == "user" {
		fmt.Fprintf(w, "Peer '%s' not found\n", args[0])
		return nil
	}
	if e.Peer.Qualify == 0 {
		fmt.Fprintf(w, "Peer '%s' is not monitored\n", e.Name)
		return nil
	}
	for _, c := range d.location.contacts(e.Name) {
		d.qualify(m.AOR(e.Name), c)
	}
	return nil
}

func (d *Driver) sipUnregister(w io.Writer, args []string) error {
	if len(args) != 1 {
		return &command.UsageError{}
	}
	e := d.Model().Endpoint(args[0])
	if e == nil || e.Peer.Kind == "user" {
		fmt.Fprintf(w, "Peer unknown: '%s'. Not unregistered.\n", args[0])
		return nil
	}
	for _, c := range d.location.contacts(e.Name) {
		if d.RemoveContact(e.Name, c.ID) {
			fmt.Fprintf(w, "Unregistered peer '%s'\n\n", args[0])
			return nil
		}
	}
	fmt.Fprintf(w, "Peer %s not registered\n", args[0])
	return nil
}

func (d *Driver) sipChannels(w io.Writer, _ []string) error {
	const line = "%-15.15s  %-15.15s  %-15.15s  %-15.15s  %-7s  %-15.15s %-10.10s %-10.10s\n"
	fmt.Fprintf(w, line, "Peer", "User/ANR", "Call ID", "Format", "Hold", "Last Message", "Expiry", "Peer")
	n := 0
	for _, name := range d.channelNames("") {
		c := d.snapshot(name)
		peer := strings.TrimPrefix(name[:max(strings.LastIndexByte(name, '-'), 0)], "SIP/")
		fmt.Fprintf(w, line, d.hostOf(name), choose(c.Caller.Number.Text == "", "(None)", c.Caller.Number.Text), c.Protocol, d.formatOf(name), "No", "", "", peer)
		n++
	}
	for _, r := range d.Model().Registrations {
		if o := d.outgoing(r.Name); o != nil && o.asks() {
			fmt.Fprintf(w, line, r.Host, r.User, o.callID, "(nothing)", "No", "", "", "<guest>")
			n++
		}
	}
	fmt.Fprintf(w, "%d active SIP dialog%s\n", n, choose(n == 1, "", "s"))
	return nil
}

// hostOf is the address of the peer that a channel belongs to.
func (d *Driver) hostOf(name string) string {
	peer := strings.TrimPrefix(name[:max(strings.LastIndexByte(name, '-'), 0)], "SIP/")
	if e := d.Model().Endpoint(peer); e != nil && d.whereabouts(e).IsValid() {
		return d.whereabouts(e).Addr().String()
	}
	return ""
}
