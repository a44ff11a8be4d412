package exchange

import (
	"bufio"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// The expressions by which fail2ban's filter "asterisk" finds whom to ban, in
// Go's syntax: a line's beginning, and what may follow.
var banned = []*regexp.Regexp{
	regexp.MustCompile(`^\[[^]]+\] (?:NOTICE|SECURITY|WARNING)(?:\s*\[\d+\]):?(?:\[C-[\da-f]*\])?:? [^:]+:\d*(?:(?: in)? [^:]+:)? ` +
		`SecurityEvent="(?:FailedACL|InvalidAccountID|ChallengeResponseFailed|InvalidPassword)".*?,RemoteAddress="IPV[46]/[^/"]+/([\d.]+)/\d+"(?:,\w+="[^"]*")*$`),
	regexp.MustCompile(`^\[[^]]+\] (?:NOTICE|SECURITY|WARNING)(?:\s*\[\d+\]):?(?:\[C-[\da-f]*\])?:? [^:]+:\d*(?:(?: in)? [^:]+:)? ` +
		`Request (?:'[^']*' )?from '(?:[^']*|.*?)' failed for '([\d.]+)(?::\d+)?'\s\(callid: [^\)]*\) - ` +
		`(?:No matching endpoint found|Not match Endpoint(?: Contact)? ACL|(?:Failed|Error) to authenticate)\s*$`),
	regexp.MustCompile(`^\[[^]]+\] (?:NOTICE|SECURITY|WARNING)(?:\s*\[\d+\]):?(?:\[C-[\da-f]*\])?:? [^:]+:\d*(?:(?: in)? [^:]+:)? ` +
		`(?:Host )?([\d.]+) (?:failed (?:to authenticate\b|MD5 authentication\b)|tried to authenticate with nonexistent user\b)`),
}

func bannedLines(text string) (n int) {
	for line := range strings.SplitSeq(text, "\n") {
		for _, e := range banned {
			if m := e.FindStringSubmatch(line); m != nil && m[1] == loopback {
				n++
			}
		}
	}
	return n
}

// Who tries passwords is in the log in the words by which programs ban him, and in
// the security log in the order of fields that the reference has.
func TestWhoTriesPasswordsIsLogged(t *testing.T) {
	k := prepareTrial(t, "[house]\nexten => 1,1,NoOp(one)\n same => n,Log(NOTICE,two)\n same => n,Hangup()\n")
	k.system.Verbose = 3
	k.logs.SetVerbose(3)
	config := "[logfiles]\nfull => notice,warning,error,verbose\nsecurity => security\nstar => *\n"
	if err := os.WriteFile(filepath.Join(k.dirs.Etc, "logger.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	k.configureLog()
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	stranger, ana := k.phone("stranger"), k.phone("ana")
	for _, p := range []*softphone{stranger, ana} {
		for i := range 2 {
			m := p.request("REGISTER", "", 1)
			if i > 0 {
				m.Add("Authorization", `Digest username="`+p.name+`", realm="asterisk", nonce="1/00", uri="sip:x", response="00", algorithm=MD5`)
			}
			if r, err := p.stack.Do(t.Context(), m, sip.RequestOptions{}); err != nil || r.Status != 401 {
				t.Fatalf("%s: %v, %v", p.name, r, err)
			}
		}
	}
	conn, err := net.Dial("tcp", k.manager.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	b := &boss{t: t, conn: conn, r: bufio.NewReader(conn)}
	b.do("Action: Login\nUsername: boss\nSecret: guess")
	b.until("Message: Authentication failed")
	_ = conn.Close()
	boss := k.login()
	boss.do("Action: Frob")
	boss.until("Message: Invalid/unknown command: Frob. Use Action: ListCommands to show available commands.")
	_ = boss.conn.Close()
	ana.status("1")
	security := func() string {
		text, _ := os.ReadFile(filepath.Join(k.dirs.Log, "security"))
		return string(text)
	}
	k.eventually("the lines", func() bool {
		return strings.Contains(security(), "RequestBadFormat") && strings.Contains(k.logged(), "Spawn extension (house, 1, 3)")
	})
	if n := bannedLines(k.logged()); n != 5 {
		t.Errorf("%d lines of the log ban somebody, want 5", n)
	}
	if n := bannedLines(security()); n != 5 {
		t.Errorf("%d lines of the security log ban somebody, want 5:\n%s", n, security())
	}
	star, _ := os.ReadFile(filepath.Join(k.dirs.Log, "star"))
	for text, want := range map[string]string{
		security() + "": `SECURITY\[\d+\] res_security_log\.c: SecurityEvent="ChallengeResponseFailed",EventTV="[^"]+",Severity="Error",Service="PJSIP",EventVersion="1",` +
			`AccountID="ana",SessionID="[^"]+",LocalAddress="IPV4/UDP/[^"]+",RemoteAddress="IPV4/UDP/[^"]+",Challenge="1/00",Response="00",ExpectedResponse=""\n`,
		security() + "\n": `SecurityEvent="RequestBadFormat",EventTV="[^"]+",Severity="Error",Service="AMI",EventVersion="1",SessionID="[^"]+",` +
			`LocalAddress="IPV4/TCP/[^"]+",RemoteAddress="IPV4/TCP/[^"]+",RequestType="Action: Frob",SessionTV="[^"]+",AccountID="boss"\n`,
		k.logged():   `NOTICE\[\d+\]\[C-00000001\] Ext\. 1: two\n`,
		string(star): `VERBOSE\[\d+\]\[C-00000001\] run\.go: Executing \[1@house:1\] NoOp\(`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
