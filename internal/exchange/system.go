package exchange

import (
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/rest"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
	"github.com/octothorpe/octothorpe/internal/sdn"
	"github.com/octothorpe/octothorpe/internal/tracing"
)

// SystemOptions are asterisk.conf's [options].
type SystemOptions struct {
	Verbose, Debug  int
	SystemName      string
	EntityID        string // of this machine, six octets: ENTITYID in the dialplan
	MaxCalls        int
	MaxLoad         float64 // of the last minute, 0 is no limit
	MinMemFree      int     // MB, 0 is no limit
	Execs           bool
	RunUser         string
	RunGroup        string
	NoFork          bool // stay in the foreground
	AlwaysFork      bool // go into the background
	Console         bool // be the console, too
	Quiet           bool // show no lines
	DumpCore        bool
	Timestamp       bool
	NoColor         bool
	Mute            bool
	Language        string        // defaultlanguage
	Suffix          bool          // languageprefix=no: digits/es/1, not es/digits/1
	CustomSounds    bool          // sounds_search_custom_dir
	Silence         bool          // transmit_silence: to legs that wait or are recorded
	LockConfig      bool          // lockconfdir: a reload waits while somebody writes configuration
	DontWarn        bool          // dontwarn: patterns that match too much are not told of
	LeastKey        time.Duration // mindtmfduration: keys that go on to another leg last as long at least
	MaxFiles        int           // that may be open, 0 is what the system says
	LiveDangerously bool          // live_dangerously: clients from outside may use every function
	TestEvents      bool          // testevents, our own: TestEvent as a build for tests tells them
	HideConnect     bool
	Traces          tracing.Settings // of [traces], our own
	Network         sdn.Options      // of [network], our own
	HasNetwork      bool
	ARI             stasis.Keeping // of [ari], our own
	SpoolLimit      int64          // of [records], our own: bytes that may wait for each database
}

// ReadSystem returns what asterisk.conf says of the process. It is nothing where there
// is no such file, or none that can be read, of which New tells.
func ReadSystem(o Options) SystemOptions {
	if o.Config == "" {
		return SystemOptions{}
	}
	f, err := loadSystem(o)
	if err != nil {
		return SystemOptions{}
	}
	s, _ := readOptions(f)
	return s
}

// systemSections are the sections of asterisk.conf; traces, network, ari and records are our own.
var systemSections = []string{"directories", "files", "options", "compat", "traces", "network", "ari", "records"}

// hostName is what autosystemname calls the exchange.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "localhost"
	}
	return name
}

// strayed tells of sections that nobody reads.
func strayed(r *config.Reader, f *config.File, known ...string) {
	for _, s := range f.Sections() {
		if !s.Template && !slices.Contains(known, strings.ToLower(s.Name)) {
			r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, config.Suggest(s.Name, slices.Values(known)), "unknown section [%s]", s.Name)
		}
	}
}

// readOptions reads asterisk.conf apart from its directories. As in Asterisk a
// value that makes no sense is as if it were not written.
func readOptions(f *config.File) (SystemOptions, []config.Diagnostic) {
	r := config.NewReader(nil)
	strayed(r, f, systemSections...)
	directories := r.Section(f.Section("directories"))
	directories.Meaningless("astetcdir", "astmoddir", "astvarlibdir", "astdbdir", "astkeydir", "astdatadir", "astagidir", "astspooldir", "astrundir",
		"astlogdir", "astsbindir", "astcachedir")
	directories.Done()
	compat := r.Section(f.Section("compat"))
	compat.Meaningless("app_set", "res_agi", "pbx_realtime") // Asterisk passes over them
	compat.Done()
	files := r.Section(f.Section("files"))
	files.Meaningless("astctl", "astctlpermissions", "astctlowner", "astctlgroup")
	if e, ok := f.Section("files").Entry("astctlpermissions"); ok {
		if _, err := socketMode(e.Value); err != nil {
			r.Report(config.Error, e, "write it as 0660", "astctlpermissions = %s is no octal mode: 0660 is used", e.Value)
		}
	}
	files.Done()
	s := r.Section(f.Section("options"))
	o := SystemOptions{Verbose: s.Level("verbose"), Debug: s.Level("debug"), SystemName: s.String("systemname", ""), EntityID: s.String("entityid", ""),
		MaxCalls: s.Int("maxcalls", 0, 0, math.MaxInt32), Execs: s.Bool("execincludes", false), RunUser: s.String("runuser", ""),
		RunGroup: s.String("rungroup", ""), NoFork: s.Bool("nofork", false), AlwaysFork: s.Bool("alwaysfork", false), Console: s.Bool("console", false),
		Quiet: s.Bool("quiet", false), DumpCore: s.Bool("dumpcore", false),
		Timestamp: s.Bool("timestamp", false), NoColor: s.Bool("nocolor", false), Mute: s.Bool("mute", false),
		Language: s.String("defaultlanguage", ""), TestEvents: s.Bool("testevents", false), HideConnect: s.Bool("hideconnect", false),
		LiveDangerously: s.Bool("live_dangerously", false)}
	o.Suffix, o.CustomSounds = !s.Bool("languageprefix", true), s.Bool("sounds_search_custom_dir", false)
	o.LockConfig, o.DontWarn = s.Bool("lockconfdir", false), s.Bool("dontwarn", false)
	o.Silence = s.Bool("transmit_silence", false) || s.Bool("transmit_silence_during_record", false)
	o.MaxFiles = s.Int("maxfiles", 0, 0, math.MaxInt32)
	if s.Bool("autosystemname", false) && o.SystemName == "" {
		o.SystemName = hostName()
	}
	o.MaxLoad, o.MinMemFree = s.Float("maxload", 0, 0, 1e6), s.Int("minmemfree", 0, 0, math.MaxInt32)
	s.Never("it is for an Asterisk that was compiled to follow its own code", "trace")
	s.Meaningless("rtp_use_dynamic", "rtp_pt_dynamic") // each format has a number of its own, of 96 to 127
	o.LeastKey = s.Duration("mindtmfduration", time.Millisecond, channel.LeastKey, time.Millisecond, time.Minute)
	s.Meaningless("hide_messaging_ami_events") // with it Asterisk 22 tells as much
	// what they tune is not made that way here
	s.Meaningless("documentation_language", "internal_timing", "initcrypto", "highpriority",
		"light_background", "lightbackground", "forceblackbackground", "cache_record_files", "record_cache_dir", "cache_media_frames", "lockmode",
		"refdebug", "transcode_via_sln", "stdexten", "channel_storage_backend", "disable_remote_console_shell")
	s.Done()
	records := r.Section(f.Section("records"))
	o.SpoolLimit = int64(records.Int("spool_limit", 512, 1, 1<<20)) << 20
	records.Done()
	traces, problems := tracing.Load(f)
	o.Traces = traces
	problems = append(r.Diagnostics(), problems...)
	network, has, more := sdn.Section(f)
	o.Network, o.HasNetwork = network, has
	kept, about := rest.LoadKeeping(f)
	o.ARI = kept
	return o, slices.Concat(problems, more, about)
}
