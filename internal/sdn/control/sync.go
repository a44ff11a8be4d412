package control

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// start brings a switch that has just connected to its tables: what it has
// already stays untouched.
func (d *datapath) start(ctx context.Context) error {
	if err := d.send(ctx, &openflow.SetConfig{MissSendLen: openflow.ControllerMax}); err != nil {
		return err
	}
	if err := d.readPorts(ctx); err != nil {
		return err
	}
	want := pipeline.Build(d.dp, d.state)
	for _, w := range want.Warnings {
		d.log.Warn("configuration", "warning", w)
	}
	have, learnt, err := d.readTables(ctx, want.Names)
	if err != nil {
		return fmt.Errorf("reading the tables: %w", err)
	}
	if d.readmitFound(pipeline.FindAdmitted(d.dp, have)) {
		d.newState()
		want = pipeline.Build(d.dp, d.state)
	}
	if len(have.Flows)+len(learnt) == 0 {
		if err := d.describeTables(ctx); err != nil {
			return err
		}
	}
	if d.holds(len(have.Flows), time.Now()) {
		want = have
	}
	change, _ := pipeline.Diff(have, want)
	d.tables = want
	if err := d.apply(ctx, change); err != nil {
		return err
	}
	clear(d.beacons.sent)
	if err := d.beaconTick(ctx, time.Now()); err != nil {
		return err
	}
	if err := d.relearn(ctx, learnt); err != nil {
		return err
	}
	for _, v := range d.dp.VLANs {
		d.hosts.changedVLANs[v.VID] = true // also of those without a host the metric is there
	}
	d.log.Info("switch ready", "flows", len(want.Flows), "sent", len(change.Flows), "hosts", len(d.hosts.all))
	return nil
}

// readPorts asks which ports there are and whether they have a link.
func (d *datapath) readPorts(ctx context.Context) error {
	reply, err := d.conn.Request(ctx, &openflow.MultipartRequest{Body: &openflow.PortDescRequest{}})
	if err != nil {
		return fmt.Errorf("reading the ports: %w", err)
	}
	d.ports = map[uint32]openflow.Port{}
	if m, ok := reply.(*openflow.MultipartReply); ok {
		if list, ok := m.Body.(*openflow.PortDescReply); ok {
			for _, p := range list.Ports {
				d.ports[p.Number] = p
			}
		}
	}
	status := map[string]bool{}
	for _, p := range d.dp.Ports {
		status[fmt.Sprint(p.Number)] = d.linked(p.Number)
	}
	d.event("PORTS_STATUS", status)
	d.links.up = nil
	d.newState()
	return nil
}

func (d *datapath) linked(number uint32) bool {
	p, there := d.ports[number]
	return there && p.State&openflow.LinkDown == 0 && p.Config&openflow.PortDown == 0
}

// newState is what the tables depend on, as it is now.
func (d *datapath) newState() {
	admitted := d.admitted()
	up := map[uint32]bool{}
	for _, p := range d.dp.Ports {
		up[p.Number] = d.linked(p.Number)
		d.c.o.Metrics.portStatus.With(d.portLabels(p)).Set(truth(up[p.Number]))
	}
	d.state = pipeline.State{Up: up, Selected: d.bundles.selected(d.dp, up), Admitted: admitted}
	d.linkState(up)
	d.bundleMetrics()
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// readTables asks for all flows, groups and meters that the switch has.
func (d *datapath) readTables(ctx context.Context, names []string) (*pipeline.Tables, []*pipeline.Flow, error) {
	reply, err := d.conn.Request(ctx, &openflow.MultipartRequest{Body: &openflow.FlowStatsRequest{Table: openflow.TableAll,
		OutPort: openflow.PortAny, OutGroup: openflow.GroupAny}})
	if err != nil {
		return nil, nil, err
	}
	var stats []openflow.FlowStats
	if m, ok := reply.(*openflow.MultipartReply); ok {
		if list, ok := m.Body.(*openflow.FlowStatsReply); ok {
			stats = list.Flows
		}
	}
	have, learnt := pipeline.FromSwitch(names, stats)
	var refused *openflow.Error
	reply, err = d.conn.Request(ctx, &openflow.MultipartRequest{Body: &openflow.GroupDescRequest{}})
	if err != nil && !errors.As(err, &refused) {
		return nil, nil, err
	}
	if m, ok := reply.(*openflow.MultipartReply); ok {
		if list, ok := m.Body.(*openflow.GroupDescReply); ok {
			for _, g := range list.Groups {
				have.Groups = append(have.Groups, &openflow.GroupMod{Kind: g.Kind, Group: g.Group, Buckets: g.Buckets})
			}
		}
	}
	if !d.dp.Hardware.Meters {
		return have, learnt, nil
	}
	reply, err = d.conn.Request(ctx, &openflow.MultipartRequest{Body: &openflow.MeterConfigRequest{Meter: openflow.MeterAll}})
	if err != nil && !errors.As(err, &refused) {
		return nil, nil, err
	}
	if m, ok := reply.(*openflow.MultipartReply); ok {
		if list, ok := m.Body.(*openflow.MeterConfigReply); ok {
			for _, x := range list.Meters {
				have.Meters = append(have.Meters, &openflow.MeterMod{Flags: x.Flags, Meter: x.Meter, Bands: x.Bands})
			}
		}
	}
	return have, learnt, nil
}

// apply sends a change: first what flows need, then new flows, then those go that
// are not wanted, so that at no time a packet meets less than one of the two.
func (d *datapath) apply(ctx context.Context, c *pipeline.Change) error {
	if c.Empty() {
		return nil
	}
	for _, m := range c.Before {
		if err := d.send(ctx, m); err != nil {
			return err
		}
	}
	if len(c.Before) > 0 {
		if err := d.barrier(ctx); err != nil {
			return err
		}
	}
	deleting := false
	for _, f := range c.Flows {
		if !deleting && f.Command == openflow.FlowDeleteStrict {
			deleting = true
			if err := d.barrier(ctx); err != nil {
				return err
			}
		}
		if err := d.send(ctx, f); err != nil {
			return err
		}
	}
	for _, m := range c.After {
		if err := d.send(ctx, m); err != nil {
			return err
		}
	}
	return d.barrier(ctx)
}

func (d *datapath) barrier(ctx context.Context) error {
	if err := d.conn.Barrier(ctx); err != nil {
		return fmt.Errorf("waiting for the switch: %w", err)
	}
	return nil
}

// rebuild brings the switch to the tables of the current configuration and state.
func (d *datapath) rebuild(ctx context.Context) error {
	if !d.links.held.IsZero() {
		return nil // restack does it when the links are known
	}
	want := pipeline.Build(d.dp, d.state)
	change, warm := pipeline.Diff(d.tables, want)
	if !warm {
		change = pipeline.Cold(want)
	}
	d.tables = want
	return d.apply(ctx, change)
}

// reconfigure takes the wanted configuration up.
func (d *datapath) reconfigure(ctx context.Context) error {
	routes, features, before := d.allRoutes(), pipeline.TableFeatures(d.dp), d.dp
	if !d.take() {
		return errUnconfigured
	}
	d.links.held = time.Time{}
	d.newState()
	want := pipeline.Build(d.dp, d.state)
	change, warm := pipeline.Diff(d.tables, want)
	warm = warm && reflect.DeepEqual(features, pipeline.TableFeatures(d.dp)) // other tables begin anew
	kind := restarted{before: before, after: d.dp}.by(change, warm)
	switch kind {
	case "cold":
		if err := d.describeTables(ctx); err != nil {
			return err
		}
		change = pipeline.Cold(want)
		d.c.o.Metrics.cold.With(d.labels()).Inc()
	case "warm":
		d.c.o.Metrics.warm.With(d.labels()).Inc()
	}
	d.tables = want
	if err := d.apply(ctx, change); err != nil {
		return err
	}
	d.log.Info("configuration taken", "start", kind, "flows", len(change.Flows))
	d.startDot1X(ctx)
	d.event("CONFIG_CHANGE", restart(kind))
	if err := d.rehost(ctx, !warm); err != nil {
		return err
	}
	return d.reroutes(ctx, routes, !warm)
}

// portStatus follows a port that came, went or changed.
func (d *datapath) portStatus(ctx context.Context, m *openflow.PortStatus) error {
	number := m.Port.Number
	before := d.linked(number)
	if m.Reason == openflow.PortDeleted {
		delete(d.ports, number)
	} else {
		d.ports[number] = m.Port
	}
	now := d.linked(number)
	port := d.dp.Port(number)
	if port == nil || before == now {
		return nil
	}
	reason := map[openflow.PortReason]string{openflow.PortAdded: "ADD", openflow.PortDeleted: "DELETE", openflow.PortModified: "MODIFY"}[m.Reason]
	d.log.Info("port", "port", number, "up", now)
	d.event("PORT_CHANGE", map[string]any{"port_no": number, "reason": reason, "state": uint32(m.Port.State), "status": now})
	if !port.OpstatusReconf && m.Reason == openflow.PortModified {
		return nil
	}
	d.newState()
	if err := d.rebuild(ctx); err != nil {
		return err
	}
	switch {
	case now: // whoever is there is told at once
		delete(d.beacons.sent, number)
		return d.beaconTick(ctx, time.Now())
	case port.IsStack():
		return d.rerouteHosts(ctx, nil)
	}
	return d.forgetPort(ctx, port)
}
