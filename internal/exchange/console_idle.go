package exchange

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// idleCommands are console commands about parts of Asterisk's program that this one has
// nothing like. Each answers why.
func idleCommands() []command.Console {
	var list []command.Console
	for _, group := range []struct{ why, names string }{
		{"the test modules of Asterisk's program are not here: `go test ./...` tries this one",
			"amihook register\namihook send\namihook unregister\nlogger test dynamic\nlogger test performance\nlogger test queue\n" +
				"sched benchmark\nsecurityevents test generation\ntest execute\ntest generate results\ntest locale\ntest show registered\ntest show results\n" +
				"sorcery memory cache thrash\ntaskpool push efficiency\ntaskpool push serializer efficiency\nthreadpool push efficiency\nthreadpool push serializer efficiency"},
		{"there is no PJProject here: `core set debug` with the module sip, and `pjsip set logger`, tell of SIP",
			"pjproject set log level {default|0|1|2|3|4|5|6}\npjproject show buildopts\npjproject show log level\npjproject show log mappings"},
		{"descriptions are part of the program: there is no XML to be written or read again", "xmldoc dump\nxmldoc reload"},
		{"nothing here proves or checks who somebody is with RSA keys", "keys init\nkeys show"},
		{"costs of translations are fixed figures: nothing is measured with samples", "translate sampletype"},
		{"the address outside is not watched by STUN: external_media_address in pjsip.conf says it", "stun show status"},
		{"nothing encodes Opus, and its decoders belong to their legs and are not counted", "opus show"},
	} {
		for name := range strings.SplitSeq(group.names, "\n") {
			list = append(list, command.Console{Row: command.Row{Name: name, Synopsis: "Without effect", Description: group.why, Idle: group.why},
				Run: func(context.Context, *command.ConsoleRequest) error { return command.Refusal(group.why) }})
		}
	}
	return list
}
