package callrecord

import (
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A disposition is how a call ended. The numbers are those that CDR(disposition,u) tells.
type disposition int

const (
	noAnswer   disposition = 1 << 0
	failed     disposition = 1 << 1
	busy       disposition = 1 << 2
	answered   disposition = 1 << 3
	congestion disposition = 1 << 4
	cancelled  disposition = 1 << 5
)

var dispositionNames = map[disposition]string{noAnswer: "NO ANSWER", failed: "FAILED", busy: "BUSY", answered: "ANSWERED",
	congestion: "CONGESTION", cancelled: "CANCEL"}

func (d disposition) String() string { return dispositionNames[d] }

// amaNames are the AMA flags by number.
var amaNames = map[int]string{1: "OMIT", 2: "BILLING", 3: "DOCUMENTATION"}

func amaName(n int) string {
	if name, ok := amaNames[n]; ok {
		return name
	}
	return "Unknown"
}

// A stage is how far a record has come.
type stage uint8

const (
	alone    stage = iota // the channel does what it does
	dialling              // it calls another, or is called on nobody's behalf
	reached               // the other has answered
	joined                // it is in a bridge
	closed
)

// A record is a CDR whose channel still lives.
type record struct {
	sequence int
	stage    stage
	disabled bool
	// a is the channel whose record it is, b whom it called or met, or nil. Both are
	// as they were last, until the record is closed.
	a, b           *event.Channel
	aField, bField string // what CDR(userfield) was set to on each
	bridge         string // in which they are
	exten, context string
	app, data      string
	theirs         bool // it is only about being called by another
	held           bool // they stay what they are: the call is what the record is about

	start, answer, end time.Time
	disposition        disposition
	vars, bVars        []event.Variable
}

func (r *record) open() bool { return r.stage != closed }

// A Record is a CDR that is complete. It is immutable.
type Record struct {
	CallerID, Source, Destination, Context, Channel, DestinationChannel string
	LastApplication, LastData                                           string

	Start, Answer, End    time.Time // Answer is zero if nobody answered
	Duration, Billable    int       // seconds
	Disposition           disposition
	AMAFlags              int
	Account, PeerAccount  string
	UniqueID, LinkedID    string
	UserField             string
	Sequence              int
	Variables             []event.Variable
	duration, sinceAnswer time.Duration
}

// callerID writes who calls as `"name" <number>`, both of which may be empty.
func callerID(p event.Party) string { return `"` + p.Name.Text + `" <` + p.Number.Text + `>` }

// view returns the record as it would be told now. at stands for its end while it has none.
func (r *record) view(g *Settings, at time.Time) *Record {
	end := at
	if !r.end.IsZero() {
		end = r.end
	}
	v := &Record{CallerID: callerID(r.a.Caller), Source: r.a.Caller.Number.Text, Destination: r.exten, Context: r.context,
		Channel: r.a.Name, LastApplication: r.app, LastData: r.data, Start: r.start, Answer: r.answer, End: r.end,
		Disposition: r.disposition, AMAFlags: r.a.AMAFlags, Account: r.a.AccountCode, UniqueID: r.a.UniqueID, LinkedID: r.a.LinkedID,
		UserField: r.aField, Sequence: r.sequence, Variables: slices.Clone(r.vars)}
	if r.b != nil {
		v.DestinationChannel, v.PeerAccount = r.b.Name, r.b.AccountCode
		if r.bField != "" {
			v.UserField = strings.Trim(r.aField+";"+r.bField, ";")
		}
		for _, w := range r.bVars {
			if find(v.Variables, w.Name) < 0 {
				v.Variables = append(v.Variables, w)
			}
		}
	}
	v.duration = end.Sub(r.start)
	v.Duration = int(v.duration / time.Second)
	if !r.answer.IsZero() {
		v.sinceAnswer = end.Sub(r.answer)
		v.Billable = int(v.sinceAnswer / time.Second)
		if g.InitiatedSeconds && v.sinceAnswer%time.Second > 0 {
			v.Billable++
		}
	}
	return v
}

// find returns the place of a variable, whose case does not matter, or -1.
func find(list []event.Variable, name string) int {
	return slices.IndexFunc(list, func(v event.Variable) bool { return strings.EqualFold(v.Name, name) })
}

// set gives a variable a value.
func set(list []event.Variable, name, value string) []event.Variable {
	list = slices.Clone(list)
	if i := find(list, name); i >= 0 {
		list[i].Value = value
		return list
	}
	return append(list, event.Variable{Name: name, Value: value})
}

// ofCause is the disposition of a leg that ended unanswered with a Q.850 cause.
func ofCause(cause int, g *Settings) disposition {
	switch cause {
	case 17:
		return busy
	case 34:
		return congested(g)
	case 0, 3, 20:
		return failed
	}
	return noAnswer
}

func congested(g *Settings) disposition {
	if g.Congestion {
		return congestion
	}
	return failed
}

// ofDial is the disposition of a call that ended with a status of Dial.
func ofDial(status string, g *Settings) disposition {
	switch status {
	case "ANSWER":
		return answered
	case "BUSY":
		return busy
	case "CONGESTION":
		return congested(g)
	case "CANCEL":
		if g.CancelDisposition {
			return cancelled
		}
		return noAnswer
	case "NOANSWER":
		return noAnswer
	}
	return failed // what a subroutine decided, too: ABORT, GOTO
}
