package exchange

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// partActions are the actions on the parts of the exchange, and on those that Asterisk
// has and that are never in use here: they answer as Asterisk does where nobody registers
// with IAX2 and no fax is under way.
func (x *Exchange) partActions() []command.Action {
	row := func(name, module, synopsis string) command.Row {
		return command.Row{Name: name, Module: module, Synopsis: synopsis}
	}
	reporting := command.System | command.Reporting
	load := row("ModuleLoad", "", "Read a part of the exchange again")
	load.Partial = "parts are built in: `load`, `unload` and `refresh` are refused as of a module that is in use"
	list := []command.Action{
		{Row: load, Privilege: command.System, Run: x.actModuleLoad},
		{Row: row("IAXpeers", "", "List the peers of IAX2"), Privilege: reporting, Run: x.listIAX(false, emptyList("Peer status list will follow", "PeerlistComplete"))},
		{Row: row("IAXpeerlist", "", "List the peers of IAX2, line by line"), Privilege: reporting, Run: x.listIAX(true, emptyList("IAX Peer status list will follow", "PeerlistComplete"))},
		{Row: row("IAXregistry", "", "List the registrations with IAX2, of which there are none"), Privilege: reporting, Run: emptyList("Registrations will follow", "RegistrationsComplete")},
		{Row: row("FAXSessions", "", "List the faxes that are under way"), Privilege: command.Call, Run: actFaxSessions},
		{Row: row("FAXSession", "", "Tell about a fax that is under way"), Privilege: command.Call, Run: actFaxSession},
		{Row: row("FAXStats", "", "Count the faxes"), Privilege: command.Reporting, Run: actFaxStats},
	}
	list = append(list, x.cacheActions()...)
	return list
}

// turnModule loads, unloads or refreshes a module.
func (x *Exchange) turnModule(r *command.ActionRequest, kind, name string) error {
	done := map[string]string{"load": "Module loaded.", "unload": "Module unloaded.", "refresh": "Module unloaded and loaded."}[kind]
	var err error
	if kind != "load" {
		err = x.unloadModule(name)
	}
	if kind != "unload" && err == nil {
		err = x.loadModule(name)
	}
	if err != nil {
		return command.Refusal("Could not " + kind + " module.")
	}
	r.Reply("Success", done)
	return nil
}

// actModuleLoad loads, unloads and reads modules again; most can't be taken out.
func (x *Exchange) actModuleLoad(_ context.Context, r *command.ActionRequest) error {
	name, kind := r.Get("Module"), strings.ToLower(r.Get("LoadType"))
	switch kind {
	case "load", "unload", "refresh":
		if name == "" {
			return command.Refusal("Need module name")
		}
		if !x.modules.known(name) || kind == "load" && !strings.HasSuffix(name, ".so") {
			return command.Refusal("Module not found.")
		}
		return x.turnModule(r, kind, name)
	case "reload":
		if name != "" && !x.modules.known(name) && !x.rereads(name) {
			return command.Refusal("Module not found.") // of which nobody hears
		}
	default:
		return command.Refusal("Incomplete ModuleLoad action.")
	}
	err := x.Reload(name)
	switch {
	case name == "":
		r.Reply("Success", "All modules reloaded") // whatever became of them, which the log tells
	case errors.Is(err, errNoModule):
		return command.Refusal("Module not found.")
	case errors.Is(err, errNoReload):
		return command.Refusal("Module does not support reload action.")
	case err != nil:
		return command.Refusal("An unknown error occurred")
	default:
		r.Reply("Success", "Module reloaded.")
	}
	return nil
}

func emptyList(message, complete string) func(context.Context, *command.ActionRequest) error {
	return func(_ context.Context, r *command.ActionRequest) error {
		r.ListStart(message)
		r.ListEnd(complete, 0)
		return nil
	}
}

func actFaxSessions(_ context.Context, r *command.ActionRequest) error {
	r.Reply("Success", "", command.Field{Key: "EventList", Value: "Start"}, command.Field{Key: "Message", Value: "FAXSessionsEntry event list will follow"})
	r.ListEnd("FAXSessionsComplete", 0, command.Field{Key: "Total", Value: "0"})
	return nil
}

func actFaxSession(_ context.Context, r *command.ActionRequest) error {
	if _, err := strconv.Atoi(leading(r.Get("SessionNumber"))); err != nil {
		return command.Refusal("Invalid session ID")
	}
	return command.Refusal("Session not found")
}

// leading is the digits with which a text begins.
func leading(text string) string {
	text = strings.TrimSpace(text)
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	return text[:end]
}

func actFaxStats(_ context.Context, r *command.ActionRequest) error {
	r.Reply("Success", "FAXStats event will follow")
	var fields []command.Field
	for _, key := range []string{"CurrentSessions", "ReservedSessions", "TransmitAttempts", "ReceiveAttempts", "CompletedFAXes", "FailedFAXes"} {
		fields = append(fields, command.Field{Key: key, Value: "0"})
	}
	r.Event("FAXStats", fields...)
	return nil
}
