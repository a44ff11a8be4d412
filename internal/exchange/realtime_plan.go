package exchange

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/realtime"
)

// realtimeExtensions are those that Realtime switches ask for.
func (x *Exchange) realtimeExtensions() dialplan.Realtime {
	return dialplan.NewRealtime(x.extensionRows, func(family string, err error) {
		x.log.Warn("extensions can't be read from their database", "family", family, "error", err)
	})
}

// asPattern has the characters that LIKE gives a meaning stand for themselves.
var asPattern = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// extensionRows implements dialplan.RealtimeRows.
func (x *Exchange) extensionRows(ctx context.Context, family, within, exten string, begun, patterns bool) ([]dialplan.RealtimeStep, error) {
	asked := [][]string{{"exten", exten, "context", within, "priority LIKE", "%"}}
	if begun {
		asked[0] = []string{"exten LIKE", asPattern.Replace(exten) + "%", "context", within}
	}
	if patterns {
		asked = append(asked, []string{"exten LIKE", `\_%`, "context", within})
	}
	var list []dialplan.RealtimeStep
	for _, where := range asked {
		rows, err := x.realtime.All(ctx, family, realtime.Where(where...)...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			list = append(list, dialplan.RealtimeStep{Exten: r.Get("exten"), Priority: r.Get("priority"), Application: r.Get("app"), Data: r.Get("appdata")})
		}
	}
	return list, nil
}
