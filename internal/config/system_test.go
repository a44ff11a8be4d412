package config

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func TestSystemWithoutAFile(t *testing.T) {
	s, problems := ReadSystem(nil, Debian())
	if len(problems) > 0 {
		t.Error(problems)
	}
	if s.Directories != Debian() || s.Control.Path != "/var/run/asterisk/asterisk.ctl" || s.Pid != "/var/run/asterisk/asterisk.pid" {
		t.Errorf("%+v", s)
	}
	if o := s.Options; o.DefaultLanguage != "en" || !o.LanguagePrefix || !o.TranscodeViaSLIN || o.MinDTMF != 80*time.Millisecond || o.MaxCalls != 0 {
		t.Errorf("options %+v", o)
	}
}

// What follows from what was asked of Asterisk 22: core show settings.
func TestDirectoriesThatFollowFromOthers(t *testing.T) {
	for _, c := range []struct {
		name, text string
		change     func(*Directories)
	}{
		{"nothing named", "", func(*Directories) {}},
		{"varlib", "astvarlibdir => /v", func(d *Directories) { d.VarLib, d.DB = "/v", "/v" }},
		{"data", "astdatadir => /d", func(d *Directories) { d.Data, d.Key = "/d", "/d/keys" }},
		{"database first", "astdbdir => /b\nastvarlibdir => /v", func(d *Directories) { d.VarLib, d.DB = "/v", "/b" }},
		{"run and etc", "astrundir=/r\nastetcdir=/e", func(d *Directories) { d.Run, d.Etc = "/r", "/e" }},
	} {
		f, err := load(t, "[directories]\n"+c.text+"\n")
		if err != nil {
			t.Fatal(err)
		}
		want := Debian()
		want.Etc = filepath.Dir(f.Path)
		c.change(&want)
		s, problems := ReadSystem(f, Debian())
		if s.Directories != want || len(problems) > 0 {
			t.Errorf("%s: got %+v, want %+v; %v", c.name, s.Directories, want, problems)
		}
	}
}

func TestSystemOptions(t *testing.T) {
	f, err := load(t, `[directories]
astrundir = /r
[options]
verbose = 3
debug = yes
trace = what
maxcalls = 10
maxload = 0.9
systemname = pbx1
execincludes = yes
transmit_silence_during_record = yes
entityid = 00:11:22:33:44:55
highpriority = yes
nocolour = yes
[files]
astctl = c.ctl
astctlpermissions = 0660
astctlgroup = staff
[compat]
app_set = 1.6
`)
	if err != nil {
		t.Fatal(err)
	}
	s, problems := ReadSystem(f, Upstream())
	o := s.Options
	if o.Verbose != 3 || o.Debug != 1 || o.Trace != 0 || o.MaxCalls != 10 || o.MaxLoad != 0.9 || o.SystemName != "pbx1" || !o.ExecIncludes || !o.TransmitSilence {
		t.Errorf("options %+v", o)
	}
	if want := (Control{Path: "/r/c.ctl", Mode: 0o660, Group: "staff"}); s.Control != want {
		t.Errorf("control %+v, want %+v", s.Control, want)
	}
	var lines []int
	for _, d := range problems {
		lines = append(lines, d.Line)
	}
	if want := []int{6, 12, 14, 20}; !reflect.DeepEqual(lines, want) {
		t.Errorf("problems %v, want four: trace, entityid, nocolour, app_set", problems)
	}
}
