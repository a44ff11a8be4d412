package exchange

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/tracing"
)

// Directories are asterisk.conf's [directories], and [files].
type Directories struct {
	Etc, Modules, VarLib, DB, Key, Data, AGI, Spool, Run, Log, Sbin, Cache string

	Socket     string      // the control socket, whole path
	SocketMode os.FileMode // astctlpermissions
	Pid        string      // the pid file, whole path
}

// defaultDirectories are Asterisk's own.
func defaultDirectories() Directories {
	return Directories{Etc: "/etc/asterisk", Modules: "/usr/lib/asterisk/modules", VarLib: "/var/lib/asterisk", DB: "/var/lib/asterisk",
		Key: "/var/lib/asterisk", Data: "/var/lib/asterisk", AGI: "/var/lib/asterisk/agi-bin", Spool: "/var/spool/asterisk",
		Run: "/var/run/asterisk", Log: "/var/log/asterisk", Sbin: "/usr/sbin", Cache: "/var/cache/asterisk"}
}

// directoriesIn is the layout of a state folder of our own.
func directoriesIn(state string) Directories {
	d := Directories{Etc: state, Modules: filepath.Join(state, "modules"), VarLib: state, DB: state, Key: filepath.Join(state, "keys"),
		Data: state, AGI: filepath.Join(state, "agi-bin"), Spool: filepath.Join(state, "spool"), Run: state,
		Log: filepath.Join(state, "log"), Cache: filepath.Join(state, "cache")}
	d.complete(nil)
	return d
}

// readDirectories reads asterisk.conf. The configuration folder of a file that
// does not name one is its own.
func readDirectories(f *config.File) Directories {
	d := defaultDirectories()
	d.Etc = filepath.Dir(f.Path)
	s := f.Section("directories")
	varlib, hasVarLib := s.Lookup("astvarlibdir")
	if hasVarLib {
		d.DB, d.Key, d.Data, d.AGI = varlib, varlib, varlib, filepath.Join(varlib, "agi-bin")
	}
	if data, ok := s.Lookup("astdatadir"); ok {
		d.AGI = filepath.Join(data, "agi-bin")
	}
	for key, at := range map[string]*string{"astetcdir": &d.Etc, "astmoddir": &d.Modules, "astvarlibdir": &d.VarLib, "astdbdir": &d.DB,
		"astkeydir": &d.Key, "astdatadir": &d.Data, "astagidir": &d.AGI, "astspooldir": &d.Spool, "astrundir": &d.Run,
		"astlogdir": &d.Log, "astsbindir": &d.Sbin, "astcachedir": &d.Cache} {
		if v, ok := s.Lookup(key); ok && v != "" {
			*at = v
		}
	}
	d.complete(f.Section("files"))
	return d
}

// complete fills in what follows from the directories and [files].
func (d *Directories) complete(files *config.Section) {
	name, mode := "asterisk.ctl", os.FileMode(0o660)
	if v := files.Get("astctl"); v != "" {
		name = v
	}
	if n, err := strconv.ParseUint(files.Get("astctlpermissions"), 8, 32); err == nil && n != 0 {
		mode = os.FileMode(n)
	}
	if !strings.HasPrefix(name, "/") {
		name = filepath.Join(d.Run, name)
	}
	d.Socket, d.SocketMode, d.Pid = name, mode, filepath.Join(d.Run, "asterisk.pid")
}

// SystemOptions are asterisk.conf's [options].
type SystemOptions struct {
	Verbose, Debug int
	SystemName     string
	MaxCalls       int
	Execs          bool
	RunUser        string
	RunGroup       string
	Timestamp      bool
	NoColor        bool
	Mute           bool
	Language       string // defaultlanguage
	TestEvents     bool   // testevents, our own: TestEvent as a build for tests tells them
	HideConnect    bool
	ShutdownWait   int
	Traces         tracing.Settings // of [traces], our own
}

// options that Asterisk knows and that mean nothing here, because the thing
// that they tune is not made that way.
var meaningless = map[string]bool{"documentation_language": true, "internal_timing": true, "dumpcore": true, "initcrypto": true,
	"quiet": true, "nofork": true, "alwaysfork": true, "console": true, "highpriority": true, "light_background": true,
	"lightbackground": true, "forceblackbackground": true, "cache_record_files": true, "record_cache_dir": true,
	"cache_media_frames": true, "rtp_use_dynamic": true, "rtp_pt_dynamic": true, "autosystemname": true, "lockmode": true,
	"lockconfdir": true, "stdexten": true, "live_dangerously": true, "entityid": true, "rungroup": true, "minmemfree": true,
	"maxload": true, "maxfiles": true, "transmit_silence": true, "transmit_silence_during_record": true, "verbose_by_module": true,
	"sendfullybooted": true, "hide_messaging_ami_events": true, "sounds_search_custom_dir": true, "channel_storage_backend": true,
	"astcachedir": true, "languageprefix": true, "insecure_permissions": true, "disable_remote_console_shell": true, "pbx_config_reload": true}

func readOptions(f *config.File) (SystemOptions, []config.Diagnostic) {
	var o SystemOptions
	var problems []config.Diagnostic
	o.Traces, problems = tracing.Load(f)
	for _, e := range f.Section("options").Lines() {
		number, _ := strconv.Atoi(e.Value)
		switch strings.ToLower(e.Key) {
		case "verbose":
			o.Verbose = number
		case "debug":
			o.Debug = number
		case "systemname":
			o.SystemName = e.Value
		case "maxcalls":
			o.MaxCalls = number
		case "execincludes":
			o.Execs = config.True(e.Value)
		case "runuser":
			o.RunUser = e.Value
		case "timestamp":
			o.Timestamp = config.True(e.Value)
		case "nocolor":
			o.NoColor = config.True(e.Value)
		case "mute":
			o.Mute = config.True(e.Value)
		case "defaultlanguage":
			o.Language = e.Value
		case "testevents":
			o.TestEvents = config.True(e.Value)
		case "hideconnect":
			o.HideConnect = config.True(e.Value)
		default:
			if !meaningless[strings.ToLower(e.Key)] {
				problems = append(problems, config.Diagnostic{Severity: config.Warning, File: e.File, Line: e.Line,
					Problem: "unknown option " + e.Key, Hint: "check the spelling"})
			}
		}
	}
	return o, problems
}
