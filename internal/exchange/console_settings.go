package exchange

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/sounds"
)

// showSettings prints, in the order of the reference, those of its lines for which
// there is something here that is set.
func (x *Exchange) showSettings(r *command.ConsoleRequest) error {
	fmt.Fprintf(r.Out, "\nPBX Core settings\n-----------------\n")
	writeSettings(r, x.coreSettings(r))
	fmt.Fprintf(r.Out, "\n* Subsystems\n  -------------\n")
	writeSettings(r, [][2]string{{"Manager (AMI)", enabled(x.manager.Settings().Enabled)}})
	fmt.Fprintf(r.Out, "\n* Directories\n  -------------\n")
	d := x.dirs
	writeSettings(r, [][2]string{{"Configuration file", x.options.Config}, {"Configuration directory", d.Etc}, {"Module directory", d.Modules},
		{"Spool directory", d.Spool}, {"Log directory", d.Log}, {"Run/Sockets directory", d.Run}, {"PID file", d.Pid},
		{"VarLib directory", d.VarLib}, {"Data directory", d.Data}, {"ASTDB", d.DB + "/astdb"}, {"IAX2 Keys directory", d.Key + "/keys"},
		{"AGI Scripts directory", d.AGI}, {"Cache directory", d.Cache}})
	fmt.Fprint(r.Out, "\n\n")
	return nil
}

func writeSettings(r *command.ConsoleRequest, lines [][2]string) {
	for _, l := range lines {
		fmt.Fprintf(r.Out, "  %-28s %s\n", l[0]+":", l[1])
	}
}

func enabled(yes bool) string {
	return map[bool]string{true: "Enabled", false: "Disabled"}[yes]
}

func (x *Exchange) coreSettings(r *command.ConsoleRequest) [][2]string {
	calls := "Not set"
	if n := x.channels.MaxCalls(); n > 0 {
		calls = fmt.Sprintf("%d (Current %d)", n, x.activeCalls())
	}
	current := x.logs.Verbosity()
	if r.Remote != nil {
		current = r.Remote.Verbose()
	}
	folder, _ := os.Getwd()
	s := x.system
	return [][2]string{{"Version", x.options.Version}, {"Maximum calls", calls}, {"Maximum open file handles", openFiles()},
		{"Root console verbosity", strconv.Itoa(x.logs.Verbosity())}, {"Current console verbosity", strconv.Itoa(current)},
		{"Debug level", strconv.Itoa(x.logs.DebugLevel())}, {"Trace level", strconv.Itoa(x.logs.TraceLevel())},
		{"Dump core on crash", map[bool]string{true: "Yes", false: "No"}[s.DumpCore]},
		{"Maximum load average", fmt.Sprintf("%f", s.MaxLoad)}, {"Minimum free memory", fmt.Sprintf("%d MB", s.MinMemFree)}, {"Startup time", x.began.Format("15:04:05")},
		{"Last reload time", time.Unix(0, x.lastReload.Load()).Format("15:04:05")},
		{"System", fmt.Sprintf("%s/%s built by octothorpe", strings.ToUpper(runtime.GOOS[:1])+runtime.GOOS[1:], runtime.GOARCH)},
		{"System name", s.SystemName}, {"Entity ID", s.EntityID}, {"Default language", cmp.Or(s.Language, sounds.DefaultLanguage)},
		{"User name and group", s.RunUser + "/" + s.RunGroup}, {"Running directory", folder}, {"Executable includes", enabled(s.Execs)}}
}

// openFiles is how many files the process may have open.
func openFiles() string {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return "Not set"
	}
	return strconv.FormatUint(limit.Cur, 10)
}
