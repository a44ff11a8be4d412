package exchange

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// watchSecurity has security events written to the log as long as anything takes
// the level SECURITY, by which programs ban addresses. It is called whenever that
// may have changed: where nobody reads, no event is built.
func (x *Exchange) watchSecurity() {
	if x.bus == nil { // the log is there before the bus
		return
	}
	x.securityMu.Lock()
	defer x.securityMu.Unlock()
	wanted := x.log.Enabled(context.Background(), logging.Security)
	switch {
	case wanted && x.security == nil:
		x.security = x.bus.Subscribe(event.Kinds(event.KindSecurity), x.logSecurity)
	case !wanted && x.security != nil:
		x.security()
		x.security = nil
	}
}

// logSecurity writes one event in the form of Asterisk's security log.
func (x *Exchange) logSecurity(s event.Stamped) {
	e, ok := s.Event.(*event.Security)
	if !ok {
		return
	}
	var b strings.Builder
	b.WriteString(`SecurityEvent="` + e.Name + `"`)
	for _, f := range e.Lines(s.Time) {
		b.WriteString("," + f.Name + `="` + strings.ReplaceAll(f.Value, `"`, `'`) + `"`)
	}
	// the place is part of what programs look for
	x.log.LogAttrs(context.Background(), logging.Security, b.String(), logging.At("res_security_log.c", 0, ""))
}
