package phone

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/octothorpe/octothorpe/sip"
)

// perSource is how many messages a second one address may send: what a trunk with
// some thousands of calls a second sends, and what a flood costs less than a core.
const perSource = 20_000

// Start opens the transports, brings back the registrations of the last run and
// begins to answer. The error names transports that could not be opened; the
// driver works with the others.
func (d *Driver) Start(ctx context.Context) error {
	m := d.Model()
	d.run(ctx)
	d.stack = sip.NewStack(sip.Config{Handler: d.handle, Resolver: d.names, Observer: observer{d}, Logger: d.log, UserAgent: m.Global.UserAgent,
		Timers:       sip.Timers{T1: m.System.TimerT1, Timeout: m.System.TimerB},
		Limits:       sip.Limits{PerSource: perSource},
		ContactInACK: d.technology == SIP, CancelLast: d.technology == SIP, Alias: d.technology == PJSIP, EchoRport: d.technology == SIP, AlwaysReceived: d.technology == SIP,
		UnknownDialogs: d.technology == SIP,
		Expected:       d.referrals.expects,
		Responses:      choose(d.technology == SIP, []sip.Header{{Name: "Allow", Value: allowSIP}, {Name: "Supported", Value: supportedSIP}}, nil),
		Order:          orderOf(d.technology),
		ViaFirst:       viaFirst(d.technology),
		SwitchToTCP:    !m.System.DisableTCPSwitch, CompactHeaders: m.System.CompactHeaders, NoRport: m.System.DisableRport || d.technology == SIP && !m.forcesRport()})
	d.qualifier.ask = d.askOptions
	d.outgoings.send = d.sendRegistration
	if d.newSessions != nil {
		d.sessions = d.newSessions(d)
	}
	if d.listen == nil {
		d.listen = func(network, address string, o sip.ListenOptions) error {
			_, err := d.stack.Listen(network, address, o)
			return err
		}
	}
	d.beginFigures()
	err := d.openTransports(m)
	d.restoreContacts()
	d.begin(m)
	if d.stack != nil {
		d.mailWatches.apply(m)
	}
	d.subs.begin()
	return err
}

// forcesRport reports whether sip.conf has all peers answer to where requests come
// from, which it then asks of them, too.
func (m *Model) forcesRport() bool { return m.guest != nil && m.guest.Peer.ForceRport }

// begin makes what changes at run time follow a model.
func (d *Driver) begin(m *Model) {
	d.setStatic(m)
	if g := m.Global.General; g != nil {
		d.recordDialogs(g.RecordHistory)
	}
	d.qualifyAll(m)
	d.keepAliveAll(m)
	d.startRegistrations(m)
	d.subs.must(d.subs.startPublishing)
	if m.Global.Debug != "no" && m.Global.Debug != "" {
		if a, err := netip.ParseAddr(m.Global.Debug); err == nil {
			d.traceOnly(a)
		} else if isTrue(m.Global.Debug) {
			d.traceAll()
		}
	}
}

// Reload swaps the configuration. Calls that run keep their endpoints; contacts
// and registrations that the new one still knows stay.
func (d *Driver) Reload(m *Model) error {
	old := d.Model()
	m.lending = d.lending
	d.returnAll()
	for next := m.keepPeers(old); !d.model.CompareAndSwap(old, next); next = m.keepPeers(old) {
		old = d.Model() // a peer has come or gone meanwhile
	}
	m = d.Model()
	d.left.Clear()
	select {
	case d.renamed <- struct{}{}:
	default: // it is about to look anyway
	}
	var err error
	if d.stack != nil {
		err = d.reopenTransports(old, m)
	}
	d.begin(m)
	return err
}

// Stop takes outgoing registrations back, ends what runs and waits for every
// goroutine. ctx bounds how long the other side may take.
func (d *Driver) Stop(ctx context.Context) error {
	if d.cancel == nil {
		return nil
	}
	d.takeBack(ctx)
	d.owing.wait(ctx)
	if d.sessions != nil {
		d.sessions.close()
	}
	var err error
	if d.stack != nil {
		err = d.stack.Close()
	}
	d.cancel()
	d.workers.Wait()
	d.subs.close()
	d.keeper.flush() // of what others did last
	if d.lending != nil {
		d.lending.back.flush()
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w", d.technology, err)
	}
	return nil
}

// transport returns the open transport of a name, or nil.
func (d *Driver) transport(name string) *sip.Transport {
	if d.stack == nil || name == "" {
		return nil
	}
	for _, t := range d.stack.Transports() {
		if t.Name == name {
			return t
		}
	}
	return nil
}
