package manager

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// record writes a call record.
func (w *writer) record(e *event.Cdr, class command.Class) {
	w.start("Cdr", class)
	for _, f := range [][2]string{{"AccountCode", e.AccountCode}, {"Source", e.Source}, {"Destination", e.Destination},
		{"DestinationContext", e.DestinationContext}, {"CallerID", e.CallerID}, {"Channel", e.Channel},
		{"DestinationChannel", e.DestinationChannel}, {"LastApplication", e.LastApplication}, {"LastData", e.LastData},
		{"StartTime", moment(e.Start)}, {"AnswerTime", moment(e.Answer)}, {"EndTime", moment(e.End)}} {
		w.field(f[0], f[1])
	}
	w.number("Duration", e.Duration)
	w.number("BillableSeconds", e.BillableSeconds)
	w.field("Disposition", e.Disposition)
	w.field("AMAFlags", e.AMAFlags)
	w.field("UniqueID", e.UniqueID)
	w.field("UserField", e.UserField)
	for _, f := range e.Mapped {
		w.field(f.Name, f.Value)
	}
}

// moment writes a time, or nothing for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

// noted writes a channel event.
func (w *writer) noted(e *event.CEL, class command.Class) {
	s := e.Channel
	w.start("CEL", class)
	for _, f := range [][2]string{{"EventName", e.Name}, {"AccountCode", s.AccountCode}, {"CallerIDnum", s.Caller.Number.Text},
		{"CallerIDname", s.Caller.Name.Text}, {"CallerIDani", s.ANI.Number.Text}, {"CallerIDrdnis", s.Redirect.From.Number.Text},
		{"CallerIDdnid", s.DialedNum}, {"Exten", s.Exten}, {"Context", s.Context}, {"Channel", s.Name}, {"Application", s.Application},
		{"AppData", s.Data}, {"EventTime", e.When}, {"AMAFlags", amaName(s.AMAFlags)}, {"UniqueID", s.UniqueID}, {"LinkedID", s.LinkedID},
		{"Userfield", e.UserField}, {"Peer", e.Peer}, {"PeerAccount", s.PeerAccount}, {"Extra", e.Extra}} {
		w.field(f[0], f[1])
	}
	w.optional("UserDefType", e.UserDefined)
}

// amaName is the name of an AMA flag.
func amaName(n int) string {
	switch n {
	case 1:
		return "OMIT"
	case 2:
		return "BILLING"
	case 3:
		return "DOCUMENTATION"
	}
	return "Unknown"
}
