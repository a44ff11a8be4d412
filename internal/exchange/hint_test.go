package exchange

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/state"
)

// As on Asterisk 22: a context with autohints has a hint for each device that is
// heard of, until the dialplan is read again, and one that includes it needs none.
func TestAutohints(t *testing.T) {
	k := begin(t, "[auto]\nautohints=yes\nexten => fixed,1,NoOp\n[outer]\ninclude => auto\nautohints=yes\n")
	defer k.end()
	k.execute("devstate change Custom:one INUSE")
	k.eventually("the hint", func() bool { _, ok := k.board.Of("one", "auto"); return ok })
	if _, ok := k.board.Of("one", "outer"); ok {
		t.Error("the outer context has a hint of its own")
	}
	k.execute("devstate change Custom:fixed BUSY")
	k.eventually("the hint of an extension that is there", func() bool {
		h, ok := k.board.Of("fixed", "auto")
		return ok && h.State.Text == "Busy" && h.Devices == "Custom:fixed"
	})
	k.execute("dialplan reload")
	if _, ok := k.board.Of("one", "auto"); ok {
		t.Error("the hint outlives a reload")
	}
}

// Hints of included contexts and of patterns are found and can be watched.
func TestHintsElsewhere(t *testing.T) {
	k := begin(t, "[default]\ninclude => inner\nexten => _2XX,hint,Custom:${EXTEN}\n[inner]\nexten => vm,hint,MWI:vm@default\n")
	defer k.end()
	k.board.SetCustom("Custom:201", state.Busy)
	if h, ok := k.hintAt("201", "default"); !ok || h.State.Text != "Busy" || h.Devices != "Custom:201" {
		t.Errorf("201: %+v %v", h, ok)
	}
	if _, ok := k.board.Of("201", "default"); ok {
		t.Error("201 is a hint before anybody watches it")
	}
	for exten, want := range map[string]string{"201": "default", "vm": "inner"} {
		if in, ok := k.watchHint(exten, "default"); !ok || in != want {
			t.Errorf("%s is watched in %q %v, want %s", exten, in, ok, want)
		}
	}
	if _, ok := k.board.Of("201", "default"); !ok {
		t.Error("201 is no hint though somebody watches it")
	}
	if _, ok := k.watchHint("nosuch", "default"); ok {
		t.Error("nosuch has a hint")
	}
}

func TestPresencesOnTheConsole(t *testing.T) {
	k := begin(t, "[default]\nexten => 1,1,NoOp\n")
	defer k.end()
	rule := strings.Repeat("-", 69)
	for _, c := range []struct{ line, want string }{ // as Asterisk 22 answers
		{`presencestate change CustomPresence:zed Away,a,b`, "Changing zed to away\n"},
		{"presencestate change Foo:x away", "The presencestate command can only be used to set 'CustomPresence:' presence state!\nCommand 'presencestate change Foo:x away' failed.\n"},
		{"presencestate change CustomPresence: away", "Usage: presencestate change <entity> <state>"},
		{"presencestate change CustomPresence:x bad", "Usage: presencestate change <entity> <state>"},
		{"presencestate list", "\n" + rule + "\n--- Custom Presence States ------------------------------------------\n" + rule + "\n---\n--- Name: 'CustomPresence:zed'\n" +
			"    --- State: 'away'\n    --- Subtype: 'a'\n    --- Message: 'b'\n    --- Base64 Encoded: 'No'\n---\n" + rule + "\n" + rule + "\n\n"},
	} {
		var out strings.Builder
		_ = k.Execute(t.Context(), c.line, &out) // what went wrong is in the answer
		if !strings.HasPrefix(out.String(), c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.line, out.String(), c.want)
		}
	}
}

func TestMailboxesOutliveTheExchange(t *testing.T) {
	k := begin(t, "[default]\nexten => 1,hint,MWI:box@x\n")
	k.setMailbox("box@x", state.Counts{New: 2, Old: 1})
	k.eventually("the hint", func() bool { h, ok := k.board.Of("1", "default"); return ok && h.State.Text == "InUse" })
	if got := k.counted("box@x,nosuch"); got != (state.Counts{New: 2, Old: 1}) {
		t.Errorf("counted %+v", got)
	}
	dirs := k.dirs
	k.end()
	next, err := New(Options{State: dirs.Etc, Version: "22"})
	if err != nil {
		t.Fatal(err)
	}
	k.Exchange = next
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	if c, known := k.mailboxes.Of("box@x"); !known || c != (state.Counts{New: 2, Old: 1}) {
		t.Errorf("it has %+v %v", c, known)
	}
}
