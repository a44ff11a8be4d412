package media

import "time"

// A Concealer puts sound in the place of packets that are missing: what was heard last, repeated by
// its pitch and fading away, and joined smoothly to what comes after. It belongs to one stream.
type Concealer struct {
	rate    int
	history []int16 // what was heard last, at most concealHistory long
	period  int     // of the pitch, in samples, while something is missing; 0 otherwise
	missing int     // samples since the last that came
	tail    []int16 // what would come next if still more were missing
}

const (
	// concealHistory holds two periods of the lowest voice and what they are compared with.
	concealHistory = 48 * time.Millisecond
	// The pitch of voices, as the time of a period.
	concealShortest, concealLongest = 2500 * time.Microsecond, 15 * time.Millisecond
	// concealCompared is how much of the end of the history is looked for before it.
	concealCompared = 10 * time.Millisecond
	// concealLoud is how long what is repeated is as loud as before, and concealFade after what time it is silent.
	concealLoud, concealFade = 10 * time.Millisecond, 60 * time.Millisecond
	// concealJoin is how long what was made up and what comes after are heard together.
	concealJoin = 4 * time.Millisecond
)

// NewConcealer returns one of a stream at a rate in Hz.
func NewConcealer(rate int) *Concealer { return &Concealer{rate: rate} }

func (c *Concealer) samples(d time.Duration) int {
	return int(int64(c.rate) * int64(d) / int64(time.Second))
}

// Longest is how many missing samples are worth a call of Fill: what is more is silence.
func (c *Concealer) Longest() int { return c.samples(concealFade) }

// Left is how many samples more Fill has a sound for.
func (c *Concealer) Left() int {
	if len(c.history) == 0 {
		return 0
	}
	return max(0, c.Longest()-c.missing)
}

// Heard takes samples that came. It changes the first of them where others were missing before.
func (c *Concealer) Heard(samples []int16) {
	if len(samples) == 0 {
		return
	}
	if c.period > 0 {
		c.tail = c.repeat(c.tail[:0], c.samples(concealJoin))
		c.join(samples)
		c.period, c.missing = 0, 0
	}
	c.remember(samples)
}

// join blends the end of what was made up into the beginning of what came.
func (c *Concealer) join(samples []int16) {
	n := min(len(samples), len(c.tail))
	for i := range n {
		samples[i] = int16((int(c.tail[i])*(n-i) + int(samples[i])*i) / n)
	}
}

// remember appends to the history, and forgets what is too old.
func (c *Concealer) remember(samples []int16) {
	most := c.samples(concealHistory)
	if len(samples) >= most {
		c.history = append(c.history[:0], samples[len(samples)-most:]...)
		return
	}
	if over := len(c.history) + len(samples) - most; over > 0 {
		c.history = c.history[:copy(c.history, c.history[over:])]
	}
	c.history = append(c.history, samples...)
}

// Fill appends n samples in the place of those that are missing. Without anything that was heard
// before they are silence.
func (c *Concealer) Fill(dst []int16, n int) []int16 {
	if c.period == 0 {
		c.period = c.pitch()
	}
	if c.period == 0 {
		return append(dst, make([]int16, n)...)
	}
	return c.repeat(dst, n)
}

// repeat appends samples of the last period, over and over and ever softer.
func (c *Concealer) repeat(dst []int16, n int) []int16 {
	loud, fade := c.samples(concealLoud), c.samples(concealFade)
	last := c.history[len(c.history)-c.period:]
	for range n {
		s := int(last[c.missing%c.period])
		switch {
		case c.missing >= fade:
			s = 0
		case c.missing > loud:
			s = s * (fade - c.missing) / (fade - loud)
		}
		dst = append(dst, int16(s))
		c.missing++
	}
	return dst
}

// pitch finds the period after which the end of the history is most like itself; 0 if too little was heard.
func (c *Concealer) pitch() int {
	shortest, longest, compared := c.samples(concealShortest), c.samples(concealLongest), c.samples(concealCompared)
	if len(c.history) < longest+compared {
		return 0
	}
	end := c.history[len(c.history)-compared:]
	best, likeness := longest, 0.0
	for lag := shortest; lag <= longest; lag++ {
		from := len(c.history) - compared - lag
		if l := alike(end, c.history[from:from+compared]); l > likeness {
			best, likeness = lag, l
		}
	}
	return best
}

// alike is how much two pieces are like each other, up to the energy of the first.
func alike(a, b []int16) float64 {
	product, energy := 0, 1
	for i, s := range a {
		product += int(s) * int(b[i])
		energy += int(b[i]) * int(b[i])
	}
	if product <= 0 {
		return 0
	}
	return float64(product) * float64(product) / float64(energy)
}

// gaps are what is missing between the frames of a stream.
type gaps struct {
	concealer *Concealer
	next      uint32 // the timestamp that is due
	begun     bool
}

// fill appends what is missing before a frame, and has the frame begin there.
func (g *gaps) fill(dst []int16, f *Frame) []int16 {
	if !f.Timed || f.Format.Clock <= 0 {
		g.begun = false
		return dst
	}
	clock, rate := f.Format.Clock, f.Format.Rate
	gap, begun := int(int32(f.Timestamp-g.next)), g.begun
	g.next, g.begun = f.Timestamp+uint32(f.Samples*clock/rate), true
	n := gap * rate / clock
	if !begun || n <= 0 || n > g.concealer.Longest() {
		return dst
	}
	f.Timestamp -= uint32(gap)
	return g.concealer.Fill(dst, n)
}
