package manager

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// SnapshotFields are the lines of a leg in a list, the same as in its events.
func SnapshotFields(c *event.Channel) []command.Field {
	w := writer{settings: &Settings{}}
	w.channel("", c)
	var fields []command.Field
	for _, line := range strings.Split(strings.TrimSuffix(string(w.b), "\r\n"), "\r\n") {
		key, value, _ := strings.Cut(line, ": ")
		fields = append(fields, command.Field{Key: key, Value: value})
	}
	return fields
}

func (x *Exchange) status(ctx context.Context, r *command.ActionRequest) error {
	var names []string
	for _, line := range r.All("Variables") {
		if !mayRead(line, r.Can) {
			return command.Refusal("Status Access Forbidden: Variables")
		}
		names = append(names, command.SplitArgs(line, 0)...)
	}
	list := x.Calls.Channels.All()
	if r.Get("Channel") != "" {
		c, err := x.find(r, "Channel")
		if err != nil {
			return err
		}
		list = []*channel.Channel{c}
	}
	r.ListStart("Channel status will follow")
	for _, c := range list {
		r.Event("Status", x.statusFields(ctx, c, names, config1(r.Get("AllVariables")) || strings.EqualFold(r.Get("AllVariables"), "yes"))...)
	}
	r.ListEnd("StatusComplete", len(list), command.Field{Key: "Items", Value: strconv.Itoa(len(list))})
	return nil
}

func (x *Exchange) statusFields(ctx context.Context, c *channel.Channel, names []string, all bool) []command.Field {
	s := c.Snapshot()
	format := "slin"
	if f := c.Leg().WriteFormat(); f != nil {
		format = f.Name
	}
	fields := append([]command.Field{{Key: "Privilege", Value: "Call"}}, SnapshotFields(s)...)
	for _, f := range [][2]string{
		{"Type", s.Technology}, {"DNID", s.DialedNum}, {"EffectiveConnectedLineNum", partyNumber(s.Connected)},
		{"EffectiveConnectedLineName", partyName(s.Connected)}, {"TimeToHangup", "0"}, {"BridgeID", s.BridgeID},
		{"Application", s.Application}, {"Data", s.Data}, {"Nativeformats", "(" + format + ")"}, {"Readformat", format},
		{"Readtrans", ""}, {"Writeformat", format}, {"Writetrans", ""}, {"Callgroup", strconv.FormatUint(s.CallGroup, 10)},
		{"Pickupgroup", strconv.FormatUint(s.PickupGroup, 10)}, {"Seconds", strconv.Itoa(int(time.Since(s.Created) / time.Second))},
	} {
		fields = append(fields, command.Field{Key: f[0], Value: f[1]})
	}
	if all {
		for _, v := range c.Variables() {
			fields = append(fields, command.Field{Key: "Variable", Value: v.Name + "=" + v.Value})
		}
	}
	for _, name := range names {
		value := "(null)" // as the reference has it
		if _, there := x.Dialplan.Variable(c, name); there || strings.HasSuffix(name, ")") {
			value = x.Dialplan.Expand(x.Dialplan.Outside(ctx), c, "${"+name+"}")
		}
		fields = append(fields, command.Field{Key: "Variable", Value: name + "=" + value})
	}
	return append(fields, command.Field{Key: "ActionID"}) // the last here
}

func (x *Exchange) showChannels(_ context.Context, r *command.ActionRequest) error {
	list := x.Calls.Channels.All()
	r.ListStart("Channels will follow")
	for _, c := range list {
		s := c.Snapshot()
		age := time.Since(s.Created)
		duration := fmt.Sprintf("%02d:%02d:%02d", int(age.Hours()), int(age.Minutes())%60, int(age.Seconds())%60)
		fields := SnapshotFields(s)
		for _, f := range [][2]string{{"Application", s.Application}, {"ApplicationData", s.Data}, {"Duration", duration}, {"BridgeId", s.BridgeID}} {
			fields = append(fields, command.Field{Key: f[0], Value: f[1]})
		}
		r.Event("CoreShowChannel", fields...)
	}
	r.ListEnd("CoreShowChannelsComplete", len(list))
	return nil
}
