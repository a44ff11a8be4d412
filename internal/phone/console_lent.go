package phone

import (
	"fmt"
	"io"

	"github.com/octothorpe/octothorpe/internal/command"
)

// consoleLent is the command about peers that databases have lent.
func (d *Driver) consoleLent() command.Console {
	return row("sip prune realtime", "Forget peers that came from a database", "sip prune realtime [peer [<name>|all|like <pattern>]|all]", "chan_sip", d.pruneRealtime)
}

// pruneRealtime takes peers that were looked up in a database out of memory.
func (d *Driver) pruneRealtime(w io.Writer, args []string) error {
	if len(args) > 0 && args[0] == "peer" {
		args = args[1:]
	}
	switch {
	case len(args) == 1 && args[0] == "all":
		tellPruned(w, d.prune(func(string) bool { return true }))
	case len(args) == 2 && args[0] == "like":
		pattern, err := posix(args[1])
		if err != nil {
			return err
		}
		tellPruned(w, d.prune(pattern.MatchString))
	case len(args) == 1 && args[0] != "like":
		e := d.Model().Endpoint(args[0])
		switch {
		case !remembered(e) || e.Peer.Kind == "user":
			fmt.Fprintf(w, "Peer '%s' not found.\n", args[0])
		case !e.Peer.Lent:
			fmt.Fprintf(w, "Peer '%s' is not a Realtime peer, cannot be pruned.\n", args[0])
		default:
			d.prune(func(name string) bool { return name == e.Name })
			fmt.Fprintf(w, "Peer '%s' pruned.\n", args[0])
		}
	default:
		return &command.UsageError{}
	}
	return nil
}

func tellPruned(w io.Writer, n int) {
	if n == 0 {
		fmt.Fprint(w, "No peers found to prune.\n")
		return
	}
	fmt.Fprintf(w, "%d peers pruned.\n", n)
}

// remembered reports whether an endpoint is there without being asked for: one that a
// database has lent only if it is kept.
func remembered(e *Endpoint) bool {
	return e != nil && (e.Peer == nil || !e.Peer.Lent || e.Peer.Cached)
}

// shownPeer finds what "sip show peer" and its like are about: of a database only if that
// is asked now, or what it has said is kept.
func (d *Driver) shownPeer(args []string) *Endpoint {
	load := len(args) > 1 && args[1] == "load"
	if load {
		d.borrow(args[0])
	}
	if e := d.Model().Endpoint(args[0]); load || remembered(e) {
		return e
	}
	return nil
}

// lentField is the line that tells whether a database has lent a peer, if any does.
func (d *Driver) lentField(p *Peer) field {
	return field{"Realtime peer", choose(!d.lending.lends(), "", choose(p.Lent, "Yes, cached", "No"))}
}

// lendSettings is what "sip show settings" says of such peers, if there may be any.
func (d *Driver) lendSettings(m *Model) []field {
	o := m.Global.General.Lending
	return []field{
		{"Realtime Peers:", yes(d.lending.families.Has(peerRows))}, {"Realtime Regs:", yes(d.lending.families.Has(registrationRows))},
		{"Cache Friends:", yes(o.Cache)}, {"Update:", yes(o.Update)}, {"Ignore Reg. Expire:", yes(o.IgnoreExpiry)},
		{"Save sys. name:", yes(o.SaveSystem)}, {"Save path header:", yes(o.SavePath)},
		{"Auto Clear:", fmt.Sprintf("%d (%s)", int(o.ClearAfter.Seconds()), choose(o.Clear, "Enabled", "Disabled"))},
	}
}
