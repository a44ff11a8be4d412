package stasis

import (
	"context"
	"testing"
	"testing/synctest"
)

// A client that was called for legs goes when there is none, and one that comes just then
// calls for another.
func TestUnregisterEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{})
		r := calls(t, h)
		one, _ := h.listen(t, Listening{}, "app")
		leave := h.enterOne(t, r, "1", "app")
		if h.UnregisterEmpty(one, []string{"app"}) || !h.Has("app") {
			t.Error("it went, and there was a leg")
		}
		leave()
		if !h.UnregisterEmpty(one, []string{"app"}) || h.Has("app") {
			t.Error("it is there still")
		}
		var next *tape
		summoned := 0
		h.Summon = func(context.Context, string) bool {
			if summoned++; summoned == 1 {
				return true // it has gone again when the leg enters
			}
			next, _ = h.listen(t, Listening{}, "app")
			return true
		}
		h.enterOne(t, r, "2", "app")
		if summoned != 2 {
			t.Fatalf("called %d times, want twice", summoned)
		}
		same(t, next.heard(), "StasisStart 2")
	})
}
