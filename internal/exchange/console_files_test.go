package exchange

import (
	"bytes"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

// cli.conf runs commands when it says, cli_aliases.conf gives them names, and
// cli_permissions.conf is shown as Asterisk shows it.
func TestFilesOfTheConsole(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Skip(err)
	}
	k := prepareTrial(t, "")
	for name, text := range map[string]string{
		startupFile: "[startup_commands]\ndatabase put f early v = pre-module\ndatabase put f late v = yes\ndatabase put f never v = no\n" +
			"chanvars = fully-booted\ndatabase put f odd v = whenever\n",
		aliasFile: "[general]\ntemplate = mine\ntemplate = nothere\n[mine]\nloop=loop2\nreload=module reload\nup=core show uptime\nv=core show version\n" +
			"die die my darling=core stop now\nhangup request=channel request hangup\nchanvars=database put f alias v\n",
		permissionsFile: "[general]\ndefault_perm=deny\n[" + me.Username + "]\npermit=core show\ndeny=core show uptime\n[nobody else]\npermit=all\n",
	} {
		if err := os.WriteFile(filepath.Join(k.dirs.Etc, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	if got := k.execute("database show f"); !strings.Contains(got, "/f/late") || !strings.Contains(got, "/f/alias") || strings.Contains(got, "/f/never") || strings.Contains(got, "/f/odd") {
		t.Errorf("the commands of cli.conf left:\n%s", got)
	}
	for _, want := range []string{`"whenever" is no moment`, "there is no section nothere", "Unknown user 'nobody else'"} {
		k.eventually("a line of the log: "+want, func() bool { return strings.Contains(k.logged(), want) })
	}
	if got := k.execute("up"); !strings.Contains(got, "System uptime") {
		t.Errorf("up: %s", got)
	}
	aliases := k.execute("cli show aliases")
	var order []string
	for line := range strings.Lines(aliases) {
		order = append(order, strings.TrimSpace(line[:50]))
	}
	if got := strings.Join(order, ","); got != "Alias Command,loop,reload,chanvars,up,v,die die my darling,hangup request" {
		t.Errorf("aliases %s", got)
	}
	want := "user: " + me.Username + " [uid=" + me.Uid + "]\nPermissions:\n\tpermit -> core show\n\tdeny -> core show uptime\n\n"
	if got := k.execute("cli show permissions"); got != want {
		t.Errorf("permissions: %q, want %q", got, want)
	}
	for line, want := range map[string]string{
		"core show uptime":  "User '" + me.Username + "' is not allowed to run command: 'core show uptime'\n",
		"core show version": "User '" + me.Username + "' is allowed to run command: 'core show version'\n",
	} {
		if got := k.execute("cli check permissions " + me.Username + " " + line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	var out bytes.Buffer
	if err := k.Execute(t.Context(), "cli check permissions nobody_else x", &out); err == nil || !strings.HasPrefix(out.String(), "Unknown user 'nobody_else'\n") {
		t.Errorf("%v, %s", err, out.String())
	}
	if got := k.execute("cli check permissions " + me.Username); !strings.Contains(got, "             core show version ") || strings.Contains(got, "core stop now") {
		t.Errorf("all that may be run:\n%s", got)
	}
	if err := os.Remove(filepath.Join(k.dirs.Etc, permissionsFile)); err != nil {
		t.Fatal(err)
	}
	k.execute("cli reload permissions")
	if got := k.execute("cli show permissions"); got != "" {
		t.Errorf("permissions of no file: %q", got)
	}
}

// Files that change nothing are read, and each option that is written is told of.
func TestFilesThatAreOnlyAccepted(t *testing.T) {
	for file, c := range map[string]struct{ text, want string }{
		"codecs.conf": {"[plc]\ngenericplc=yes\n[opus]\nbitrate=6000\n", "option bitrate has no effect: Opus is passed on and decoded, and never made"},
		"stasis.conf": {"[threadpool]\nmax_size=9\n[declined_message_types]\ndecline=a\ndecline=b\n", "option decline is known and not honoured yet: events of messages that are declined are told nevertheless; eventfilter of manager.conf leaves them out for its user"},
		"ccss.conf":   {"[general]\ncc_max_requests=20\ncc_max_request=1\n[other]\n", "option cc_max_requests has no effect: there is no call completion (CCBS, CCNR);unknown option cc_max_request;unknown section [other]"},
	} {
		f, err := config.Parse(file, []byte(c.text), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, d := range acceptedFile(f) {
			said = append(said, d.Problem)
		}
		if got := strings.Join(said, ";"); got != c.want {
			t.Errorf("%s: %s\nwant %s", file, got, c.want)
		}
	}
}
