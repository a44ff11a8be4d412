package dialplan

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/command"
)

// act calls an action and returns what the client gets, in short.
func act(e *Engine, name string, fields ...string) string {
	var b strings.Builder
	get := func(key string) string {
		for i := 0; i+1 < len(fields); i += 2 {
			if fields[i] == key {
				return fields[i+1]
			}
		}
		return ""
	}
	r := &command.ActionRequest{Get: get,
		Reply:     func(response, message string, _ ...command.Field) { fmt.Fprintf(&b, "%s: %s\n", response, message) },
		ListStart: func(string) {},
		Event: func(_ string, fields ...command.Field) {
			for _, f := range fields {
				fmt.Fprintf(&b, "%s=%s ", f.Key, f.Value)
			}
			b.WriteByte('\n')
		},
		ListEnd: func(_ string, items int, fields ...command.Field) {
			fmt.Fprintf(&b, "%d items, %s extensions, %s priorities, %s contexts\n", items, fields[0].Value, fields[1].Value, fields[2].Value)
		}}
	for _, a := range e.Actions() {
		if a.Name == name {
			if err := a.Run(context.Background(), r); err != nil {
				fmt.Fprintf(&b, "Error: %s\n", err)
			}
		}
	}
	return b.String()
}

// The answers are those of Asterisk 22.
func TestActionsOnThePlan(t *testing.T) {
	h := newHouse(t, "[office]\nexten => 100,1,Answer()\n same => n(here),Hangup()\nexten => 100,hint,Custom:desk\n"+
		"exten => _2XX/555,1,NoOp(${EXTEN})\ninclude => more\nswitch => Lua/x\nignorepat => 9\n[more]\nexten => s,1,NoOp()\n[over]\ninclude => office\n")
	const defined = "Error: Context, Extension, Priority, and Application must be defined for DialplanExtensionAdd.\n"
	const desk = "Context=office Extension=100 Priority=hint Application=Custom:desk Registrar=pbx_config \n" +
		"Context=office Extension=100 Priority=1 Application=Answer AppData= Registrar=pbx_config \n" +
		"Context=office Extension=100 ExtensionLabel=here Priority=2 Application=Hangup AppData= Registrar=pbx_config \n"
	const pattern = "Context=office Extension=_2XX Priority=1 Application=NoOp AppData=${EXTEN} Registrar=pbx_config \n"
	for _, c := range []struct {
		action, fields, want string
	}{
		{"ShowDialPlan", "Context=office", desk + pattern + "Context=office IncludeContext=more Registrar=pbx_config \n" +
			"Context=office IgnorePattern=9 Registrar=pbx_config \nContext=office Switch=Lua/x Registrar=pbx_config \n" +
			"7 items, 2 extensions, 4 priorities, 1 contexts\n"},
		{"ShowDialPlan", "Context=over Extension=222", pattern + "1 items, 1 extensions, 1 priorities, 3 contexts\n"},
		{"ShowDialPlan", "Context=nada", "Error: Did not find context nada\n"},
		{"ShowDialPlan", "Context=office Extension=777", "Error: Did not find extension 777@office\n"},
		{"ShowDialPlan", "Extension=777", "Error: Did not find extension 777 in any context\n"},
		{"DialplanExtensionAdd", "Context=office Extension=777 Priority=1", defined},
		{"DialplanExtensionAdd", "Context=office Extension=777 Priority=x Application=NoOp", "Error: The priority specified was invalid.\n"},
		{"DialplanExtensionAdd", "Context=office Extension=777 Priority=1 Application=NoOp", "Success: Added requested extension\n"},
		{"DialplanExtensionAdd", "Context=office Extension=777 Priority=1 Application=NoOp", "Error: That extension and priority already exist at that context\n"},
		{"DialplanExtensionAdd", "Context=office Extension=777 Priority=1 Application=Hangup Replace=yes", "Success: Added requested extension\n"},
		{"DialplanExtensionAdd", "Context=fresh Extension=778/55 Priority=hint Application=SIP/a", "Success: Added requested extension\n"},
		{"ShowDialPlan", "Context=fresh", "Context=fresh Extension=778 Priority=hint Application=SIP/a Registrar=pbx_config \n1 items, 1 extensions, 1 priorities, 1 contexts\n"},
		{"DialplanExtensionRemove", "Context=office", "Error: Context and Extension must be provided for DialplanExtensionRemove\n"},
		{"DialplanExtensionRemove", "Context=office Extension=888", "Error: Failed to remove requested extension\n"},
		{"DialplanExtensionRemove", "Context=office Extension=777 Priority=5", "Error: Failed to remove requested extension\n"},
		{"DialplanExtensionRemove", "Context=office Extension=777 Priority=x", "Error: The priority specified was invalid.\n"},
		{"DialplanExtensionRemove", "Context=office Extension=777 Priority=1", "Success: Removed the requested priority from the extension\n"},
		{"DialplanExtensionRemove", "Context=fresh Extension=778/55", "Success: Removed the requested extension\n"},
	} {
		var fields []string
		for _, f := range strings.Fields(c.fields) {
			key, value, _ := strings.Cut(f, "=")
			fields = append(fields, key, value)
		}
		if got := act(h.Engine, c.action, fields...); got != c.want {
			t.Errorf("%s %s\ngot\n%swant\n%s", c.action, c.fields, got, c.want)
		}
	}
}
