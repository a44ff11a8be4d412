package callrecord

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Settings are the options of cdr.conf.
type Settings struct {
	Enabled        bool
	Debug          bool
	DefaultEnabled bool // channels have records unless CDR_PROP says otherwise
	// IgnoreStates makes no records of who meets whom in a bridge, IgnoreDials none
	// of whom a channel calls.
	IgnoreStates, IgnoreDials bool
	Unanswered                bool // unanswered calls that involve one party alone are told, too
	Congestion                bool // CONGESTION is a disposition, no FAILED
	CancelDisposition         bool
	EndBeforeH                bool // records end where the extension h or a hang-up handler begins
	InitiatedSeconds          bool // a second that was begun is billed

	Batch         bool
	Size          int           // records after which a batch is written
	Time          time.Duration // after which it is written whatever its size
	SchedulerOnly bool          // a thread of its own writes it, which is so here in any case
	SafeShutdown  bool          // what waits is written before the exchange ends

	CSV *CSV // nil: cdr.conf has no section csv
}

// CSV are the options of the section csv.
type CSV struct{ GMT, UniqueID, UserField, AccountLogs, NewColumns bool }

// Defaults are the settings of an empty cdr.conf.
func Defaults() *Settings {
	return &Settings{Enabled: true, DefaultEnabled: true, EndBeforeH: true, Size: 100, Time: 300 * time.Second, SafeShutdown: true}
}

// Load reads cdr.conf. nil is a missing one: nothing would be written anywhere, so
// nothing is kept.
func Load(f *config.File) (*Settings, []config.Diagnostic) {
	g := Defaults()
	if f == nil {
		g.Enabled = false
		return g, nil
	}
	r := config.NewReader(f)
	if section := f.Merged("general"); section != nil {
		s := r.Section(section)
		for key, to := range map[string]*bool{"enable": &g.Enabled, "debug": &g.Debug, "channeldefaultenabled": &g.DefaultEnabled,
			"ignorestatechanges": &g.IgnoreStates, "ignoredialchanges": &g.IgnoreDials, "unanswered": &g.Unanswered, "congestion": &g.Congestion,
			"canceldispositionenabled": &g.CancelDisposition, "endbeforehexten": &g.EndBeforeH, "initiatedseconds": &g.InitiatedSeconds,
			"batch": &g.Batch, "scheduleronly": &g.SchedulerOnly, "safeshutdown": &g.SafeShutdown} {
			*to = s.Bool(key, *to)
		}
		g.Size = s.Int("size", g.Size, 0, 1<<20)
		g.Time = s.Duration("time", time.Second, g.Time, time.Second, 24*time.Hour)
		s.Done()
	}
	if section := f.Merged("csv"); len(section.Lines()) > 0 { // an empty one is none, as on the reference
		g.CSV = &CSV{AccountLogs: true}
		s := r.Section(section)
		for key, to := range map[string]*bool{"usegmtime": &g.CSV.GMT, "loguniqueid": &g.CSV.UniqueID, "loguserfield": &g.CSV.UserField,
			"accountlogs": &g.CSV.AccountLogs, "newcdrcolumns": &g.CSV.NewColumns} {
			*to = s.Bool(key, *to)
		}
		s.Done()
	}
	return g, r.Diagnostics()
}
