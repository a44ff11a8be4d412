package function

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
)

// Fields tell by function whether a plain argument is one that it has, without a call.
func Fields() map[string]func(args string) bool {
	return map[string]func(args string) bool{"CALLERID": hasCallerField}
}

// calledFields are those of CALLERID that are not the caller's.
var calledFields = []string{"ani", "ani2", "dnid", "dnid-num", "dnid-num-plan", "rdnis"}

func hasCallerField(args string) bool {
	field, _ := item(args)
	if slices.Contains(calledFields, field) {
		return true
	}
	for _, other := range []string{"ani-", "dnid-"} {
		field = strings.TrimPrefix(field, other)
	}
	_, ok := partyField(event.Party{}, field)
	return ok
}
