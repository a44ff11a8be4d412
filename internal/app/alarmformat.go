package app

import (
	"slices"
	"strings"
)

// An alarmFormat is one of those in which panels send: an account of four digits, the type
// of the message, what happened, and in most the checksum.
type alarmFormat struct {
	name   string
	types  []string // the fifth and sixth digit
	digits int      // of a message
	summed bool     // the last digit is a checksum
}

// alarmFormats are those that are known by the types of their messages.
var alarmFormats = []alarmFormat{
	{"ADEMCO_CONTACT_ID", []string{"18", "98"}, 16, true}, // SIA DC-05
	{"ADEMCO_EXPRESS_4_1", []string{"17"}, 8, true},
	{"ADEMCO_EXPRESS_4_2", []string{"27"}, 9, true},
	{"ADEMCO_HIGH_SPEED", []string{"55"}, 16, true},
	{"ADEMCO_SUPER_FAST", []string{"56"}, 15, false},
}

// unknownAlarm is the format of who has not said its own.
var unknownAlarm = alarmFormat{name: "UNKNOWN_FORMAT", digits: 16, summed: true}

func alarmFormatOf(kind string) *alarmFormat {
	i := slices.IndexFunc(alarmFormats, func(f alarmFormat) bool { return slices.Contains(f.types, kind) })
	if i < 0 {
		return &unknownAlarm
	}
	return &alarmFormats[i]
}

// alarmSum checks the checksum: the digits add up to a multiple of 15. 0 counts as
// 10; * # A B C stand for B to F of the standard.
func alarmSum(message string) bool {
	sum := 0
	for i := range len(message) {
		switch digit := message[i]; {
		case digit == '0':
			sum += 10
		case digit >= '1' && digit <= '9':
			sum += int(digit - '0')
		default:
			sum += 11 + strings.IndexByte("*#ABC", digit)
		}
	}
	return sum%15 == 0
}
