package exchange

import (
	"regexp"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/cli"
)

// What is answered about parts of the exchange, beside what the recordings hold.
func TestConsoleOfParts(t *testing.T) {
	k := begin(t, "[house]\nexten => 100,1,NoOp()\nexten => _1XX,1,NoOp()\nexten => _9.,1,NoOp()\nexten => _[3-5]Z,1,NoOp()\n[empty]\n")
	defer k.end()
	k.login() // who listens to most of what is told
	for line, want := range map[string]string{
		"dialplan debug house": "[ Context 'house' created by 'pbx_config' ]\n 100:N:-:1:EXTEN:100\n 1:Y:-:1:\n +       X:Y:-:10:\n +       +       X:Y:-:10:EXTEN:_1XX\n" +
			" 9:Y:-:1:\n +       .:Y:-:256:EXTEN:_9.\n [345]:Y:-:3:\n +       Z:Y:-:9:EXTEN:_[3-5]Z\n\n-= 1 context. =-\n",
		"dnsmgr refresh (":                            "Command 'dnsmgr refresh (' failed.\n",
		"dialplan debug empty":                        "\n     There are no extensions.\n\n\n-= 1 context. =-\n",
		"dialplan debug nosuch":                       "There is no existence of 'nosuch' context\nCommand 'dialplan debug nosuch' failed.\n",
		"core show config mappings":                   "",
		"config show help res_pjsip auth":             "\n[Config Options]\nauth_type ",
		"config show help res_pjsip endpoint context": "-= Info about Config Option 'res_pjsip:endpoint:context' =- \n",
		"config show help res_pjsip endpoint nosuch":  "No option nosuch found for res_pjsip:endpoint\n",
		"config show help res_pjsip nosuch":           "Unknown configuration type nosuch\n",
		"config show help":                            "The following modules have configuration information:\n\tacl\n",
		"stasis show topic Newchannel":                "Name: Newchannel\nDetail: ",
		"timing test 100":                             "Attempting to test a timer with 100 ticks per second.\nUsing the 'runtime' timing module for this test.\nIt has been 1",
		"xmldoc dump /tmp/x":                          "descriptions are part of the program: there is no XML to be written or read again\nCommand 'xmldoc dump /tmp/x' failed.\n",
		"core show help pjproject show":               "pjproject show buildopts       -- ",
		"core show uptime seconds x":                  "Usage: core show uptime [seconds]",
		"core show version x":                         "Usage: core show version",
		"core show file formats x":                    "Usage: core show file formats",
		"http show status x":                          "Usage: http show status",
		"moh show classes x":                          "Usage: moh show classes",
		"core show translation paths nosuch":          "Source codec \"nosuch\" is not found.\nCommand 'core show translation paths nosuch' failed.\n",
		"devstate change foo bar":                     "The devstate command can only be used to set 'Custom:' device state!\n",
		"core show help core show uptime seconds":     "Usage: core show uptime [seconds]\n",
		"core show help !":                            "Usage: !<command>\n",
		"hangup request nosuch":                       "nosuch is not a known channel\n",
		"originate Local/1@nosuch application":        "Usage: channel originate <tech/data> ",
		"indication show":                             "\n===========================\nDefault tone zone: us\n",
		"indication add us busy nonsense":             "the tone busy of us can't be added: ",
	} {
		var out strings.Builder
		_ = k.Execute(t.Context(), line, &out) // some are refused
		if got := out.String(); !strings.Contains(got, want) {
			t.Errorf("%s\n%s\nhas not\n%s", line, got, want)
		}
	}
	if got := k.execute("stasis show topics"); !regexp.MustCompile(`(?s)^\nName +Detail +\nNewchannel +\d+ listeners? +\n.*\n\n\d+ Total topics\n\n$`).MatchString(got) {
		t.Errorf("topics:\n%s", got)
	}
	for line, want := range map[string]string{"originate Local/1@a a": "application", "reload res_musiconh": "res_musiconhold.so", "config show help res_pjsip_acl ": "acl",
		"stasis show topic MixMonitorM": "MixMonitorMute", "indication remove us bus": "busy"} {
		if got := strings.Join(k.Console().Complete(line), " "); got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
}

// Names of hosts that were looked up are counted, and forgotten when that is asked for.
func TestDNSManagerOnTheConsole(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,NoOp()\n")
	defer k.end()
	if _, err := k.names.LookupAddr(t.Context(), "localhost"); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{"dnsmgr refresh nosuch", ""}, {"dnsmgr status", "DNS Manager: disabled\nRefresh Interval: 60 seconds\nNumber of entries: 1\n"},
		{"dnsmgr refresh ^LOCAL", ""}, {"dnsmgr status", "DNS Manager: disabled\nRefresh Interval: 60 seconds\nNumber of entries: 0\n"}} {
		if got := k.execute(c[0]); got != c[1] {
			t.Errorf("%s: %q, want %q", c[0], got, c[1])
		}
	}
}

// The log of calls is filtered by the groups that the dialplan puts them into; what is
// wrong is always told.
func TestLogOfAGroupOfCalls(t *testing.T) {
	k := begin(t, "[house]\nexten => a,1,Set(LOG_GROUP()=sales)\n same => n,Verbose(0,told of sales)\nexten => b,1,Verbose(0,told of nobody)\n same => n,Log(WARNING,odd)\n"+
		" same => n,UserEvent(Done)\n")
	defer k.end()
	boss := k.login()
	k.execute("logger filter changroup sales on")
	for _, exten := range []string{"a", "b"} {
		boss.do("Action: Originate\nChannel: Local/" + exten + "@house\nApplication: Wait\nData: 1\nAsync: true")
	}
	boss.until("UserEvent: Done")
	k.eventually("the lines", func() bool {
		return strings.Contains(k.logged(), "told of sales") && strings.Contains(k.logged(), "odd")
	})
	if strings.Contains(k.logged(), "told of nobody") {
		t.Error("a call of no group is told of")
	}
	if got := k.execute("logger filter show"); got != "  1 sales                           \n1 channel group currently enabled\n" {
		t.Errorf("shown: %q", got)
	}
}

// Without cli_aliases.conf there are the aliases of Asterisk's sample, and with it its own.
func TestAliasesOfTheSampleAreThere(t *testing.T) {
	k := prepareTrial(t, "")
	defer k.Discard()
	var out strings.Builder
	if err := k.Execute(t.Context(), "help core show uptime", &out); err != nil || !strings.HasPrefix(out.String(), "Usage: core show uptime") {
		t.Errorf("%v: %s", err, out.String())
	}
	k.setAliases([]cli.Alias{{Name: "up", Command: "core show uptime"}})
	if err := k.Execute(t.Context(), "help", &out); err == nil {
		t.Error("the file's aliases are not alone")
	}
}
