package exchange

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/facts"
)

// checked is what check says of files, a line each: file:line: severity: problem.
func checked(t *testing.T, files map[string]string) []string {
	t.Helper()
	dir := t.TempDir()
	texts := map[string]string{"asterisk.conf": "[directories]\nastetcdir = " + dir + "\nastlogdir = " + dir + "\n"}
	for name, text := range files {
		texts[name] = text
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := Check(Options{Config: filepath.Join(dir, "asterisk.conf")})
	if err != nil && len(list) == 0 {
		t.Fatal(err)
	}
	var said []string
	for _, d := range list {
		d.File = filepath.Base(d.File)
		said = append(said, d.String())
	}
	return said
}

// A file that nothing reads is told of at its first section with anything in it, and why.
func TestFilesThatNothingReads(t *testing.T) {
	for _, u := range unreadFiles {
		said := checked(t, map[string]string{u.name: "; nothing\n[empty]\n[a](!)\nx = 1\n[general]\nx = 1\n"})
		if len(said) != 1 || !strings.HasPrefix(said[0], u.name+":5: "+u.severity.String()+": "+u.name+" is not read: "+u.why) {
			t.Errorf("%s: %q", u.name, said)
		}
		if said := checked(t, map[string]string{u.name: "[general]\n;x = 1\n"}); len(said) > 0 {
			t.Errorf("%s with nothing in it: %q", u.name, said)
		}
	}
	if said := checked(t, map[string]string{"adsi.conf": "[general]\nenabled = no\nx = 1\n"}); len(said) > 0 {
		t.Errorf("a file that is switched off: %q", said)
	}
}

// Of each file that Asterisk knows check has something to say: an option that nobody has is
// told of, with the file, or the file as a whole.
func TestEveryFileIsLookedAt(t *testing.T) {
	// Sections of these have names and options of any kind, or nothing is wrong with the one below.
	free := []string{"acl.conf", "extconfig.conf", "sorcery.conf", "pjsip_notify.conf", "sip_notify.conf", "cli.conf", "extensions.conf",
		"cdr_custom.conf", "cel_custom.conf", "cdr_manager.conf", "indications.conf", "cli_permissions.conf", "users.conf"}
	sections := map[string]string{"pjsip_wizard.conf": "[x]\ntype = wizard\n", "cdr_pgsql.conf": "[global]\n", "cel_pgsql.conf": "[global]\n",
		"cdr_sqlite3_custom.conf": "[master]\n", "res_curl.conf": "[globals]\n"}
	for _, name := range facts.Files() {
		if slices.Contains(free, name) {
			continue
		}
		files := map[string]string{name: cmp.Or(sections[name], "[general]\nnosuchoption = 1\n[nosuch]\ntype = nosuch\n") + "nosuchoption = 1\n"}
		if name == "pjsip_wizard.conf" { // it is read beside the file of phones
			files["pjsip.conf"] = ""
		}
		said := strings.Join(checked(t, files), "\n")
		if !strings.Contains(said, name+":") {
			t.Errorf("%s: check says %q", name, said)
		}
	}
}

// An option that is unknown or without effect is told with its place and what to do.
func TestOptionsOfCallFeatures(t *testing.T) {
	for file, c := range map[string]struct {
		text string
		want []string
	}{
		"queues.conf": {"[general]\nupdatecdr = yes\nautofil = no\n[support]\nstratgy = linear\n", []string{
			"2: note: option updatecdr has no effect, in Asterisk 22 neither (leave it out)", "3: warning: unknown option autofil (do you mean autofill?)",
			"5: warning: unknown option stratgy (do you mean strategy?)"}},
		"queuerules.conf": {"[general]\nrealtime_rules = perhaps\n[a]\npenaltychang = 1\n", []string{
			"2: warning: realtime_rules = perhaps is neither yes nor no (write yes or no)", "4: warning: unknown option penaltychang (rules are made of penaltychange)"}},
		"confbridge.conf": {"[u]\ntype = user\ndenois = yes\ntemplate = x\n[m]\ntype = menu\nE = toggle_mute\n[x]\nadmin = yes\n", []string{
			"3: warning: unknown option denois (do you mean denoise?)",
			"4: error: template is for CONFBRIDGE() in the dialplan: u has nothing of x (write [u](section) with a section above)",
			"7: warning: unknown option E (keys of a menu are made of 0 to 9, *, # and A to D)",
			"9: warning: section x has no type: nobody can name it (add type = user, bridge or menu)"}},
		"features.conf": {"[general]\npickupsond = beep\n[featuremap]\nautomon = *1\n", []string{
			"2: warning: unknown option pickupsond (do you mean pickupsound?)"}},
		"alarmreceiver.conf": {"[general]\nno_group_meta = yes\nloudnes = 1\n", []string{
			"3: warning: unknown option loudnes (do you mean loudness?)"}},
		"res_parking.conf": {"[lot]\nparkpos = x\nparkex = 1\n", []string{
			"2: error: parkpos=x is no range of spaces (two numbers with a dash between them, such as 701-720)", "3: warning: unknown option parkex (do you mean parkext?)"}},
		"res_curl.conf": {"[globals]\nftptext = yes\nhttptimout = 1\nconntimeout = soon\nuseragent = x\n", []string{
			"2: warning: option ftptext is known and not honoured yet: FTP is not spoken", "3: warning: unknown option httptimout (do you mean httptimeout?)",
			"4: error: CURLOPT(conntimeout): \"soon\" is no time"}},
		"chan_websocket.conf": {"[global]\ncontrol_message_format = xml\nformat = json\n", []string{
			"2: error: control_message_format = xml is not known (known are plain-text, json)", "3: warning: unknown option format (check the spelling)"}},
		"agents.conf":   {"[100]\nackcal = yes\n", []string{"2: warning: unknown option ackcal (do you mean ackcall?)"}},
		"followme.conf": {"[office]\nfollowme_prompt = x\nnumbr = 1\n", []string{"2: note: option followme_prompt has no effect, in Asterisk 22 neither (leave it out)", "3: warning: unknown option numbr (do you mean number?)"}},
	} {
		said := checked(t, map[string]string{file: c.text})
		for i := range said {
			said[i] = strings.TrimPrefix(said[i], file+":")
		}
		if !slices.Equal(said, c.want) {
			t.Errorf("%s: said\n%s\nwant\n%s", file, strings.Join(said, "\n"), strings.Join(c.want, "\n"))
		}
	}
}
