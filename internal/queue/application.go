package queue

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// An Application is a row of this package's table.
type Application = command.Application[*channel.Channel]

func row(name, synopsis, syntax string) command.Row {
	return command.Row{Name: name, Module: "app_queue", Synopsis: synopsis, Syntax: syntax}
}

// Applications returns the dialplan applications.
func (h *House) Applications() []Application {
	return []Application{
		{Row: row("Queue", "Wait in a queue for one of its members", "Queue(queue[,options[,URL[,announcement[,timeout[,AGI[,gosub[,rule[,position]]]]]]]])"), Run: h.queueApp},
		{Row: row("AddQueueMember", "Add a member to a queue", "AddQueueMember(queue[,interface[,penalty[,options[,name[,stateinterface[,wrapuptime]]]]]])"), Run: h.addMember},
		{Row: row("RemoveQueueMember", "Take a member out of a queue", "RemoveQueueMember(queue[,interface])"), Run: h.removeMember},
		{Row: row("PauseQueueMember", "Pause a member of one queue or of all", "PauseQueueMember([queue],interface[,options[,reason]])"), Run: h.pauseMember(true)},
		{Row: row("UnpauseQueueMember", "End the pause of a member", "UnpauseQueueMember([queue],interface[,options[,reason]])"), Run: h.pauseMember(false)},
		{Row: row("QueueLog", "Write a line to queue_log", "QueueLog(queue,uniqueid,agent,event[,text])"), Run: h.logLine},
		{Row: row("QueueUpdate", "Account for a call that a member made", "QueueUpdate(queue,uniqueid,agent,status,talktime[,text])"), Run: h.update},
	}
}

// ownInterface is what calls the leg's device.
func ownInterface(c *channel.Channel) string {
	name := c.Name()
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		return name[:i]
	}
	return name
}

func (h *House) addMember(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 7)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("AddQueueMember requires an argument (queuename[,interface[,penalty[,options[,membername[,stateinterface][,wrapuptime]]]]])", "channel", c.Name())
		return errHangup
	}
	n := NewMember{Interface: command.Arg(args, 1), Name: command.Arg(args, 4), StateInterface: command.Arg(args, 5)}
	if n.Interface == "" {
		n.Interface = ownInterface(c)
	}
	n.Penalty, _ = strconv.Atoi(strings.TrimSpace(command.Arg(args, 2)))
	flags := command.ParseFlags(command.Arg(args, 3))
	n.Paused, n.Reason = flags.Has('p'), flags['r']
	if n.Reason == "" {
		n.Reason = flags['p']
	}
	if w, err := strconv.Atoi(command.Arg(args, 6)); err == nil && w > 0 {
		n.Wrapup = time.Duration(w) * seconds
	}
	q := h.lookUp(args[0])
	status := "NOSUCHQUEUE"
	switch {
	case q == nil:
		h.Logger.Warn("Unable to add interface '"+n.Interface+"' to queue '"+args[0]+"': No such queue", "channel", c.Name())
	case q.Add(n, c.UniqueID()):
		status = "ADDED"
	default:
		status = "MEMBERALREADY"
	}
	c.SetVariable("AQMSTATUS", status)
	return nil
}

func (h *House) removeMember(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("RemoveQueueMember requires an argument (queuename[,interface])", "channel", c.Name())
		return errHangup
	}
	iface := command.Arg(args, 1)
	if iface == "" {
		iface = ownInterface(c)
	}
	status := "NOSUCHQUEUE"
	if q := h.lookUp(args[0]); q != nil {
		status = [...]string{removed: "REMOVED", notThere: "NOTINQUEUE", notDynamic: "NOTDYNAMIC"}[q.Remove(iface, c.UniqueID())]
	} else {
		h.Logger.Warn("Unable to remove interface from queue '"+args[0]+"': No such queue", "channel", c.Name())
	}
	c.SetVariable("RQMSTATUS", status)
	return nil
}

func (h *House) pauseMember(pause bool) func(context.Context, *channel.Channel, string) error {
	name, variable, done := "UnpauseQueueMember", "UPQMSTATUS", "UNPAUSED"
	if pause {
		name, variable, done = "PauseQueueMember", "PQMSTATUS", "PAUSED"
	}
	return func(_ context.Context, c *channel.Channel, data string) error {
		args := command.SplitArgs(data, 4)
		if command.Arg(args, 1) == "" {
			h.Logger.Warn(name+" requires an argument ([queuename],interface[,options[,reason]])", "channel", c.Name())
			return errHangup
		}
		status := done
		if !h.pauseSome(args[0], args[1], command.Arg(args, 3), pause) {
			status = "NOTFOUND"
		}
		c.SetVariable(variable, status)
		return nil
	}
}

func (h *House) logLine(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 5)
	for i := range 4 {
		if command.Arg(args, i) == "" {
			h.Logger.Warn("QueueLog requires arguments (queuename,uniqueid,membername,event[,additionalinfo])", "channel", c.Name())
			return errHangup
		}
	}
	h.Log.Write(args[0], args[1], args[2], args[3], command.Arg(args, 4))
	return nil
}

// update notes a call that a member made, in the log and in its figures.
func (h *House) update(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 6)
	for i := range 5 {
		if command.Arg(args, i) == "" {
			h.Logger.Warn("QueueUpdate requires arguments (queuename,uniqueid,membername,status,talktime[,params])", "channel", c.Name())
			return errHangup
		}
	}
	q := h.Find(args[0])
	if q == nil {
		h.Logger.Warn("QueueUpdate could not find requested queue '"+args[0]+"'", "channel", c.Name())
		return nil
	}
	talk, err := strconv.Atoi(strings.TrimSpace(args[4]))
	if err != nil {
		return nil
	}
	var member *Member
	q.mu.Lock()
	for _, m := range q.members {
		if m.name == args[2] {
			member = m
			break
		}
	}
	if member != nil && strings.EqualFold(args[3], "ANSWER") {
		member.calls++
		member.lastCall, member.lastWrapup = time.Now(), q.settings.wrapup
		q.figures.ended(0, talk, 0)
	}
	q.mu.Unlock()
	if member != nil {
		h.Log.Write(q.name, args[1], member.name, "OUTCALL", args[3], args[4], command.Arg(args, 5))
		q.kick()
	}
	return nil
}
