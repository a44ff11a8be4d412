package media

// SamplesOf returns how many samples of Rate a packet of the format lasts: by its
// size, or where that varies by what it says of itself. Of formats that say nothing
// it is taken for one frame of 20 ms.
func (f *Format) SamplesOf(data []byte) int {
	switch {
	case f.FrameBytes > 0:
		return f.SamplesIn(len(data))
	case len(data) == 0 || f.Kind != Audio:
		return 0
	case f == Opus:
		return opusSamples(data)
	case f == G723:
		return g723Samples(data)
	}
	return f.Rate / 50
}

// opusSamples is the duration of a packet of Opus in samples at 48 kHz (RFC 6716 §3.1).
func opusSamples(data []byte) int {
	config, frame := data[0]>>3, 0
	switch {
	case config < 12:
		frame = [...]int{480, 960, 1920, 2880}[config&3]
	case config < 16:
		frame = [...]int{480, 960}[config&1]
	default:
		frame = [...]int{120, 240, 480, 960}[config&3]
	}
	switch data[0] & 3 {
	case 0:
		return frame
	case 1, 2:
		return 2 * frame
	}
	if len(data) < 2 {
		return 0
	}
	return min(int(data[1]&63)*frame, 5760)
}

// g723Samples counts frames of 30 ms by the two bits with which each begins (RFC
// 3551 §4.5.3).
func g723Samples(data []byte) (n int) {
	for i := 0; i < len(data); n += 240 {
		i += [...]int{24, 20, 4, 1}[data[i]&3]
	}
	return n
}
