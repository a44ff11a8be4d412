package parking

import (
	"context"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Actions returns the manager actions. snapshot tells of a channel as AMI does.
func (h *House) Actions(snapshot func(*event.Channel) []command.Field) []command.Action {
	row := func(name, synopsis string) command.Row {
		return command.Row{Name: name, Module: "res_parking", Synopsis: synopsis}
	}
	return []command.Action{
		{Row: row("Park", "Park a channel"), Privilege: command.Call, Run: h.actPark},
		{Row: row("ParkedCalls", "Tell of parked calls"), Privilege: command.Call, Run: func(_ context.Context, r *command.ActionRequest) error { return h.actCalls(r, snapshot) }},
		{Row: row("Parkinglots", "Tell of parking lots"), Privilege: command.Call, Run: h.actLots},
	}
}

func (h *House) actPark(_ context.Context, r *command.ActionRequest) error {
	name := r.Get("Channel")
	if name == "" {
		return command.Refusal("Channel not specified")
	}
	w := wishes{parker: r.Get("TimeoutChannel"), space: r.Get("ParkingSpace")}
	if text := r.Get("Timeout"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return command.Refusal("Invalid Timeout value.")
		}
		w.limit = max(time.Duration(n)*time.Millisecond, time.Second)
	}
	c := h.Calls.Channels.Find(name)
	if c == nil {
		return command.Refusal("Channel does not exist: " + name)
	}
	l := h.of(c)
	if lot := r.Get("Parkinglot"); lot != "" {
		l = h.Find(lot)
	}
	if l == nil {
		return command.Refusal("Park action failed\n")
	}
	s, err := l.take(c, w)
	if err == nil {
		if w.parker != "" {
			c.SetVariable("BLINDTRANSFER", w.parker)
		}
		if w.space != "" {
			c.SetVariable("PARKINGEXTEN", w.space)
		}
		if err = c.Interrupt(h.errand(s, true)); err != nil {
			s.end()
		} else {
			s.wait()
		}
	}
	if err != nil {
		return command.Refusal("Park action failed\n")
	}
	r.Reply("Success", "Park successful\n")
	return nil
}

func (h *House) actCalls(r *command.ActionRequest, snapshot func(*event.Channel) []command.Field) error {
	list := h.All()
	if name := r.Get("ParkingLot"); name != "" {
		l := h.Find(name)
		if l == nil {
			return command.Refusal("Requested parking lot could not be found.")
		}
		list = []*Lot{l}
	}
	r.ListStart("Parked calls will follow")
	total := 0
	for _, l := range list {
		for _, s := range l.parked() {
			var fields []command.Field
			for _, f := range snapshot(s.leg().Snapshot()) {
				fields = append(fields, command.Field{Key: "Parkee" + f.Key, Value: f.Value})
			}
			for _, v := range s.fields() {
				fields = append(fields, command.Field{Key: v.Name, Value: v.Value})
			}
			r.Event("ParkedCall", append(fields, command.Field{Key: "ActionID"})...)
			total++
		}
	}
	r.ListEnd("ParkedCallsComplete", total, command.Field{Key: "Total", Value: strconv.Itoa(total)})
	return nil
}

func (h *House) actLots(_ context.Context, r *command.ActionRequest) error {
	list := h.All()
	r.ListStart("Parking lots will follow")
	for _, l := range list {
		g := l.get()
		r.Event("Parkinglot", command.Field{Key: "Name", Value: g.name}, command.Field{Key: "StartSpace", Value: strconv.Itoa(g.first)},
			command.Field{Key: "StopSpace", Value: strconv.Itoa(g.last)}, command.Field{Key: "Timeout", Value: strconv.Itoa(int(g.time / time.Second))})
	}
	r.ListEnd("ParkinglotsComplete", len(list))
	return nil
}
