package amievent

import (
	"testing"

	"github.com/octothorpe/octothorpe/ami"
)

// Every type can be made of a message, and says its own name.
func TestEveryType(t *testing.T) {
	if len(makers) < 170 {
		t.Errorf("only %d types", len(makers))
	}
	for name, maker := range makers {
		e := maker()
		if got := e.AMIEvent(); got != name {
			t.Errorf("%s calls itself %s", name, got)
		}
		if err := ami.Unmarshal(ami.Message{{Key: "Event", Value: name}, {Key: "Privilege", Value: "p"}}, e); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if e.Raw().Event() != name {
			t.Errorf("%s: the message is %q", name, e.Raw())
		}
	}
}
