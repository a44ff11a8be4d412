package exchange

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/manager"
	"github.com/octothorpe/octothorpe/internal/state"
)

// presenceFamily is where AstDB keeps presences, as they were written.
const presenceFamily = "CustomPresence"

func (x *Exchange) keepPresence(name, text string) {
	if err := x.database.Put(presenceFamily, name, text); err != nil {
		x.log.Warn("a presence is not kept", "presence", state.PresenceProvider+name, "error", err)
	}
}

func (x *Exchange) actPresence(_ context.Context, r *command.ActionRequest) error {
	provider := r.Get("Provider")
	if provider == "" {
		return command.Refusal("No provider specified")
	}
	p, ok := x.presences.Of(provider)
	if !ok {
		return command.Refusal("Invalid provider " + provider + " or provider in invalid state")
	}
	fields := []command.Field{{Key: "State", Value: p.Status}}
	if p.Subtype != "" {
		fields = append(fields, command.Field{Key: "Subtype", Value: p.Subtype})
	}
	if p.Message != "" { // under two names: the first is also that of every answer
		fields = append(fields, command.Field{Key: "Message", Value: p.Message}, command.Field{Key: "PresenceMessage", Value: p.Message})
	}
	r.Reply("Success", "Presence State", fields...)
	return nil
}

func (x *Exchange) actPresences(_ context.Context, r *command.ActionRequest) error {
	list := x.presences.All()
	r.ListStart("Presence State Changes will follow")
	for _, p := range list {
		r.Event("PresenceStateChange", command.Field{Key: "Presentity", Value: p.Provider}, command.Field{Key: "Status", Value: p.Status},
			command.Field{Key: "Subtype", Value: manager.Escaped(p.Subtype)}, command.Field{Key: "Message", Value: manager.Escaped(p.Message)})
	}
	r.ListEnd("PresenceStateListComplete", len(list))
	return nil
}
