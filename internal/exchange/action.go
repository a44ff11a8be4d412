package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/manager"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/state"
)

func sinceSeconds(t time.Time) float64 { return time.Since(t).Seconds() }

// actions joins the tables of manager actions.
func (x *Exchange) actions(p *plan) []command.Action {
	calls := &manager.Exchange{Calls: x.calls, Dialplan: p, ParseParty: event.ParseParty, Charged: x.tellCharge,
		Formats: func(list string) []*media.Format {
			var formats []*media.Format
			for _, name := range strings.Split(list, ",") {
				if f, ok := media.FormatByName(strings.TrimSpace(name)); ok {
					formats = append(formats, f)
				}
			}
			return formats
		}}
	row := func(name, synopsis string) command.Row { return command.Row{Name: name, Synopsis: synopsis} }
	reporting := command.System | command.Reporting
	own := []command.Action{
		{Row: row("Command", "Run a console command"), Privilege: command.CommandClass, Run: x.actCommand},
		{Row: row("CoreStatus", "Tell how the exchange does"), Privilege: reporting, Run: x.actStatus},
		{Row: row("CoreSettings", "Tell the settings of the exchange"), Privilege: reporting, Run: x.actSettings},
		{Row: row("Reload", "Read the configuration again"), Privilege: command.System | command.ConfigClass, Run: x.actReload},
		{Row: row("ModuleCheck", "Tell whether a module is loaded"), Privilege: command.System, Run: x.actModuleCheck},
		{Row: row("DBGet", "Read an entry of the database"), Privilege: reporting, Run: x.actDBGet},
		{Row: row("DBGetTree", "Read the entries of the database below a family and key"), Privilege: reporting, Run: x.actDBGetTree},
		{Row: row("DBPut", "Set an entry of the database"), Privilege: command.System, Run: x.actDBPut},
		{Row: row("DBDel", "Remove an entry of the database"), Privilege: command.System, Run: x.actDBDel},
		{Row: row("DBDelTree", "Remove entries of the database"), Privilege: command.System, Run: x.actDBDelTree},
		{Row: row("ExtensionState", "Tell the state of an extension's hint"), Privilege: command.Call | command.Reporting, Run: x.actExtensionState},
		{Row: row("ExtensionStateList", "List the states of the hints"), Privilege: command.Call | command.Reporting, Run: x.actExtensionStates},
		{Row: row("PresenceState", "Tell a presence"), Privilege: command.Call | command.Reporting, Run: x.actPresence},
		{Row: row("PresenceStateList", "List the presences that are known"), Privilege: command.Call | command.Reporting, Run: x.actPresences},
		{Row: row("DeviceStateList", "List the states of the devices that are known"), Privilege: command.Call | command.Reporting, Run: x.actDeviceStates},
		{Row: row("LoggerRotate", "Begin new log files"), Privilege: reporting, Run: func(_ context.Context, r *command.ActionRequest) error {
			if err := x.logs.Rotate(); err != nil {
				return command.Refusal("Failed to reload the logger and rotate log files")
			}
			r.Reply("Success", "Reloaded the logger and rotated log files")
			return nil
		}},
	}
	return slices.Concat(own, x.bridgeActions(), x.partActions(), x.configActions(), x.mailboxActions(), x.engine.Actions(), calls.CallActions(), x.messages.Actions(), x.local.Actions(), x.house.Actions(), x.programs.Actions())
}

// blacklisted reports whether a console command is none for clients of AMI,
// whatever their classes, as on the reference.
func blacklisted(line string) bool {
	words := strings.Fields(strings.ToLower(line))
	if len(words) < 2 {
		return false
	}
	switch words[0] + " " + words[1] {
	case "module load", "module unload", "restart gracefully":
		return true
	}
	return false
}

func (x *Exchange) actCommand(ctx context.Context, r *command.ActionRequest) error {
	line := r.Get("Command")
	if line == "" {
		return command.Refusal("No command provided")
	}
	if blacklisted(line) {
		return command.Refusal("Command blacklisted")
	}
	var out bytes.Buffer
	response := "Success"
	if err := x.console.Execute(ctx, line, &out, nil); err != nil {
		response = "Error"
	}
	var fields []command.Field
	// What says nothing has one empty line.
	for l := range strings.SplitSeq(strings.TrimSuffix(out.String(), "\n"), "\n") {
		fields = append(fields, command.Field{Key: "Output", Value: l})
	}
	r.Reply(response, "Command output follows", fields...)
	return nil
}

func (x *Exchange) actStatus(_ context.Context, r *command.ActionRequest) error {
	reloaded := time.Unix(0, x.lastReload.Load())
	r.Reply("Success", "", command.Field{Key: "CoreStartupDate", Value: x.began.Format("2006-01-02")},
		command.Field{Key: "CoreStartupTime", Value: x.began.Format("15:04:05")},
		command.Field{Key: "CoreReloadDate", Value: reloaded.Format("2006-01-02")},
		command.Field{Key: "CoreReloadTime", Value: reloaded.Format("15:04:05")},
		command.Field{Key: "CoreCurrentCalls", Value: strconv.Itoa(x.channels.Count())},
		command.Field{Key: "CoreProcessedCalls", Value: strconv.FormatUint(x.channels.CallsProcessed(), 10)})
	return nil
}

func (x *Exchange) actSettings(_ context.Context, r *command.ActionRequest) error {
	_, http := x.http.Address()
	records := x.records.Ledger.Settings().Enabled || x.optional("cdr.conf") == nil // as an empty one would have it
	var fields []command.Field
	for _, f := range [][2]string{{"AMIversion", manager.Version}, {"AsteriskVersion", x.options.Version}, {"SystemName", x.system.SystemName},
		{"CoreMaxCalls", strconv.Itoa(x.channels.MaxCalls())}, {"CoreMaxLoadAvg", fmt.Sprintf("%f", x.system.MaxLoad)}, {"CoreRunUser", x.system.RunUser},
		{"CoreRunGroup", ""}, {"CoreMaxFilehandles", "0"}, {"CoreRealTimeEnabled", "No"}, {"CoreCDRenabled", map[bool]string{true: "Yes", false: "No"}[records]},
		{"CoreHTTPenabled", map[bool]string{true: "Yes", false: "No"}[http]}, {"SoundsSearchCustomDir", "No"}} {
		fields = append(fields, command.Field{Key: f[0], Value: f[1]})
	}
	r.Reply("Success", "", fields...)
	return nil
}

// actReload answers in the reference's words. A reload of everything succeeds
// whatever became of its parts, which the log tells.
func (x *Exchange) actReload(_ context.Context, r *command.ActionRequest) error {
	module := r.Get("Module")
	err := x.Reload(module)
	switch {
	case errors.Is(err, errNoModule):
		return command.Refusal("No such module")
	case errors.Is(err, errNoReload):
		return command.Refusal("Module does not support reload")
	case err != nil && module != "":
		return command.Refusal("An unknown error occurred")
	}
	r.Reply("Success", "Module Reloaded")
	return nil
}

func (x *Exchange) actModuleCheck(_ context.Context, r *command.ActionRequest) error {
	if !x.modules.loaded(strings.TrimSuffix(r.Get("Module"), ".so")) {
		return command.Refusal("Module not loaded")
	}
	r.Reply("Success", "", command.Field{Key: "Version", Value: ""})
	return nil
}

// entry reads Family and Key.
func entry(r *command.ActionRequest) (family, key string, err error) {
	family, key = r.Get("Family"), r.Get("Key")
	switch {
	case family == "":
		err = command.Refusal("No family specified.")
	case key == "":
		err = command.Refusal("No key specified.")
	}
	return family, key, err
}

func (x *Exchange) actDBGet(_ context.Context, r *command.ActionRequest) error {
	family, key, err := entry(r)
	if err != nil {
		return err
	}
	value, ok := x.database.Get(family, key)
	if !ok {
		return command.Refusal("Database entry not found")
	}
	r.ListStart("Result will follow")
	r.Event("DBGetResponse", command.Field{Key: "Family", Value: family}, command.Field{Key: "Key", Value: key}, command.Field{Key: "Val", Value: value},
		command.Field{Key: "ActionID"})
	r.ListEnd("DBGetComplete", 1)
	return nil
}

func (x *Exchange) actDBGetTree(_ context.Context, r *command.ActionRequest) error {
	list := x.database.List(r.Get("Family"), r.Get("Key"))
	r.ListStart("Result will follow")
	for _, e := range list {
		r.Event("DBGetTreeResponse", command.Field{Key: "Key", Value: e.Key}, command.Field{Key: "Val", Value: e.Value}, command.Field{Key: "ActionID"})
	}
	r.ListEnd("DBGetTreeComplete", len(list))
	return nil
}

func (x *Exchange) actDBPut(_ context.Context, r *command.ActionRequest) error {
	family, key, err := entry(r)
	if err != nil {
		return command.Refusal(strings.TrimSuffix(err.Error(), ".")) // so the reference has it, here alone
	}
	if err := x.database.Put(family, key, r.Get("Val")); err != nil {
		return command.Refusal("Failed to update entry")
	}
	r.Reply("Success", "Updated database successfully")
	return nil
}

func (x *Exchange) actDBDel(_ context.Context, r *command.ActionRequest) error {
	family, key, err := entry(r)
	if err != nil {
		return err
	}
	if ok, err := x.database.Del(family, key); !ok || err != nil {
		return command.Refusal("Database entry could not be deleted")
	}
	r.Reply("Success", "Key deleted successfully")
	return nil
}

func (x *Exchange) actDBDelTree(_ context.Context, r *command.ActionRequest) error {
	if r.Get("Family") == "" {
		return command.Refusal("No family specified.")
	}
	if x.database.DelTree(r.Get("Family"), r.Get("Key")) == 0 {
		return command.Refusal("Database entry not found")
	}
	r.Reply("Success", "Key tree deleted successfully")
	return nil
}

func (x *Exchange) actExtensionState(_ context.Context, r *command.ActionRequest) error {
	exten, in := r.Get("Exten"), r.Get("Context")
	if exten == "" {
		return command.Refusal("Extension not specified")
	}
	if in == "" {
		in = "default"
	}
	number, text, hint := -1, "Unknown", ""
	if h, ok := x.hintAt(exten, in); ok {
		number, text, hint = h.State.Number, h.State.Text, h.Devices
	}
	r.Reply("Success", "Extension Status", command.Field{Key: "Exten", Value: exten}, command.Field{Key: "Context", Value: in},
		command.Field{Key: "Hint", Value: hint}, command.Field{Key: "Status", Value: strconv.Itoa(number)}, command.Field{Key: "StatusText", Value: text})
	return nil
}

func (x *Exchange) actExtensionStates(_ context.Context, r *command.ActionRequest) error {
	list := x.board.Hints()
	r.ListStart("Extension Statuses will follow")
	for _, h := range list {
		r.Event("ExtensionStatus", command.Field{Key: "Exten", Value: h.Exten}, command.Field{Key: "Context", Value: h.Context},
			command.Field{Key: "Hint", Value: h.Devices}, command.Field{Key: "Status", Value: strconv.Itoa(h.State.Number)},
			command.Field{Key: "StatusText", Value: h.State.Text})
	}
	r.ListEnd("ExtensionStateListComplete", len(list))
	return nil
}

func (x *Exchange) actDeviceStates(_ context.Context, r *command.ActionRequest) error {
	list := x.board.Devices()
	list = slices.DeleteFunc(list, func(d state.DeviceState) bool { return d.State == "UNKNOWN" }) // of which nobody has told anything
	r.ListStart("Device State Changes will follow")
	for _, d := range list {
		r.Event("DeviceStateChange", command.Field{Key: "Device", Value: d.Device}, command.Field{Key: "State", Value: d.State})
	}
	r.ListEnd("DeviceStateListComplete", len(list))
	return nil
}

var _ call.Dialplan = (*plan)(nil)
