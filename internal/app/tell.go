package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// telling are the applications that tell something to the log or to clients.
func (h *House) telling() []Application {
	return []Application{
		{Row: row("Verbose", "app_verbose", "Write to the verbose log", "Verbose([level,]message)"), Run: h.verbose},
		{Row: row("Log", "app_verbose", "Write to the log", "Log(level,message)"), Run: h.log},
		{Row: row("UserEvent", "app_userevent", "Tell clients an event", "UserEvent(name[,key: value…])"), Run: h.userEvent},
		{Row: row("DumpChan", "app_dumpchan", "Write what is known of the leg to the verbose log", "DumpChan([level])"), Run: h.dumpChan},
	}
}

func (h *House) verbose(_ context.Context, c *channel.Channel, data string) error {
	level, text := 0, data
	if first, rest, ok := strings.Cut(data, ","); ok {
		if n, err := strconv.Atoi(strings.TrimSpace(first)); err == nil && n >= 0 && n <= 10 {
			level, text = n, rest
		} else if err == nil {
			h.Logger.Warn("'"+first+"' is not a verboser number", "channel", c.Name())
			text = rest
		}
	}
	if text != "" {
		logging.CallVerbosef(h.Logger, c.CallNumber(), level, "%s", text)
	}
	return nil
}

// logLevels are the levels of Log, by name.
var logLevels = map[string]slog.Level{"ERROR": slog.LevelError, "WARNING": slog.LevelWarn, "NOTICE": levelNotice, "DEBUG": slog.LevelDebug}

func (h *House) log(ctx context.Context, c *channel.Channel, data string) error {
	name, text, ok := strings.Cut(data, ",")
	if !ok {
		return nil
	}
	if strings.EqualFold(name, "VERBOSE") {
		logging.CallVerbosef(h.Logger, c.CallNumber(), 0, "%s", text)
		return nil
	}
	level, ok := logLevels[strings.ToUpper(strings.TrimSpace(name))]
	if !ok {
		h.Logger.Error("Unknown log level", "channel", c.Name(), "level", name)
		return nil
	}
	l := c.Location()
	h.Logger.LogAttrs(ctx, level, text, logging.At("Ext. "+l.Exten, l.Priority, "@ "+l.Context), logging.CallNumber(c.CallNumber()))
	return nil
}

func (h *House) userEvent(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 0)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("UserEvent requires an argument (eventname,optional event body)", "channel", c.Name())
		return ErrHangup
	}
	bus := h.Channels.Bus
	if !bus.Wants(event.KindUserEvent) {
		return nil
	}
	e := &event.UserEvent{Channel: c.Snapshot(), Name: args[0]}
	for _, field := range args[1:] {
		key, value, ok := strings.Cut(field, ":")
		if !ok {
			continue
		}
		e.Fields = append(e.Fields, event.Variable{Name: key, Value: strings.TrimSpace(value)})
	}
	bus.Publish(e)
	return nil
}

func (h *House) dumpChan(_ context.Context, c *channel.Channel, data string) error {
	level := atoi(data)
	var b strings.Builder
	dump(&b, c)
	logging.CallVerboseLines(h.Logger, c.CallNumber(), level, b.String())
	return nil
}

const dumpRule = "================================================================================"

// dump writes what is known of a leg.
func dump(out io.Writer, c *channel.Channel) {
	s := c.Snapshot()
	orNone := func(text, none string) string {
		if text == "" {
			return none
		}
		return text
	}
	age := time.Since(s.Created)
	format := "none"
	if f := c.Leg().WriteFormat(); f != nil {
		format = f.Name
	}
	fmt.Fprintf(out, "\nDumping Info For Channel: %s:\n%s\nInfo:\n", s.Name, dumpRule)
	for _, line := range [][2]string{
		{"Name", s.Name}, {"Type", s.Technology}, {"UniqueID", s.UniqueID}, {"LinkedID", s.LinkedID},
		{"CallerIDNum", orNone(s.Caller.Number.Text, "(N/A)")}, {"CallerIDName", orNone(s.Caller.Name.Text, "(N/A)")},
		{"ConnectedLineIDNum", orNone(s.Connected.Number.Text, "(N/A)")}, {"ConnectedLineIDName", orNone(s.Connected.Name.Text, "(N/A)")},
		{"DNIDDigits", orNone(s.DialedNum, "(N/A)")}, {"Parkinglot", s.ParkingLot}, {"Language", s.Language},
		{"State", fmt.Sprintf("%s (%d)", s.State, int(s.State))}, {"NativeFormat", "(" + format + ")"}, {"WriteFormat", format},
		{"ElapsedTime", fmt.Sprintf("%dh%dm%ds", int(age.Hours()), int(age.Minutes())%60, int(age.Seconds())%60)},
		{"BridgeID", orNone(s.BridgeID, "(Not bridged)")}, {"Context", s.Context}, {"Extension", s.Exten},
		{"Priority", strconv.Itoa(s.Priority)}, {"Application", orNone(s.Application, "(N/A)")}, {"Data", orNone(s.Data, "(Empty)")},
	} {
		fmt.Fprintf(out, "%-20s%s\n", line[0]+"=", logging.Clean(line[1]))
	}
	fmt.Fprint(out, "\nVariables:\n")
	for _, v := range c.Variables() {
		fmt.Fprintf(out, "%s=%s\n", logging.Clean(v.Name), logging.Clean(v.Value))
	}
	fmt.Fprintln(out, dumpRule)
}
