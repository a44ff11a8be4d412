package control

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/dot1x"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/internal/sdn/radius"
)

// admissions are who is let in on the ports of a switch, and who asks. Beside
// verdicts all is owned by the session.
type admissions struct {
	base     *config.DP // the configuration, no VLAN assigned
	verdicts chan judgement
	in       map[uint32]map[[6]byte]assigned
	started  bool            // the tables were looked at that the switch had when it came first
	up       map[uint32]bool // ports with 802.1X, and the one where it is answered, that were told of
	running  config.Dot1X    // what asks is started with
	mab      string          // ports, too
	asks     *dot1x.Authenticator
	stop     func() // waits for it
}

// assigned is what a RADIUS server says of a client.
type assigned struct{ user, vlan, acl string }

// A judgement is a verdict that waits for the session's word.
type judgement struct {
	dot1x.Verdict
	taken chan bool // has room for one
}

func newAdmissions() admissions {
	return admissions{verdicts: make(chan judgement), in: map[uint32]map[[6]byte]assigned{}, up: map[uint32]bool{}}
}

type dot1xMetrics struct{ success, failure, logoff, portSuccess, portFailure, portLogoff *prometheus.CounterVec }

func newDot1XMetrics(counter func(name, help string, labels ...string) *prometheus.CounterVec, dp, port []string) dot1xMetrics {
	return dot1xMetrics{
		success: counter("dp_dot1x_success_total", "clients that were let in", dp...), failure: counter("dp_dot1x_failure_total", "clients that were refused", dp...),
		logoff:      counter("dp_dot1x_logoff_total", "clients that have left", dp...),
		portSuccess: counter("port_dot1x_success_total", "clients that were let in", port...),
		portFailure: counter("port_dot1x_failure_total", "clients that were refused", port...),
		portLogoff:  counter("port_dot1x_logoff_total", "clients that have left", port...)}
}

// startDot1X asks the clients of the ports with 802.1X, as the configuration says
// now; what asked before with another ends.
func (d *datapath) startDot1X(ctx context.Context) {
	x, mab, by := d.dp.Dot1X, map[uint32]bool{}, ""
	for _, p := range d.dp.Ports {
		if p.Dot1X && p.Dot1XMAB {
			mab[p.Number] = true
			by += fmt.Sprint(p.Number, " ")
		}
	}
	x.At = config.Pos{} // where it stands does not matter
	if d.dot1x.asks != nil && d.dot1x.running == x && d.dot1x.mab == by {
		return
	}
	d.stopDot1X()
	if x.SwitchPort == 0 || x.Interface == "" {
		return
	}
	wire, err := dot1x.Open(x.Interface)
	if err != nil {
		d.log.Error("nobody is let in by 802.1X", "error", err)
		return
	}
	server, err := radius.Dial(net.JoinHostPort(x.RadiusIP, strconv.Itoa(x.RadiusPort)), x.RadiusSecret)
	if err != nil {
		wire.Close()
		d.log.Error("nobody is let in by 802.1X", "error", err)
		return
	}
	inner, cancel := context.WithCancel(ctx)
	verdicts := d.dot1x.verdicts
	asks := dot1x.New(dot1x.Options{Wire: wire, Ask: server.Exchange, Name: d.dp.Name, MAB: mab, Known: d.known(), Log: d.log,
		Judge: func(ctx context.Context, v dot1x.Verdict) bool {
			j := judgement{v, make(chan bool, 1)}
			select {
			case verdicts <- j:
			case <-ctx.Done():
				return false
			}
			select {
			case taken := <-j.taken:
				return taken
			case <-ctx.Done():
				return false
			}
		}})
	log, done := d.log, make(chan struct{})
	go func() { // ended by stop, which the session calls at its end
		defer close(done)
		defer server.Close()
		if err := asks.Run(inner); inner.Err() == nil {
			log.Error("nobody is let in by 802.1X any more", "error", err)
		}
	}()
	d.dot1x.asks, d.dot1x.running, d.dot1x.mab = asks, x, by
	d.dot1x.stop = func() { cancel(); <-done }
	asks.SetPorts(d.askedPorts())
	d.event("DOT1X", map[string]any{"ENABLED": map[string]any{"dp_id": d.dp.DatapathID()}})
}

// known are those who were let in before: they are asked again.
func (d *datapath) known() (list []dot1x.Verdict) {
	for port, clients := range d.dot1x.in {
		for mac, a := range clients {
			list = append(list, dot1x.Verdict{Kind: dot1x.Success, Port: port, MAC: mac, User: a.user})
		}
	}
	return list
}

func (d *datapath) stopDot1X() {
	if d.dot1x.asks != nil {
		d.dot1x.stop()
		d.dot1x.asks = nil
	}
}

func (d *datapath) askedPorts() (up []uint32) {
	for _, p := range d.dp.Ports {
		if p.Dot1X && d.linked(p.Number) {
			up = append(up, p.Number)
		}
	}
	return up
}

// admitted is who is let in, for the tables. Those of a port that has lost its link,
// or is none with 802.1X any more, are not; it follows the links. The VLANs that
// they got are the ports' own from here on.
func (d *datapath) admitted() map[uint32][]pipeline.Admission {
	up := map[uint32]bool{}
	for _, p := range d.dp.Ports {
		server := int(p.Number) == d.dp.Dot1X.SwitchPort
		if (p.Dot1X || server) && d.linked(p.Number) {
			if up[p.Number] = true; !d.dot1x.up[p.Number] {
				d.portEvent("PORT_UP", p.Number, server)
			}
		}
	}
	for n := range d.dot1x.up {
		if !up[n] {
			delete(d.dot1x.in, n)
			d.portEvent("PORT_DOWN", n, int(n) == d.dp.Dot1X.SwitchPort)
		}
	}
	d.dot1x.up = up
	if d.dot1x.asks != nil {
		d.dot1x.asks.SetPorts(d.askedPorts())
	}
	d.assign()
	list := map[uint32][]pipeline.Admission{}
	for n, clients := range d.dot1x.in {
		for _, mac := range slices.SortedFunc(maps.Keys(clients), func(a, b [6]byte) int { return bytes.Compare(a[:], b[:]) }) {
			one := pipeline.Admission{MAC: mac}
			if p := d.dp.Port(n); p != nil && p.Dot1XDynACL {
				one.ACL = d.dp.AssignedACLs[clients[mac].acl]
			}
			list[n] = append(list[n], one)
		}
	}
	return list
}

func (d *datapath) portEvent(kind string, port uint32, server bool) {
	role := map[bool]string{false: "supplicant", true: "nfv"}[server]
	d.event("DOT1X", map[string]any{kind: map[string]any{"dp_id": d.dp.DatapathID(), "port": port, "port_type": role}})
}

// assign gives ports the VLANs that their clients were given. Of several clients the
// one with the lowest address decides: a port has one native VLAN.
func (d *datapath) assign() {
	base := d.dot1x.base
	native := map[uint32]*config.VLAN{}
	for n, clients := range d.dot1x.in {
		for _, mac := range slices.SortedFunc(maps.Keys(clients), func(a, b [6]byte) int { return bytes.Compare(a[:], b[:]) }) {
			if v := assignable(base, clients[mac].vlan); v != nil && native[n] == nil {
				native[n] = v
			}
		}
	}
	d.dp = base.Assign(native)
}

// assignable is the VLAN of a name or VID that a RADIUS server may give.
func assignable(dp *config.DP, name string) *config.VLAN {
	for _, v := range dp.VLANs {
		if v.Dot1XAssigned && name != "" && (v.Name == name || strconv.Itoa(v.VID) == name) {
			return v
		}
	}
	return nil
}

// readmitFound takes who was let in by whoever drove the switch before, until they
// have said again who they are: false if there is nobody. Who they are is not known.
func (d *datapath) readmitFound(list []pipeline.Found) bool {
	if d.dot1x.started || d.dp.Dot1X.SwitchPort == 0 {
		return false
	}
	d.dot1x.started = true
	for _, f := range list {
		if !d.linked(f.Port) {
			continue
		}
		if d.dot1x.in[f.Port] == nil {
			d.dot1x.in[f.Port] = map[[6]byte]assigned{}
		}
		d.dot1x.in[f.Port][f.MAC] = assigned{vlan: f.VLAN, acl: f.ACL}
		d.log.Info("802.1X: let in before, and asked again", "port", f.Port, "client", macText(f.MAC), "vlan", f.VLAN, "acl", f.ACL)
	}
	return len(d.dot1x.in) > 0
}

// judged does what a verdict says.
func (d *datapath) judged(ctx context.Context, j judgement) error {
	port := d.dp.Port(j.Port)
	if port == nil || !port.Dot1X || !d.linked(j.Port) {
		j.taken <- false
		return nil
	}
	m := d.c.o.Metrics.dot1x
	all, own := m.success, m.portSuccess
	switch j.Kind {
	case dot1x.Failure:
		all, own = m.failure, m.portFailure
	case dot1x.Logoff:
		all, own = m.logoff, m.portLogoff
	default:
		if why := d.impossible(port, j.Verdict); why != "" {
			d.log.Warn("802.1X: the switch can not do what the RADIUS server wants", "port", j.Port, "user", j.User, "why", why)
			j.taken <- false
			return nil
		}
	}
	all.With(d.labels()).Inc()
	own.With(d.portLabels(port)).Inc()
	d.log.Info("802.1X", "port", j.Port, "client", macText(j.MAC), "user", j.User, "verdict", string(j.Kind), "vlan", j.VLAN, "acl", j.ACL)
	clients := d.dot1x.in[j.Port]
	if clients == nil {
		clients = map[[6]byte]assigned{}
		d.dot1x.in[j.Port] = clients
	}
	was, had := clients[j.MAC]
	now := assigned{j.User, j.VLAN, j.ACL}
	if j.Kind == dot1x.Success {
		clients[j.MAC] = now
	} else {
		delete(clients, j.MAC)
	}
	var err error
	if has := j.Kind == dot1x.Success; has != had || has && was != now {
		err = d.readmit(ctx)
	}
	d.event("DOT1X", map[string]any{"AUTHENTICATION": map[string]any{"dp_id": d.dp.DatapathID(), "port": j.Port, "eth_src": macText(j.MAC), "status": string(j.Kind)}})
	j.taken <- err == nil
	return err
}

// impossible says what of a verdict the configuration does not know: who was to get
// a VLAN or an ACL that is not there gets in nowhere.
func (d *datapath) impossible(port *config.Port, v dot1x.Verdict) string {
	switch {
	case v.VLAN != "" && assignable(d.dp, v.VLAN) == nil:
		return "there is no VLAN " + v.VLAN + " with dot1x_assigned"
	case v.ACL != "" && port.Dot1XDynACL && d.dp.AssignedACLs[v.ACL] == nil:
		return "there is no ACL " + v.ACL + " with dot1x_assigned"
	}
	return ""
}

// readmit brings the tables to who is let in, and forgets hosts of a port whose VLAN
// has become another.
func (d *datapath) readmit(ctx context.Context) error {
	d.newState()
	if err := d.rebuild(ctx); err != nil {
		return err
	}
	return d.rehost(ctx, false)
}
