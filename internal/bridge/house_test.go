package bridge_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stay is a leg whose owner keeps it in a bridge, and ends it only if it is hung up.
type stay struct {
	*channeltest.Channel
	mu   sync.Mutex
	over bool
	why  error
}

// result returns why the leg left the bridge; over is false while it is in it.
func (s *stay) result() (why error, over bool) { //nolint:revive // the error is what is asked for
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why, s.over
}

// house is an exchange with bridges.
type house struct {
	*channeltest.Exchange
	bridges *bridge.Registry
	paned   int // how many panes there were
}

func in(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		h := &house{Exchange: x, bridges: bridge.NewRegistry(x.Registry)}
		test(t, h)
		for _, b := range h.bridges.All() {
			b.Destroy()
		}
	})
}

func (h *house) create(t *testing.T, o bridge.Options) *bridge.Bridge {
	t.Helper()
	b, err := h.bridges.Create(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// join puts a new leg into a bridge, and returns once it is in it.
func (h *house) join(t *testing.T, b *bridge.Bridge, leg *channeltest.Leg, o bridge.JoinOptions) *stay {
	t.Helper()
	s := &stay{Channel: h.Leg(t, leg)}
	h.Go(s.Name(), func() {
		why := b.Join(s.Context(), s.Channel.Channel, o)
		s.mu.Lock()
		s.over, s.why = true, why
		s.mu.Unlock()
		if s.HungUp() {
			s.End()
		}
	})
	synctest.Wait()
	if why, over := s.result(); over && !errors.Is(why, context.Canceled) {
		t.Fatalf("%s did not stay: %v", s.Name(), why)
	}
	return s
}
