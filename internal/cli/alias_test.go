package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

func TestAliasesStandForCommands(t *testing.T) {
	d := dispatcher()
	held := d.SetAliases([]Alias{{"die die my darling", "core stop now"}, {"chan", "core show channel"}, {"broken", "core show channels"},
		{"a", "b"}, {"b", "a"}, {"bad", "usage"}})
	if len(held) != 5 {
		t.Errorf("%d aliases hold, want 5: broken is a command", len(held))
	}
	for line, want := range map[string]string{
		"die die my darling": "stop []\n",
		`chan "a \"b" c`:     "channel [\"a \\\"b\" \"c\"]\n",
		"broken":             "it is broken\nCommand 'broken' failed.\n",
		"a":                  "the alias leads to itself\nCommand 'a' failed.\n",
		"bad":                "Usage: usage\n       Show it.\n",
	} {
		var out bytes.Buffer
		_ = d.Execute(context.Background(), line, &out, nil)
		if got := out.String(); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	d.SetAliases(nil)
	if err := d.Execute(context.Background(), "chan x", io.Discard, nil); err != ErrNoCommand {
		t.Errorf("after the aliases are gone: %v", err)
	}
}

// The rules of Asterisk: the last line that matches decides, patterns may stand
// anywhere and in any case, a user's lines count before those of the group.
func TestPermissions(t *testing.T) {
	p := &Permissions{Default: true, Subjects: []Subject{
		{Name: "eve", ID: 7, Lines: []Line{NewLine(true, "core show"), NewLine(false, "s.ow up"), NewLine(false, "(")}},
		{Name: "staff", Group: true, ID: 8, Lines: []Line{NewLine(false, "all"), NewLine(true, "sip"), NewLine(false, "core show")}},
	}}
	eve, staff, other := uint32(7), uint32(8), uint32(9)
	for _, c := range []struct {
		uid, gid *uint32
		command  string
		want     bool
	}{
		{&eve, nil, "core show channels", true},
		{&eve, nil, "core SHOW uptime", false},
		{&eve, nil, "core stop now", true},
		{&eve, nil, "dialplan show (", false},
		{nil, &staff, "sip show peers", true},
		{nil, &staff, "core stop now", false},
		{&eve, &staff, "core show channels", true},
		{&eve, &staff, "core stop now", false},
		{&other, &other, "core stop now", true},
	} {
		if got := p.Allows(c.uid, c.gid, c.command); got != c.want {
			t.Errorf("%v %v %s: %v, want %v", c.uid, c.gid, c.command, got, c.want)
		}
	}
	if !(*Permissions)(nil).Allows(&eve, &staff, "core stop now") {
		t.Error("without a file nobody may do anything")
	}
}

// A console is known by the owner of its program, and shortened words do not help.
func TestConsolesNeedPermission(t *testing.T) {
	dir, err := os.MkdirTemp("", "cli") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := NewServer(dispatcher(), slog.New(slog.DiscardHandler), "here/1/2")
	if err := s.Listen(filepath.Join(dir, "ctl"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.Permit(&Permissions{Default: true, Subjects: []Subject{{Name: "me", ID: uint32(os.Getuid()), Lines: []Line{NewLine(false, "core show channels")}}}})
	c, err := Dial(filepath.Join(dir, "ctl"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for line, want := range map[string]string{
		"core show channels": "You don't have permissions to run 'core show channels' command\n",
		"co sh channels":     "You don't have permissions to run 'co sh channels' command\n",
		"core stop now":      "stop []\n",
	} {
		var out bytes.Buffer
		if _, err := c.Execute(line, &out); err != nil || out.String() != want {
			t.Errorf("%s: %q, %v; want %q", line, out.String(), err, want)
		}
	}
}
