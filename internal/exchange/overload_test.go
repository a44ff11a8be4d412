package exchange

import (
	"runtime"
	"testing"
)

func TestOverload(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("limits of the machine are Linux's")
	}
	for name, c := range map[string]struct {
		options SystemOptions
		full    bool
	}{
		"memory that no machine has": {SystemOptions{MinMemFree: 1 << 40}, true},
		"some memory":                {SystemOptions{MinMemFree: 1, MaxLoad: 1e6}, false},
	} {
		if err := c.options.overload()(); (err != nil) != c.full {
			t.Errorf("%s: %v, want an error: %v", name, err, c.full)
		}
	}
	if (&SystemOptions{}).overload() != nil {
		t.Error("there is a limit where none is set")
	}
}
