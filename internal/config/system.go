package config

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Directories are asterisk.conf's [directories].
type Directories struct {
	Etc     string // astetcdir: configuration
	Modules string // astmoddir: of no use here
	VarLib  string // astvarlibdir
	DB      string // astdbdir: astdb.sqlite3
	Key     string // astkeydir
	Data    string // astdatadir: sounds, music
	AGI     string // astagidir
	Spool   string // astspooldir: recordings, voicemail, call files
	Run     string // astrundir: control socket, pid file
	Log     string // astlogdir
	Sbin    string // astsbindir
	Cache   string // astcachedir
}

// Upstream are the directories of Asterisk as its makers build it.
func Upstream() Directories {
	return Directories{Etc: "/etc/asterisk", Modules: "/usr/lib/asterisk/modules", VarLib: "/var/lib/asterisk", DB: "/var/lib/asterisk",
		Key: "/var/lib/asterisk/keys", Data: "/var/lib/asterisk", AGI: "/var/lib/asterisk/agi-bin", Spool: "/var/spool/asterisk",
		Run: "/var/run/asterisk", Log: "/var/log/asterisk", Sbin: "/usr/sbin", Cache: "/var/cache/asterisk"}
}

// Debian are the directories of Debian's package.
func Debian() Directories {
	d := Upstream()
	d.Data, d.Key, d.AGI = "/usr/share/asterisk", "/usr/share/asterisk/keys", "/usr/share/asterisk/agi-bin"
	return d
}

// A Control says where the console's socket is and who may use it: [files].
type Control struct {
	Path         string      // astctl
	Mode         os.FileMode // astctlpermissions; 0 leaves it to the process's umask
	Owner, Group string      // astctlowner, astctlgroup
}

// SystemOptions are asterisk.conf's [options].
type SystemOptions struct {
	Verbose, Debug, Trace int
	SystemName            string // prefix of every uniqueid
	DefaultLanguage       string // "en" where none is set
	DocumentationLanguage string
	RunUser, RunGroup     string

	MaxCalls   int     // 0 is no limit
	MaxFiles   int     // open files; 0 leaves the limit as it is
	MaxLoad    float64 // no new calls above this load average; 0 is no limit
	MinMemFree int     // MB; no new calls below this; 0 is no limit

	ExecIncludes bool // #exec
	Timestamp    bool // times on the console
	NoColor      bool
	Mute         bool
	Quiet        bool
	NoFork       bool
	AlwaysFork   bool
	Console      bool
	HideConnect  bool // remote consoles come and go silently
	DontWarn     bool
	LockConfDir  bool

	TransmitSilence        bool // while recording, waiting and so on
	TranscodeViaSLIN       bool
	LanguagePrefix         bool // sounds in LANGUAGE/digits instead of digits/LANGUAGE
	SoundsSearchCustomDir  bool
	CacheMediaFrames       bool
	HideMessagingAMIEvents bool
	LiveDangerously        bool          // shell and file functions from outside the dialplan
	MinDTMF                time.Duration // mindtmfduration
	TestEvents             bool          // testevents, our own: TestEvent as a build for tests tells it
}

// A System is asterisk.conf.
type System struct {
	Directories Directories
	Control     Control
	Pid         string // path of the pid file
	Options     SystemOptions
}

// ReadSystem reads asterisk.conf; f may be nil, then it is all defaults. A
// configuration folder that is not named is the one in which the file lies, so
// that a folder can be moved.
func ReadSystem(f *File, defaults Directories) (System, []Diagnostic) {
	r := NewReader(f)
	var s System
	s.Directories = readDirectories(r.Section(f.Section("directories")), f, defaults)
	s.Control = readControl(r.Section(f.Section("files")), s.Directories.Run)
	s.Pid = filepath.Join(s.Directories.Run, "asterisk.pid")
	s.Options = readOptions(r.Section(f.Section("options")))
	compat := r.Section(f.Section("compat"))
	compat.Later("app_set", "pbx_realtime", "res_agi")
	compat.Done()
	return s, r.Diagnostics()
}

func readDirectories(s *SectionReader, f *File, d Directories) Directories {
	if f != nil {
		d.Etc = filepath.Dir(f.Path)
	}
	// what follows from another directory comes first
	if v := s.String("astvarlibdir", ""); v != "" {
		d.DB = v
	}
	if v := s.String("astdatadir", ""); v != "" {
		d.Key = filepath.Join(v, "keys")
	}
	for _, one := range []struct {
		key string
		at  *string
	}{{"astetcdir", &d.Etc}, {"astmoddir", &d.Modules}, {"astvarlibdir", &d.VarLib}, {"astdbdir", &d.DB}, {"astkeydir", &d.Key},
		{"astdatadir", &d.Data}, {"astagidir", &d.AGI}, {"astspooldir", &d.Spool}, {"astrundir", &d.Run}, {"astlogdir", &d.Log},
		{"astsbindir", &d.Sbin}, {"astcachedir", &d.Cache}} {
		if v := s.String(one.key, ""); v != "" {
			*one.at = v
		}
	}
	s.Done()
	return d
}

func readControl(s *SectionReader, run string) Control {
	c := Control{Path: s.String("astctl", "asterisk.ctl"), Owner: s.String("astctlowner", ""), Group: s.String("astctlgroup", "")}
	if !filepath.IsAbs(c.Path) {
		c.Path = filepath.Join(run, c.Path)
	}
	if e, ok := s.entry("astctlpermissions"); ok {
		mode, err := strconv.ParseUint(e.Value, 8, 32)
		if err != nil || mode > 0o777 {
			s.reader.Report(Error, e, "write it as 0660", "%s = %s is no file mode", e.Key, e.Value)
		} else {
			c.Mode = os.FileMode(mode)
		}
	}
	s.Done()
	return c
}

func readOptions(s *SectionReader) SystemOptions {
	o := SystemOptions{
		Verbose: s.Level("verbose"), Debug: s.Level("debug"), Trace: s.Level("trace"),
		SystemName: s.String("systemname", ""), DefaultLanguage: s.String("defaultlanguage", "en"),
		DocumentationLanguage: s.String("documentation_language", "en_US"),
		RunUser:               s.String("runuser", ""), RunGroup: s.String("rungroup", ""),
		MaxCalls: s.Int("maxcalls", 0, 0, math.MaxInt32), MaxFiles: s.Int("maxfiles", 0, 0, math.MaxInt32),
		MaxLoad: s.Float("maxload", 0, 0, math.MaxFloat64), MinMemFree: s.Int("minmemfree", 0, 0, math.MaxInt32),
		ExecIncludes: s.Bool("execincludes", false), Timestamp: s.Bool("timestamp", false), NoColor: s.Bool("nocolor", false),
		Mute: s.Bool("mute", false), Quiet: s.Bool("quiet", false), NoFork: s.Bool("nofork", false),
		AlwaysFork: s.Bool("alwaysfork", false), Console: s.Bool("console", false), HideConnect: s.Bool("hideconnect", false),
		DontWarn: s.Bool("dontwarn", false), LockConfDir: s.Bool("lockconfdir", false),
		TransmitSilence:  s.Bool("transmit_silence", s.Bool("transmit_silence_during_record", false)),
		TranscodeViaSLIN: s.Bool("transcode_via_sln", true), LanguagePrefix: s.Bool("languageprefix", true),
		SoundsSearchCustomDir: s.Bool("sounds_search_custom_dir", false), CacheMediaFrames: s.Bool("cache_media_frames", true),
		HideMessagingAMIEvents: s.Bool("hide_messaging_ami_events", false), LiveDangerously: s.Bool("live_dangerously", false),
		MinDTMF:    s.Duration("mindtmfduration", time.Millisecond, 80*time.Millisecond, 0, time.Minute),
		TestEvents: s.Bool("testevents", false),
	}
	// what they tune is not made that way here
	s.Meaningless("dumpcore", "initcrypto", "highpriority", "lightbackground", "light_background", "forceblackbackground", "internal_timing",
		"refdebug", "lockmode", "channel_storage_backend", "stdexten", "disable_remote_console_shell")
	s.Later("cache_record_files", "record_cache_dir", "rtp_use_dynamic", "rtp_pt_dynamic", "autosystemname", "entityid")
	s.Done()
	return o
}

// Level reads how much is said: a number, or yes for 1.
func (s *SectionReader) Level(key string) int {
	e, ok := s.entry(key)
	n, err := strconv.Atoi(strings.TrimSpace(e.Value))
	switch {
	case !ok || err == nil && n < 0 || False(e.Value):
		return 0
	case err == nil:
		return n
	case True(e.Value):
		return 1
	}
	s.reader.Report(Warning, e, "give a whole number", "%s = %s is no level", e.Key, e.Value)
	return 0
}
