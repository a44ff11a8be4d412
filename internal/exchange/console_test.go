package exchange

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Commands answer as the reference does, where scripts read it.
func TestConsoleAnswers(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,NoOp()\nexten => 7,hint,PJSIP/ana\n")
	defer k.end()
	ask := func(line string) string {
		var out strings.Builder
		_ = k.Execute(context.Background(), line, &out) // what went wrong is in the answer
		return out.String()
	}
	for _, c := range []struct{ line, want string }{
		{"core stop now please", "Usage: core stop now\n       Stop the exchange at once.\n"},
		{"core restart now please", "Usage: core restart now\n       Start the exchange anew at once.\n"},
		{"core show help core stop", "core stop gracefully           -- Stop the exchange when the calls of now are over\n" +
			"core stop now                  -- Stop the exchange at once\ncore stop when convenient      -- Stop the exchange when it has no calls\n"},
		{"core show help nosuch thing", "No such command 'nosuch thing'.\n"},
		{"dialplan show nosuch", "There is no existence of 'nosuch' context\nCommand 'dialplan show nosuch' failed.\n"},
		{"dialplan show 2@house", "There is no existence of 2@house extension\nCommand 'dialplan show 2@house' failed.\n"},
		{"core set debug atleast 2", "Core debug was OFF and is now 2.\n"},
		{"core set debug atleast 1", "Core debug is still 2.\n"},
		{"core set debug off", "Core debug was 2 and is now OFF.\n"},
		{"core set debug 3 app_dial", "Core debug was 0 and has been set to 3 for 'app_dial'.\n"},
		{"core set debug 3 app_dial", "Core debug is still 3 for 'app_dial'.\n"},
		{"core set debug 4294967296 app_dial", "Core debug was 3 and has been set to 2147483647 for 'app_dial'.\n"},
		{"core set debug atleast 2 app_dial", "Core debug is still 2147483647 for 'app_dial'.\n"},
		{"core set debug 0 app_dial", "Core debug was 2147483647 and has been set to 0 for 'app_dial'.\n"},
		{"core set debug 0 app_dial", "Core debug is still 0 for 'app_dial'.\n"},
		{"core set debug off app_dial", "Usage: core set debug [atleast] <level> [module]\n       core set debug off\n\n       0 and off log nothing. With a module, a part of the program or a\n       source file, the level is that of this module alone.\n"},
		{"core show functions foo", "Usage: core show functions [like <text>]\n       List the functions.\n"},
		{"core show functions like xyzzy", "Matching Custom Functions:\n" + strings.Repeat("-", 80) + "\n0 matching custom functions installed.\n"},
		{"core show applications like xyzzy", "    -= Matching Asterisk Applications =-\n    -= 0 Applications Matching =-\n"},
		{"core set verbose 1 silent", ""},
		{"core show channeltype nosuch", "\nnosuch is not a registered channel driver.\nCommand 'core show channeltype nosuch' failed.\n"},
		{"core show codec 1", "          1 AMR (amr)\n"},
		{"core show codec x", "Usage: core show codec <number>\n       Show a codec by its number.\n"},
		{"manager show user nosuch", "There is no manager called nosuch\n"},
		{"indication show nosuch", "No countries matched your criteria.\n"},
		{"ulimit nothing", "Unknown resource\nCommand 'ulimit nothing' failed.\n"},
		{"ulimit stack 100", "Resource not permitted to be set\nCommand 'ulimit stack 100' failed.\n"},
		{"manager show event nosuch", "Could not find event 'nosuch'\n"},
		{"core show sound nosuch", "ERROR: File nosuch not found in index\nCommand 'core show sound nosuch' failed.\n"},
		{"core show sound demo-congrats", "Indexed Information for demo-congrats:\n  Language en:\n    Format: ulaw\n  Language es:\n    Format: ulaw\n"},
		{"config reload /nowhere.conf", ""},
		{"local show channels", "No local channels in use\n"},
		{"module load nosuch.so", "Unable to load module nosuch.so\nCommand 'module load nosuch.so' failed.\n"},
		{"rtp show settings", "\n\nGeneral Settings:\n----------------\n  Port start:      20000\n  Port end:        30000\n  Checksums:       Yes\n  DTMF Timeout:    1200\n" +
			"  Strict RTP:      Yes\n  Probation:       4 frames\n  Replay Protect:  Yes\n  ICE support:     Yes\n  STUN:            disabled\n   Address:        0.0.0.0:0\n"},
		{"logger set level bogus off", "No such command 'logger set level bogus off' (type 'core show help logger set level' for other possible commands)\n"},
		{`database query "SELECT nope"`, ""},
		{"udptl show config", "UDPTL Global options\n--------------------\nudptlstart:      4000\nudptlend:        4999\nudptlfecentries: 0\nudptlfecspan:    0\nuse_even_ports:  No\nudptlchecksums: Yes\n"},
	} {
		if got := ask(c.line); got != c.want {
			t.Errorf("%s\n%q, want\n%q", c.line, got, c.want)
		}
	}
	for line, want := range map[string]string{
		"core show channeltypes":                       "PJSIP            SIP, from pjsip.conf  ",
		"core show settings":                           "  Trace level:                 0\n  Dump core on crash:          No\n",
		"core show translation":                        "                   ulaw     -  9150 15000",
		"core show file formats":                       "ulaw       ulaw       ulaw|pcm|ul|mu|ulw  \n",
		"indication show us":                           "us      <ringcadence>   2000,4000\n",
		"core show sysinfo":                            "System Statistics\n-----------------\n  System Uptime: ",
		"core show threads":                            "httpd.(*Server).run.func1",
		"http show status":                             "Server Enabled and Bound to " + loopback + ":",
		"manager show user boss":                       "            secret: <Set>\n               ACL: no\n         read perm: system,call,",
		"manager show events":                          "\n  AGIExecEnd                  AGIExecStart                AOC-D                     \n",
		"manager show event Unhold":                    "Event: Unhold\nChannel: <value>\nChannelState: <value>\n",
		"core show sounds":                             "Available audio files:\nactivated\n",
		"config list":                                  "pbx_config           /",
		"ulimit descriptors":                           "Number of file descriptors (descriptors) is limited to ",
		"manager show settings":                        "  Manager (AMI):             Yes            \n",
		"logger show levels":                           "Level Name\n----- ----\n    0 DEBUG\n",
		"core show application NoOp":                   "[Synopsis]\n",
		"core show applications like n":                "NoOp: ",
		"core show applications foo":                   " Applications Registered =-\n",
		"core show applications describing xyzzy BUSY": "  Busy: ",
	} {
		if got := ask(line); !strings.Contains(got, want) {
			t.Errorf("%s\n%s\nhas not\n%s", line, got, want)
		}
	}
}

// A command of a part's own is no reload of the exchange, as in Asterisk 22.
func TestLastReloadIsThatOfModules(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,NoOp()\n")
	defer k.end()
	before := k.lastReload.Load()
	for _, line := range []string{"logger reload", "dialplan reload", "manager reload"} {
		if k.execute(line); k.lastReload.Load() != before {
			t.Errorf("%s counts as a reload", line)
		}
	}
	k.execute("module reload pbx_config.so")
	if k.lastReload.Load() == before {
		t.Error("module reload does not")
	}
}

// SQL is answered with what was written so far, and changes nothing.
func TestDatabaseQuery(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,NoOp()\n")
	defer k.end()
	k.execute("database put fam key val")
	question := `database query "SELECT * FROM astdb WHERE key LIKE '/fam/%'"`
	want := "key  : /fam/key                                          \nvalue: val                                               \n\n"
	if got := k.execute(question); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var out strings.Builder
	if err := k.Execute(t.Context(), `database query "DELETE FROM astdb"`, &out); err == nil {
		t.Error("a statement changed the database behind its back")
	}
	if got := k.execute(question); got != want {
		t.Errorf("afterwards %q, want %q", got, want)
	}
}

// A log file that is added while running takes lines until it is removed.
func TestLogFilesWhileRunning(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,Log(NOTICE,hello)\n")
	defer k.end()
	if got := k.execute("logger add channel more notice"); got != "" {
		t.Error(got)
	}
	if got := k.execute("logger add channel more notice"); got != "Logger channel 'more' already exists\n" {
		t.Error(got)
	}
	k.log.Warn("not for it")
	k.log.Log(t.Context(), 2, "one")
	if got := k.execute("logger remove channel more"); got != "Removed dynamic logger channel 'more'\n" {
		t.Error(got)
	}
	k.log.Log(t.Context(), 2, "two")
	if got := k.execute("logger remove channel full"); got != "Unable to find dynamic logger channel 'full'\n" {
		t.Error(got)
	}
	text, err := os.ReadFile(filepath.Join(k.dirs.Log, "more"))
	if err != nil || bytes.Count(text, []byte("\n")) != 1 || !bytes.HasSuffix(text, []byte("console_test.go: one\n")) {
		t.Errorf("%q, %v", text, err)
	}
}

// Tab offers what there is.
func TestConsoleCompletes(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,NoOp()\nexten => 7,hint,PJSIP/ana\n[hotel]\nexten => 1,1,NoOp()\n")
	defer k.end()
	for line, want := range map[string]string{
		"core show application Play":     "PlayTones Playback",
		"core show function LE":          "LEN",
		"core show hint ":                "7",
		"dialplan show ho":               "hotel house",
		"dialplan show 1@hou":            "1@house",
		"module show like app_dial":      "app_dial.so",
		"module show l":                  "like",
		"core show help core st":         "stop",
		"core show channeltype P":        "PJSIP",
		"manager show user ":             "boss clerk",
		"indication show u":              "us",
		"pjsip show endpoint ":           "ana ben",
		"logger set level D":             "DEBUG DTMF",
		"core show translation paths g7": "g719 g722 g723 g726 g726aal2 g729",
		"core show channels c":           "concise count",
		"core show calls ":               "uptime",
		"core show calls uptime ":        "seconds",
		"core show uptime ":              "seconds",
		"core set verbose ":              "atleast off",
		"channel request hangup a":       "all",
		"pjsip set logger o":             "off on",
		"dialplan remove ":               "context extension ignorepat include",
		"dialplan remove include a ":     "from",
		"manager show command Pi":        "Ping",
		"core show applications ":        "describing like",
		"database ":                      "del deltree get put query show showkey",
	} {
		if got := strings.Join(k.Console().Complete(line), " "); got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
}

// Legs in groups, and Local channels, stand in the reference's tables.
func TestConsoleOfCalls(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,Set(GROUP()=sales)\n same => n,Set(GROUP(cat)=north)\n same => n,Answer()\n same => n,Wait(600)\n")
	defer k.end()
	boss := k.login()
	boss.do("Action: Originate\nChannel: Local/1@house/n\nApplication: Wait\nData: 600\nAsync: true")
	boss.until("Event: OriginateResponse")
	for line, want := range map[string]string{
		"group show channels": "Channel                    Group                 Category            \n" +
			"Local/1@house-00000000;2   sales                 (default)           \n" +
			"Local/1@house-00000000;2   north                 cat                 \n2 active channels\n",
		"group show channels sal": "Channel                    Group                 Category            \n" +
			"Local/1@house-00000000;2   sales                 (default)           \n1 active channel\n",
		"local show channels": "Local/1@house-00000000;1 -- 1@house\n",
	} {
		if got := k.execute(line); got != want {
			t.Errorf("%s\n%s\nwant\n%s", line, got, want)
		}
	}
}

// Legs are chosen for a hang-up as Asterisk 22 chooses them, case aside.
func TestLegsToHangUp(t *testing.T) {
	k := begin(t, "[house]\nexten => a,1,Wait(600)\nexten => b,1,Wait(600)\n")
	defer k.end()
	for i, exten := range []string{"a", "a", "b"} {
		k.execute("channel originate Local/" + exten + "@house/n application Wait 600")
		k.eventually("two legs more", func() bool { return k.channels.Count() == 2*(i+1) })
	}
	for _, c := range []struct {
		arguments, want string
		left            int
	}{
		{"Loc*", "Loc* did not match a known channel\n", 6},
		{"nosuch other", "nosuch is not a known channel\nother is not a known channel\n", 6},
		{"/^nosuch/", "/^nosuch/ did not match a known channel\n", 6},
		{"/(/", "/(/ is not a valid POSIX Extended Regular Expression: ", 6},
		{"local/B@*;1", "Requested Hangup on channel 'Local/b@house-00000002;1'\n", 4},
		{"/A@HOUSE-00000000;2$/", "Requested Hangup on channel 'Local/a@house-00000000;2'\n", 2},
		{"LOCAL/a@house-00000001;1", "Requested Hangup on channel 'Local/a@house-00000001;1'\n", 0},
		{"all", "", 0},
	} {
		if got := k.execute("channel request hangup " + c.arguments); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s:\n%s\nwant\n%s", c.arguments, got, c.want)
		}
		k.eventually(fmt.Sprint(c.arguments, ": ", c.left, " legs left"), func() bool { return k.channels.Count() == c.left })
	}
}
