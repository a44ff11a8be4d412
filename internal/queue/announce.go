package queue

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/octothorpe/octothorpe/internal/logging"
)

// due is how long until something is to be announced; 0 is never. Where that depends on
// the caller's position, the caller is woken when it changes.
func (s *serving) due() time.Duration {
	g, now := s.settings(), time.Now()
	var next time.Time
	earlier := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	s.listen(false)
	if g.frequency > 0 {
		if sooner := s.lastPosition.Add(g.least); now.Before(sooner) {
			earlier(sooner)
		} else {
			s.listen(true)
		}
		earlier(s.lastPosition.Add(max(g.frequency, g.least)))
	}
	if g.periodicFrequency > 0 {
		earlier(s.periodicAt(g))
	}
	if next.IsZero() {
		return 0
	}
	return max(next.Sub(now), time.Millisecond)
}

// periodicAt is when the next periodic announcement is due.
func (s *serving) periodicAt(g *Settings) time.Time {
	if s.lastPeriodic.IsZero() {
		if g.periodicDelay >= 0 {
			return s.began.Add(g.periodicDelay)
		}
		return s.began.Add(g.periodicFrequency)
	}
	return s.lastPeriodic.Add(g.periodicFrequency)
}

// announce tells the caller what is due.
func (s *serving) announce(ctx context.Context) (outcome, error) {
	g := s.settings()
	if g.frequency > 0 {
		if how, err := s.sayPosition(ctx, g); how != goOn {
			return how, err
		}
	}
	if g.periodicFrequency > 0 && !time.Now().Before(s.periodicAt(g)) {
		return s.sayPeriodic(ctx, g)
	}
	return goOn, nil
}

// anyKey are the keys by which a caller may leave.
const anyKey = "0123456789*#ABCD"

// A script is said to the caller: it ends at a key, or with the call.
type script struct {
	*serving
	ctx   context.Context
	keys  string
	how   outcome
	err   error
	ended bool // by a key that leads nowhere
}

func (s *serving) script(ctx context.Context, g *Settings) *script {
	t := &script{serving: s, ctx: ctx}
	if g.context != "" {
		t.keys = anyKey
	}
	return t
}

func (t *script) heard(key byte, _ error) {
	switch {
	case t.ctx.Err() != nil:
		t.how, t.err = hungUp, context.Cause(t.ctx)
	case key != 0:
		t.ended = true
		if t.exits(key) {
			t.how = byKey
		}
	}
}

func (t *script) play(name string) {
	if t.how == goOn && !t.ended && name != "" {
		t.heard(t.house.Voice.Prompt(t.ctx, t.c, name, t.keys))
	}
}

func (t *script) number(n int) {
	if t.how == goOn && !t.ended {
		t.heard(t.house.Voice.Number(t.ctx, t.c, n, t.keys))
	}
}

// sayPosition tells the caller its position and how long it may take, if that is due.
func (s *serving) sayPosition(ctx context.Context, g *Settings) (outcome, error) {
	now, position := time.Now(), s.q.positionOf(s.entry)
	since := now.Sub(s.lastPosition)
	switch {
	case s.told && since < g.least:
		return goOn, nil
	case s.told && s.positionSaid == position && since < g.frequency:
		return goOn, nil
	case g.onlyUp && s.told && s.positionSaid <= position:
		s.lastPosition = now
		return goOn, nil
	}
	t := s.script(ctx, g)
	s.discomfort()
	speaks := g.position == "yes" || g.position == "more" || g.position == "limit" && position <= g.positionLimit
	if speaks {
		t.position(g, position)
	}
	held := t.holdTime(g)
	if speaks {
		logging.CallVerbosef(s.house.Logger, s.c.CallNumber(), 3, "Told %s in %s their queue position (which was %d)", s.c.Name(), s.q.name, position)
	}
	if speaks || held {
		t.play(g.sounds["queue-thankyou"])
	}
	s.lastPosition, s.positionSaid, s.told = now, position, true
	if t.how == goOn {
		s.comfort()
	}
	return t.how, t.err
}

func (t *script) position(g *Settings, position int) {
	switch {
	case position == 1:
		t.play(g.sounds["queue-youarenext"])
	case g.position == "more" && position > g.positionLimit:
		t.play(g.sounds["queue-quantity1"])
		t.number(g.positionLimit)
		t.play(g.sounds["queue-quantity2"])
	default:
		t.play(g.sounds["queue-thereare"])
		t.number(position)
		t.play(g.sounds["queue-callswaiting"])
	}
}

// holdTime says how long the caller may still wait, and reports whether it did.
func (t *script) holdTime(g *Settings) bool {
	if g.holdTime == "no" || g.holdTime == "once" && t.told {
		return false
	}
	t.q.mu.Lock()
	left := t.q.holdTime + 30 - t.waited()
	t.q.mu.Unlock()
	minutes, rest := abs(left/60), 0
	if g.round > 0 {
		rest = abs(left%60) / g.round * g.round
	}
	if minutes+rest == 0 {
		return false
	}
	t.play(g.sounds["queue-holdtime"])
	if minutes > 0 {
		t.number(minutes)
		t.play(g.sounds[map[bool]string{true: "queue-minute", false: "queue-minutes"}[minutes == 1]])
	}
	if rest > 0 {
		t.number(rest)
		t.play(g.sounds["queue-seconds"])
	}
	return true
}

func abs(n int) int { return max(n, -n) }

// sayPeriodic plays the announcement whose turn it is.
func (s *serving) sayPeriodic(ctx context.Context, g *Settings) (outcome, error) {
	began := time.Now()
	t := s.script(ctx, g)
	s.discomfort()
	logging.CallVerbosef(s.house.Logger, s.c.CallNumber(), 3, "Playing periodic announcement")
	if s.nextPeriodic >= len(g.periodic) {
		s.nextPeriodic = 0
	}
	if g.randomPeriodic {
		s.nextPeriodic = rand.IntN(len(g.periodic))
	}
	t.play(g.periodic[s.nextPeriodic])
	s.nextPeriodic++
	if s.lastPeriodic = began; g.relative {
		s.lastPeriodic = time.Now()
	}
	if t.how == goOn {
		s.comfort()
	}
	return t.how, t.err
}
