package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What can't be recorded leaves files alone, and a number that is wrong neither memory nor disk full.
func TestRecordUntilRefuses(t *testing.T) {
	in(t, "[test]\nexten => s,1,Wait(60)\n", func(t *testing.T, x *exchange) {
		leg, _ := x.call(t, "s")
		kept := filepath.Join(x.Recordings, "kept.nosuch")
		if err := os.WriteFile(kept, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, opened, err := x.RecordUntil(t.Context(), leg, Recording{File: "kept", Format: "nosuch", Limit: time.Second}); opened || err == nil {
			t.Errorf("an unknown format was recorded: opened %v, %v", opened, err)
		}
		if text, err := os.ReadFile(kept); string(text) != "text" {
			t.Errorf("the file holds %q, %v", text, err)
		}
		if _, opened, err := x.RecordUntil(t.Context(), leg, Recording{File: "long", Format: "wav", Offset: 1 << 60}); !opened || err == nil {
			t.Errorf("a recording behind so much silence: opened %v, %v", opened, err)
		}
	})
}
