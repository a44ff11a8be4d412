package dialplan

import (
	"context"
	"slices"
	"strings"
)

// PlaceHint finds the hint that is valid for an extension, also in contexts that
// are included and by patterns. The result has the context in which it stands; of a
// pattern, the extension that was asked and devices for it.
func (e *Engine) PlaceHint(ctx context.Context, exten, in string) (h PlacedHint, ok bool) {
	p := e.Plan()
	found, hint := p.Find(in, exten, HintPriority, "")
	if hint == nil {
		return PlacedHint{}, false
	}
	h = PlacedHint{Exten: found.Name, Context: in, Devices: hint.Application, Name: hint.Data}
	for _, c := range p.order {
		if slices.Contains(c.extensions, found) {
			h.Context = c.Name
			break
		}
	}
	if strings.HasPrefix(found.Name, "_") {
		h.Exten = exten
		h.Devices = Compile(h.Devices).Expand(&hintEnv{e.Env(ctx, nil), exten, h.Context})
	}
	return h, true
}

// A hintEnv knows of which extension a pattern's hint is.
type hintEnv struct {
	Env
	exten, context string
}

// Variable implements Env.
func (v *hintEnv) Variable(name string) (string, bool) {
	switch name {
	case "EXTEN":
		return v.exten, true
	case "CONTEXT":
		return v.context, true
	}
	return v.Env.Variable(name)
}
