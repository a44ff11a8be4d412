package exchange

import (
	"errors"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

// acl.conf is read once for all who ask for it, and again after a reload began.
func TestRuleBookIsReadOnce(t *testing.T) {
	var book ruleBook
	asked, file, wrong := 0, &config.File{}, errors.New("broken")
	load := func(string) (*config.File, error) {
		asked++
		if asked == 2 {
			return nil, wrong
		}
		return file, nil
	}
	for _, step := range []struct {
		forget bool
		asked  int
		err    error
	}{{false, 1, nil}, {false, 1, nil}, {true, 2, wrong}, {false, 2, wrong}, {true, 3, nil}} {
		if step.forget {
			book.forget()
		}
		if _, err := book.get(load); !errors.Is(err, step.err) || asked != step.asked {
			t.Errorf("read %d times with %v, want %d with %v", asked, err, step.asked, step.err)
		}
	}
}
