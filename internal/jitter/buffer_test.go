package jitter

import (
	"cmp"
	"math/rand"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const (
	ms    = time.Millisecond
	frame = 20 * ms
)

// sent is a packet on its way: when it was made, and when it arrives, if it does.
type sent struct{ at, arrives time.Duration }

// heard is a packet that was played.
type heard struct{ at, turn time.Duration }

// play runs packets through a buffer in the order of their arrival, and returns what
// came out, with the moment.
func play(b *Buffer, packets []sent) []heard {
	slices.SortStableFunc(packets, func(x, y sent) int { return cmp.Compare(x.arrives, y.arrives) })
	var out []heard
	clock := time.Duration(-1 << 62)
	until := func(now time.Duration) {
		for due, ok := b.Next(); ok && due <= now; due, ok = b.Next() {
			clock = max(clock, due) // what is late already is heard at once
			p, _ := b.Get(clock)
			out = append(out, heard{time.Duration(p.Frame.Samples), clock})
		}
		clock = max(clock, now)
	}
	for _, p := range packets {
		until(p.arrives)
		packet := Packet{At: p.at, Length: frame}
		packet.Frame.Samples = int(p.at) // what it is, wherever the buffer puts it
		b.Put(packet, p.arrives)
		until(p.arrives)
	}
	until(1 << 62)
	return out
}

// talk is n packets over a network: way tells how long the i-th takes, below 0 never
// to arrive.
func talk(n int, way func(i int) time.Duration) []sent {
	var list []sent
	for i := range n {
		if d := way(i); d >= 0 {
			at := time.Duration(i) * frame
			list = append(list, sent{at, at + d})
		}
	}
	return list
}

// even fails the test where packets do not come out in order and a frame apart.
func even(t *testing.T, out []heard) {
	t.Helper()
	for i := 1; i < len(out); i++ {
		if apart, want := out[i].turn-out[i-1].turn, out[i].at-out[i-1].at; apart != want {
			t.Fatalf("packets %v and %v came out %v apart, want %v", out[i-1].at, out[i].at, apart, want)
		}
	}
}

func TestFixed(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for _, c := range []struct {
		name   string
		way    func(i int) time.Duration
		played int
		late   uint64
		delay  time.Duration // of the first packet
	}{
		{"a quiet network", func(int) time.Duration { return 30 * ms }, 500, 0, 200 * ms},
		{"jitter", func(i int) time.Duration { return time.Duration(10+random.Intn(150)) * ms }, 500, 0, 200 * ms},
		{"every third overtaken by two", func(i int) time.Duration { return time.Duration(10+50*(i%3/2)) * ms }, 500, 0, 200 * ms},
		{"the first is overtaken", func(i int) time.Duration { return max(0, 30-time.Duration(i)*30) * ms }, 500, 0, 200 * ms},
		{"every tenth lost", func(i int) time.Duration { return time.Duration(i%10) - 1 }, 450, 0, 200 * ms},
		{"one too late", func(i int) time.Duration { return time.Duration(i/100%2*(i%100/99)) * 230 * ms }, 498, 2, 200 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := New(Default(Fixed))
			packets := talk(500, c.way)
			first := slices.MinFunc(packets, func(x, y sent) int { return cmp.Compare(x.arrives, y.arrives) })
			out := play(b, packets)
			even(t, out)
			if len(out) != c.played {
				t.Errorf("%d packets were played, want %d", len(out), c.played)
			}
			if b.Stats().Late != c.late {
				t.Errorf("late: %d, want %d", b.Stats().Late, c.late)
			}
			i := slices.IndexFunc(out, func(h heard) bool { return h.at == first.at })
			if got := out[i].turn - first.arrives; got != c.delay {
				t.Errorf("the first waited %v, want %v", got, c.delay)
			}
			if got := b.Stats().Resyncs; got != 0 {
				t.Errorf("it began anew %d times", got)
			}
		})
	}
}

func TestAdaptiveFollowsTheJitter(t *testing.T) {
	random := rand.New(rand.NewSource(2))
	spread := 0
	b := New(Default(Adaptive))
	// 12 s of a quiet network, 12 s with 80 ms of jitter, 24 s of a quiet one.
	packets := talk(2400, func(i int) time.Duration {
		spread = 0
		if i >= 600 && i < 1200 {
			spread = 80
		}
		return time.Duration(25+random.Intn(spread+1)) * ms
	})
	out := play(b, packets)
	for _, c := range []struct {
		from, to int // packets, by when they were made
		least    time.Duration
		most     time.Duration
	}{{0, 600, 40 * ms, 40 * ms}, {900, 1200, 110 * ms, 120 * ms}, {2000, 2400, 40 * ms, 60 * ms}} {
		for _, h := range out {
			if i := int(h.at / frame); i >= c.from && i < c.to {
				if delay := h.turn - h.at - 25*ms; delay < c.least || delay > c.most {
					t.Fatalf("packet %d waited %v, want %v to %v", i, delay, c.least, c.most)
				}
			}
		}
	}
	if lost := len(packets) - len(out); lost > 3 {
		t.Errorf("%d packets were lost while it learned, want 3 at most", lost)
	}
	for i := 1; i < len(out); i++ {
		if apart := out[i].turn - out[i-1].turn; apart < 18*ms {
			t.Fatalf("%v between two packets: it shrank too fast", apart)
		}
	}
}

func TestAdaptiveStaysBelowItsSize(t *testing.T) {
	c := Default(Adaptive)
	c.MaxSize = 100 * ms
	random := rand.New(rand.NewSource(3))
	b := New(c)
	for _, h := range play(b, talk(1000, func(int) time.Duration { return time.Duration(random.Intn(150)) * ms })) {
		if delay := h.turn - h.at; delay > 100*ms+150*ms {
			t.Fatalf("a packet waited %v", delay)
		}
	}
	if got := b.Stats(); got.Delay > 120*ms || got.Late < 200 {
		t.Errorf("the delay is %v with %d late, want 100 ms and a third late", got.Delay, got.Late)
	}
}

// A clock that is wrong by 200 parts in a million is 0.12 s wrong after ten minutes,
// one that is wrong by 2000 1.2 s.
func TestDrift(t *testing.T) {
	for _, kind := range []Kind{Fixed, Adaptive} {
		for _, million := range []int{-2000, -200, 200, 2000} {
			t.Run(kind.String()+" "+time.Duration(million).String(), func(t *testing.T) {
				b := New(Default(kind))
				const n = 30000
				out := play(b, talk(n, func(i int) time.Duration {
					return 2*time.Second + time.Duration(i)*frame*time.Duration(million)/1_000_000
				}))
				if lost := n - len(out); lost > 50 {
					t.Errorf("%d of %d packets were lost", lost, n)
				}
				if got := b.Stats().Delay; got < 0 || got > 400*ms {
					t.Errorf("the delay is %v in the end", got)
				}
				for _, h := range out {
					arrived := h.at + 2*time.Second + h.at*time.Duration(million)/1_000_000
					if wait := h.turn - arrived; wait > 421*ms || wait < -frame {
						t.Fatalf("a packet waited %v", wait)
					}
				}
			})
		}
	}
}

func TestAnotherSource(t *testing.T) {
	for _, kind := range []Kind{Fixed, Adaptive} {
		t.Run(kind.String(), func(t *testing.T) {
			b := New(Default(kind))
			packets := talk(200, func(i int) time.Duration { return 10 * ms })
			for i := range packets {
				if i >= 100 {
					packets[i].at += 1000 * time.Hour
				}
			}
			out := play(b, packets)
			if len(out) != 200 {
				t.Errorf("%d packets were played, want 200", len(out))
			}
			if got := b.Stats().Resyncs; got != 1 {
				t.Errorf("it began anew %d times, want once", got)
			}
			if apart := out[100].turn - out[99].turn; apart != frame {
				t.Errorf("the new source began %v after the old one's last, want %v", apart, frame)
			}
		})
	}
}

// A network that stands still for 300 ms and then sends all at once costs what came
// too late, and nothing of what follows.
func TestStall(t *testing.T) {
	b := New(Default(Fixed))
	out := play(b, talk(200, func(i int) time.Duration {
		if i >= 100 && i < 115 {
			return time.Duration(115-i)*frame + 10*ms
		}
		return 10 * ms
	}))
	if got := b.Stats(); got.Late != 5 || got.Resyncs != 0 || len(out) != 195 {
		t.Errorf("%d played, %+v; want 195, and 5 late", len(out), got)
	}
	even(t, out)
}

// A sender whose clock stands still while nobody talks is heard again soon.
func TestClockThatStandsStill(t *testing.T) {
	for _, kind := range []Kind{Fixed, Adaptive} {
		t.Run(kind.String(), func(t *testing.T) {
			b := New(Default(kind))
			packets := talk(200, func(i int) time.Duration { return time.Duration(i/100) * 600 * ms })
			out := play(b, packets)
			if lost := len(packets) - len(out); lost > lateRun {
				t.Errorf("%d packets were lost, want %d at most", lost, lateRun)
			}
		})
	}
}

func TestPauseIsNoLoss(t *testing.T) {
	b := New(Default(Fixed))
	play(b, talk(300, func(i int) time.Duration {
		if i >= 100 && i < 200 || i == 50 {
			return -1
		}
		return 10 * ms
	}))
	if got := b.Stats().Lost; got != 1 {
		t.Errorf("lost: %d, want 1", got)
	}
}

func TestTwice(t *testing.T) {
	b := New(Default(Fixed))
	packets := talk(100, func(int) time.Duration { return 10 * ms })
	out := play(b, append(packets, packets...))
	if got := b.Stats(); len(out) != 100 || got.Twice != 100 {
		t.Errorf("%d were played, %d were there twice; want 100 and 100", len(out), got.Twice)
	}
}

func TestDrain(t *testing.T) {
	b := New(Default(Fixed))
	for i := range 5 {
		b.Put(Packet{At: time.Duration(i) * frame, Length: frame}, time.Duration(i)*frame)
	}
	if got := len(b.Drain()); got != 5 {
		t.Errorf("%d packets were left, want 5", got)
	}
	if _, ok := b.Next(); ok {
		t.Error("something is left after all was handed out")
	}
}

// Whatever the network does: order, nobody twice, nothing before it came, and what it
// holds is bounded.
func TestWhateverTheNetworkDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Default(Kind(rapid.IntRange(0, 1).Draw(t, "kind")))
		c.MaxSize = time.Duration(rapid.IntRange(1, 500).Draw(t, "size")) * ms
		c.Resync = time.Duration(rapid.IntRange(1, 2000).Draw(t, "resync")) * ms
		b := New(c)
		ways := rapid.SliceOfN(rapid.IntRange(-50, 3000), 1, 200).Draw(t, "ways")
		jumps := rapid.SliceOfN(rapid.IntRange(-5000, 5000), 0, 3).Draw(t, "jumps")
		packets := talk(len(ways), func(i int) time.Duration { return time.Duration(ways[i]) * ms })
		for i := range packets {
			for j, by := range jumps {
				if i > len(packets)*(j+1)/4 {
					packets[i].at += time.Duration(by) * ms
				}
			}
		}
		count := len(packets)
		out := play(b, packets)
		s := b.Stats()
		if s.Received != uint64(count) || s.Received != s.Played+s.Late+s.Twice+s.Skipped || int(s.Played) != len(out) {
			t.Fatalf("%d sent, %d played, but %+v", count, len(out), s)
		}
		for i := 1; i < len(out); i++ {
			if out[i].turn < out[i-1].turn {
				t.Fatalf("packet %d came out before the one before it", i)
			}
		}
	})
}

func TestNothingIsAllocated(t *testing.T) {
	for _, kind := range []Kind{Fixed, Adaptive} {
		b, i := New(Default(kind)), 0
		step := func() {
			at := time.Duration(i) * frame
			b.Put(Packet{At: at, Length: frame}, at+time.Duration(i*7%13)*ms)
			for {
				if _, ok := b.Get(at); !ok {
					break
				}
			}
			i++
		}
		for range 1000 {
			step()
		}
		if got := testing.AllocsPerRun(1000, step); got != 0 {
			t.Errorf("%v: %v allocations for a packet, want none", kind, got)
		}
	}
}

func TestClock(t *testing.T) {
	var c Clock
	for _, x := range []struct {
		stamp uint32
		rate  int
		at    time.Duration
		same  bool
	}{{1<<32 - 160, 8000, 0, false}, {0, 8000, frame, true}, {1<<32 - 160, 8000, 0, true}, {160, 8000, 2 * frame, true},
		{160, 48000, 0, false}, {960 + 160, 48000, frame, true}} {
		if at, same := c.Time(x.stamp, x.rate); at != x.at || same != x.same {
			t.Errorf("timestamp %d at %d Hz is %v, %v; want %v, %v", x.stamp, x.rate, at, same, x.at, x.same)
		}
	}
}

// As the reference reads it: nothing is an error.
func TestParse(t *testing.T) {
	for text, want := range map[string]Config{
		"default": Default(Adaptive), "": Default(Adaptive), "0": Default(Adaptive), "-5": Default(Adaptive), "much,,x": Default(Adaptive),
		"100":         {Adaptive, 100 * ms, time.Second, 40 * ms, false},
		"300,2000,10": {Adaptive, 300 * ms, 2 * time.Second, 10 * ms, false},
		",-1,0,yes":   {Adaptive, 200 * ms, time.Second, 0, true},
		"2000000":     {Adaptive, longest, time.Second, 40 * ms, false},
	} {
		if got := Parse(Adaptive, text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
