package exchange

import (
	"math"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/tracing"
)

// SystemOptions are asterisk.conf's [options].
type SystemOptions struct {
	Verbose, Debug  int
	SystemName      string
	EntityID        string // of this machine, six octets: ENTITYID in the dialplan
	MaxCalls        int
	Execs           bool
	RunUser         string
	Timestamp       bool
	NoColor         bool
	Mute            bool
	Language        string // defaultlanguage
	LiveDangerously bool   // live_dangerously: clients from outside may use every function
	TestEvents      bool   // testevents, our own: TestEvent as a build for tests tells them
	HideConnect     bool
	Traces          tracing.Settings // of [traces], our own
}

// systemSections are the sections of asterisk.conf; traces is our own.
var systemSections = []string{"directories", "files", "options", "compat", "traces"}

// readOptions reads asterisk.conf apart from its directories. As in Asterisk a
// value that makes no sense is as if it were not written.
func readOptions(f *config.File) (SystemOptions, []config.Diagnostic) {
	r := config.NewReader(nil)
	for _, s := range f.Sections() {
		if !s.Template && !slices.Contains(systemSections, strings.ToLower(s.Name)) {
			r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, config.Suggest(s.Name, slices.Values(systemSections)),
				"unknown section [%s]", s.Name)
		}
	}
	directories := r.Section(f.Section("directories"))
	directories.Meaningless("astetcdir", "astmoddir", "astvarlibdir", "astdbdir", "astkeydir", "astdatadir", "astagidir", "astspooldir", "astrundir",
		"astlogdir", "astsbindir", "astcachedir")
	directories.Done()
	files := r.Section(f.Section("files"))
	files.Meaningless("astctl", "astctlpermissions")
	files.Later("astctlowner", "astctlgroup")
	files.Done()
	s := r.Section(f.Section("options"))
	o := SystemOptions{Verbose: s.Level("verbose"), Debug: s.Level("debug"), SystemName: s.String("systemname", ""), EntityID: s.String("entityid", ""),
		MaxCalls: s.Int("maxcalls", 0, 0, math.MaxInt32), Execs: s.Bool("execincludes", false), RunUser: s.String("runuser", ""),
		Timestamp: s.Bool("timestamp", false), NoColor: s.Bool("nocolor", false), Mute: s.Bool("mute", false),
		Language: s.String("defaultlanguage", ""), TestEvents: s.Bool("testevents", false), HideConnect: s.Bool("hideconnect", false),
		LiveDangerously: s.Bool("live_dangerously", false)}
	s.Later("maxload", "maxfiles", "minmemfree", "transmit_silence", "transmit_silence_during_record", "languageprefix", "sounds_search_custom_dir",
		"autosystemname", "lockconfdir", "mindtmfduration", "dontwarn", "trace", "hide_messaging_ami_events",
		"rungroup", "rtp_use_dynamic", "rtp_pt_dynamic")
	// what they tune is not made that way here
	s.Meaningless("documentation_language", "internal_timing", "dumpcore", "initcrypto", "quiet", "nofork", "alwaysfork", "console", "highpriority",
		"light_background", "lightbackground", "forceblackbackground", "cache_record_files", "record_cache_dir", "cache_media_frames", "lockmode",
		"refdebug", "transcode_via_sln", "stdexten", "channel_storage_backend", "disable_remote_console_shell")
	s.Done()
	traces, problems := tracing.Load(f)
	o.Traces = traces
	return o, append(r.Diagnostics(), problems...)
}
