package callrecord

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// stamp is how records write a moment.
const stamp = "2006-01-02 15:04:05"

// moment writes a time; none is nothing, or with raw the epoch.
func moment(t time.Time, raw bool) string {
	switch {
	case raw && t.IsZero():
		return "0.000000"
	case raw:
		return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
	case t.IsZero():
		return ""
	}
	return t.Local().Format(stamp)
}

// length writes a time that passed.
func length(seconds int, exact time.Duration, fraction bool) string {
	if fraction {
		return strconv.FormatFloat(exact.Seconds(), 'f', 6, 64)
	}
	return strconv.Itoa(seconds)
}

// field returns a field of the record by the name that CDR() has for it; any other
// name is that of a variable. Options: u is unformatted, f with fractions of a second.
func (v *Record) field(name, options string) string {
	raw := strings.Contains(options, "u")
	fraction := strings.Contains(options, "f")
	switch strings.ToLower(name) {
	case "clid":
		return v.CallerID
	case "src":
		return v.Source
	case "dst":
		return v.Destination
	case "dcontext":
		return v.Context
	case "channel":
		return v.Channel
	case "dstchannel":
		return v.DestinationChannel
	case "lastapp":
		return v.LastApplication
	case "lastdata":
		return v.LastData
	case "start":
		return moment(v.Start, raw)
	case "answer":
		return moment(v.Answer, raw)
	case "end":
		return moment(v.End, raw)
	case "duration":
		return length(v.Duration, v.duration, fraction)
	case "billsec":
		return length(v.Billable, v.sinceAnswer, fraction)
	case "disposition":
		if raw {
			return strconv.Itoa(int(v.Disposition))
		}
		return v.Disposition.String()
	case "amaflags":
		if raw {
			return strconv.Itoa(v.AMAFlags)
		}
		return amaName(v.AMAFlags)
	case "accountcode":
		return v.Account
	case "peeraccount":
		return v.PeerAccount
	case "uniqueid":
		return v.UniqueID
	case "linkedid":
		return v.LinkedID
	case "userfield":
		return v.UserField
	case "sequence":
		return strconv.Itoa(v.Sequence)
	}
	if i := find(v.Variables, name); i >= 0 {
		return v.Variables[i].Value
	}
	return ""
}

// readOnly are the fields that CDR() can't set.
var readOnly = map[string]bool{"clid": true, "src": true, "dst": true, "dcontext": true, "channel": true, "dstchannel": true,
	"lastapp": true, "lastdata": true, "start": true, "answer": true, "end": true, "duration": true, "billsec": true,
	"disposition": true, "uniqueid": true, "linkedid": true, "sequence": true}
