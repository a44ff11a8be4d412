package media

// A Mixer adds up voices of one rate and gives each party the sum without its
// own. It is used anew for each tick of its owner's clock.
type Mixer struct{ sum []int32 }

// Reset starts a tick of n samples.
func (m *Mixer) Reset(n int) {
	if cap(m.sum) < n {
		m.sum = make([]int32, n)
	}
	m.sum = m.sum[:n]
	clear(m.sum)
}

// Add takes a voice in. It may be shorter than the tick; what is longer is left out.
func (m *Mixer) Add(voice []int16) {
	voice = voice[:min(len(voice), len(m.sum))]
	sum := m.sum[:len(voice)]
	for i, v := range voice {
		sum[i] += int32(v)
	}
}

// Without appends the sum less a voice that was added, nil for a listener, to dst.
// What is too loud for a sample is cut at its limits.
func (m *Mixer) Without(dst []int16, own []int16) []int16 {
	dst, out := grow(dst, len(m.sum))
	own = own[:min(len(own), len(m.sum))]
	for i, v := range own {
		out[i] = int16(max(-32768, min(32767, m.sum[i]-int32(v))))
	}
	for i := len(own); i < len(out); i++ {
		out[i] = int16(max(-32768, min(32767, m.sum[i])))
	}
	return dst
}

// Gain multiplies samples in place by a factor, cutting at the limits.
func Gain(samples []int16, factor float64) {
	fixed := int64(factor * 65536)
	for i, v := range samples {
		samples[i] = int16(max(-32768, min(32767, int64(v)*fixed>>16)))
	}
}
