package agi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ami"
)

// localPlan runs scripts in all ways.
const localPlan = `[test]
exten => tone,1,Answer()
 same => n,Milliwatt()
exten => hold,1,Answer()
 same => n,Wait(120)
exten => agi,1,AGI(${PROGRAM},one,"two three",,four)
 same => n,Goto(told,1)
exten => dead,1,DeadAGI(${PROGRAM},one)
 same => n,Goto(told,1)
exten => eagi,1,Answer()
 same => n,EAGI(${PROGRAM},one)
 same => n,Goto(told,1)
exten => late,1,Answer()
 same => n,Set(LATE=yes)
 same => n,Hangup()
exten => told,1,UserEvent(Told,Status: ${AGISTATUS},Said: ${SAID})
exten => h,1,ExecIf($["${LATE}" = "yes"]?AGI(${PROGRAM},one))
 same => n,ExecIf($["${LATE}" = "yes"]?UserEvent(Told,Status: ${AGISTATUS},Said: ${SAID}))
 same => n,ExecIf($["${LATE}" != "yes"]?UserEvent(Over,Status: ${AGISTATUS}))
`

const readEnvironment = "#!/bin/sh\nwhile read l && [ -n \"$l\" ]; do n=\"$n ${l%%:*}\"; case $l in agi_enhanced*) e=${l#*: };; agi_arg_2*) a=${l#*: };; esac; done\n"

// localScripts are what is run.
var localScripts = map[string]string{
	"lines.sh":     readEnvironment + "echo SET VARIABLE SAID \\\"${n# }\\\"; read r\n",
	"arguments.sh": readEnvironment + "s=\"$#/$1/$2/$3/$4/$a/$e\"; echo SET VARIABLE SAID \\\"$s\\\"; read r\n",
	"variables.sh": readEnvironment + "echo SET VARIABLE SAID \\\"`env | grep ^AST_ | sed 's/=.*//' | sort | tr '\\n' ' '`\\\"; read r\n",
	"files.sh":     readEnvironment + "cd /proc/$$/fd; set -- *; echo SET VARIABLE SAID \\\"$*\\\"; read r\n",
	"shell.sh":     readEnvironment + "echo SET VARIABLE SAID \\\"`tr '\\000' ' ' </proc/$$/cmdline | sed 's#[^ ]*/##g'`\\\"; read r\n",
	"ear.sh":       readEnvironment + "b=`date +%s%N`; head -c 16000 <&3 >/dev/null; e=`date +%s%N`; echo SET VARIABLE SAID \\\"$(( (e-b)/1000000 ))\\\"; read r\n",
	"reply.sh":     readEnvironment + "echo STREAM FILE nosuch; read r; echo SET VARIABLE SAID \\\"$r\\\"; read r; read r; read r\n",
	// tells of SIGHUP by a file beside itself
	"hup.sh": readEnvironment + "d=`dirname $0`; trap 'echo HUP >>$d/heard' HUP; echo NOOP; read r; echo start >>$d/heard; i=0; while [ $i -lt 20 ]; do sleep 0.1; i=$((i+1)); done; echo over >>$d/heard; " +
		"echo GET VARIABLE AGISTATUS; read r; echo \"$r\" >>$d/heard; echo ANSWER; read r; echo \"$r\" >>$d/heard; exit 0\n",
}

// local runs a script and returns what was told of it.
func (x *exchange) local(t *testing.T, exten, peer, script, variables string) (status, said string) {
	t.Helper()
	ctx := within(t)
	events := x.Subscribe(ami.SubscribeOptions{Events: []string{"UserEvent"}})
	defer events.Close()
	if variables != "" {
		variables = "," + variables
	}
	if _, err := x.Do(ctx, ami.Action("Originate", "Channel", "Local/"+peer+"@test", "Context", "test", "Exten", exten, "Priority", "1",
		"Variable", "PROGRAM="+x.etc+"/"+script+variables, "Async", "true")); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := events.Next(ctx)
		if err != nil {
			t.Fatalf("%s does not end: %v", script, err)
		}
		if m.Get("UserEvent") == "Told" {
			return m.Get("Status"), m.Get("Said")
		}
	}
}

// TestLocalScripts compares what scripts get and what becomes of them.
func TestLocalScripts(t *testing.T) {
	files := map[string]string{"extensions.conf": localPlan}
	for name, text := range localScripts {
		files[name] = text
	}
	exchanges(t, files, func(t *testing.T, x *exchange) {
		for _, test := range []struct{ exten, script, want string }{
			{"agi", "lines.sh", "agi_request agi_channel agi_language agi_type agi_uniqueid agi_version agi_callerid agi_calleridname agi_callingpres agi_callingani2 agi_callington " +
				"agi_callingtns agi_dnid agi_rdnis agi_context agi_extension agi_priority agi_enhanced agi_accountcode agi_threadid agi_arg_1 agi_arg_2 agi_arg_3 agi_arg_4"},
			{"agi", "arguments.sh", "4/one/two three//four/two three/0.0"},
			{"eagi", "arguments.sh", "1/one/////1.0"},
			{"dead", "arguments.sh", "1/one/////0.0"},
			{"late", "arguments.sh", "1/one/////0.0"},
			{"agi", "variables.sh", "AST_AGI_DIR AST_BUILD_DATE AST_BUILD_HOST AST_BUILD_KERNEL AST_BUILD_MACHINE AST_BUILD_OS AST_BUILD_USER AST_CONFIG_DIR " +
				"AST_CONFIG_FILE AST_DATA_DIR AST_KEY_DIR AST_LOG_DIR AST_MODULE_DIR AST_MONITOR_DIR AST_RUN_DIR AST_SPOOL_DIR AST_SYSTEMNAME AST_VAR_DIR AST_VERSION"},
			{"agi", "shell.sh", "sh shell.sh one two three four"},
			{"agi", "reply.sh", "520-Invalid command syntax. Proper usage follows:"},
		} {
			if status, said := x.local(t, test.exten, "hold", test.script, ""); status != "SUCCESS" || strings.TrimSpace(said) != test.want {
				t.Errorf("%s %s: %s %q, want %q", test.exten, test.script, status, said, test.want)
			}
		}
		// The descriptors of the exchange are not the script's: what is open is the shell's own, and one of EAGI.
		if _, said := x.local(t, "eagi", "hold", "files.sh", ""); len(strings.Fields(said)) > 6 || !strings.Contains(said+" ", " 3 ") {
			t.Errorf("open is %s", said)
		}
		for name, ear := range map[string]time.Duration{"": time.Second, "nonsense": time.Second, "slin16": time.Second / 2, "ulaw": 2 * time.Second} {
			_, said := x.local(t, "eagi", "tone", "ear.sh", "EAGI_AUDIO_FORMAT="+name)
			took, err := time.ParseDuration(said + "ms")
			if err != nil || took < ear-200*time.Millisecond || took > ear+time.Second {
				t.Errorf("16,000 bytes of sound in the format %q took %s ms, want about %v", name, said, ear)
			}
		}
		x.hangUpScripts(t)
	})
}

// hangUpScripts hangs up legs that run a script.
func (x *exchange) hangUpScripts(t *testing.T) {
	const dead = "200 result=0\n511 Command Not Permitted on a dead channel or intercept routine\n"
	file := filepath.Join(x.root, x.etc, "heard")
	heard := func() string {
		b, _ := os.ReadFile(file)
		return string(b)
	}
	until := func(what string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); !strings.Contains(heard(), what); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the script has heard %q, and not %q", heard(), what)
			}
		}
	}
	for _, test := range []struct {
		variable, last, want string
		waits                bool // the dialplan does, for the script
	}{{"", dead, "start\nHUP\nover\n" + dead, true}, {"AGISIGHUP=no", dead, "start\nover\n" + dead, true}, {"AGIEXITONHANGUP=yes", "over", "start\nHUP\nover\n", false},
		{"AGIEXITONHANGUP=yes,AGISIGHUP=no", "over", "start\nover\n", false}} {
		_ = os.Remove(file)
		if _, err := x.Do(within(t), ami.Action("Originate", "Channel", "Local/hold@test", "Context", "test", "Exten", "agi", "Priority", "1",
			"Variable", "PROGRAM="+x.etc+"/hup.sh,"+test.variable, "Async", "true")); err != nil {
			t.Fatal(err)
		}
		until("start")
		events := x.Subscribe(ami.SubscribeOptions{Events: []string{"UserEvent"}})
		if _, err := x.Do(within(t), ami.Action("Hangup", "Channel", "/^Local/hold.*;1$/")); err != nil {
			t.Fatal(err)
		}
		for over := false; !over; {
			m, err := events.Next(within(t))
			if err != nil {
				t.Fatal(err)
			}
			if over = strings.HasSuffix(m.Get("Channel"), ";1"); over && m.Get("Status") != "HANGUP" {
				t.Errorf("%s: the status is %s", test.variable, m.Get("Status"))
			}
		}
		events.Close()
		if waited := strings.Contains(heard(), "over"); waited != test.waits { // which the script says after two seconds
			t.Errorf("%s: that the dialplan waited for the script is %v", test.variable, waited)
		}
		if until(test.last); heard() != test.want {
			t.Errorf("%s: the script has heard %q, want %q", test.variable, heard(), test.want)
		}
	}
}
