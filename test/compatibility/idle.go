package main

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/facts/compatibility"
)

// idleEvents are manager events that never come here, with the reasons.
func idleEvents() []compatibility.Item {
	var all []compatibility.Item
	for _, group := range []struct{ why, names string }{
		{"only the driver of a card for ISDN or analogue lines tells it", "Alarm AlarmClear AOC-D AOC-E AOC-S DAHDIChannel DNDState MCID SpanAlarm SpanAlarmClear Wink"},
		{"only an Asterisk that was compiled to look for deadlocks tells it", "DeadlockStart"},
		{"nothing of Asterisk tells it but its test of security events; a call for which there is no room is refused, and chan_sip tells SessionLimit",
			"LoadAverageLimit MemoryLimit"},
		{"Asterisk 22 does not tell it where a file of the log is rotated, read anew, or can't be opened or written", "LogChannel"},
		{"nothing of Asterisk tells it but its test of security events", "AuthMethodNotAllowed UnexpectedAddress"},
	} {
		for name := range strings.FieldsSeq(group.names) {
			all = append(all, compatibility.Item{Name: name, Idle: group.why})
		}
	}
	return all
}
