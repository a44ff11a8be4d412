package exchange

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Directories are asterisk.conf's [directories], and [files].
type Directories struct {
	Etc, Modules, VarLib, DB, Key, Data, AGI, Spool, Run, Log, Sbin, Cache string

	Socket     string      // the control socket, whole path
	SocketMode os.FileMode // astctlpermissions
	// SocketOwner and SocketGroup are astctlowner and astctlgroup, empty for none.
	SocketOwner, SocketGroup string
	Pid                      string // the pid file, whole path
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

// loadSystem reads asterisk.conf. Where there is none Asterisk's own defaults
// hold, as in the reference: those of an empty file in the usual place.
func loadSystem(o Options) (*config.File, error) {
	f, err := config.Load(o.Config, config.Options{Exec: o.Execs})
	if f == nil && errors.Is(err, fs.ErrNotExist) {
		return &config.File{Path: filepath.Join(defaultDirectories().Etc, "asterisk.conf")}, nil
	}
	return f, err
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
	if m, err := socketMode(files.Get("astctlpermissions")); err == nil && m != 0 {
		mode = m
	}
	if !strings.HasPrefix(name, "/") {
		name = filepath.Join(d.Run, name)
	}
	d.SocketOwner, d.SocketGroup = files.Get("astctlowner"), files.Get("astctlgroup")
	d.Socket, d.SocketMode, d.Pid = name, mode, filepath.Join(d.Run, "asterisk.pid")
}

// socketMode reads astctlpermissions: the permissions of an octal mode, as 02660
// makes no set-group-ID socket.
func socketMode(text string) (os.FileMode, error) {
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil {
		return 0, fmt.Errorf("read mode: %w", err)
	}
	return os.FileMode(n) & os.ModePerm, nil
}
