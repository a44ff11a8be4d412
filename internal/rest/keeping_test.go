package rest

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// What is kept is what [ari] says, and what makes no sense is told.
func TestLoadKeeping(t *testing.T) {
	usual := stasis.Keeping{Bytes: 64 << 20, Time: 5 * time.Minute}
	for text, want := range map[string]stasis.Keeping{
		"":      usual,
		"[ari]": usual,
		"[ari]\nretained_bytes = 1000\nretained_seconds = 10\ngrace_seconds = 30\n": {Bytes: 1000, Time: 10 * time.Second, Grace: 30 * time.Second},
		"[ari]\nretained_seconds = 0\n":                                             {Bytes: 64 << 20},
	} {
		f, err := config.Parse("asterisk.conf", []byte(text), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, problems := LoadKeeping(f); got != want || len(problems) > 0 {
			t.Errorf("%q is read as %+v with %v, want %+v", text, got, problems, want)
		}
	}
	f, err := config.Parse("asterisk.conf", []byte("[ari]\nretained_bytes = much\ngrace = 5\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, problems := LoadKeeping(f); got != usual || len(problems) != 2 {
		t.Errorf("nonsense is read as %+v with %v", got, problems)
	}
}
