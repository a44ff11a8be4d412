package function

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/state"
)

// presence is PRESENCE_STATE.
func (h *House) presence() Function {
	return full("PRESENCE_STATE", "func_presencestate", "What somebody says of being there", "provider,field[,options]", h.presenceRead, h.presenceWrite)
}

func (h *House) presenceRead(_ context.Context, _ *channel.Channel, args string) (string, error) {
	parts := append(strings.SplitN(args, ",", 3), "", "")
	if parts[0] == "" || parts[1] == "" {
		return "", errors.New("PRESENCE_STATE needs a provider and a field")
	}
	p, ok := h.Presences.Of(parts[0])
	if !ok {
		return "", fmt.Errorf("no presence provider %s", parts[0])
	}
	var value string
	switch parts[1] {
	case "value":
		return p.Status, nil
	case "subtype":
		value = p.Subtype
	case "message":
		value = p.Message
	default:
		return "", fmt.Errorf("PRESENCE_STATE has no field %q", parts[1])
	}
	if strings.Contains(parts[2], "e") {
		value = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return value, nil
}

func (h *House) presenceWrite(_ context.Context, _ *channel.Channel, provider, value string) error {
	name, ok := strings.CutPrefix(provider, state.PresenceProvider)
	if !ok || name == "" {
		return errors.New("only CustomPresence: providers can be set")
	}
	if !h.Presences.Set(name, value) {
		return fmt.Errorf("PRESENCE_STATE: unknown presence %q", value)
	}
	return nil
}
