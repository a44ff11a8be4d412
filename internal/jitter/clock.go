package jitter

import "time"

// A Clock turns the timestamps of RTP, which wrap around (RFC 3550 §5.1), into time
// since the first of them. It belongs to one goroutine at a time.
type Clock struct {
	rate  int
	last  uint32
	ticks int64
}

// Time returns the time of a timestamp at a rate in Hz, and whether that can be
// compared with those before: at another rate counting begins anew.
func (c *Clock) Time(timestamp uint32, rate int) (at time.Duration, same bool) {
	same = rate == c.rate
	if !same {
		*c = Clock{rate: rate, last: timestamp}
		return 0, false
	}
	c.ticks += int64(int32(timestamp - c.last)) // the difference is right across the wrap
	c.last = timestamp
	seconds, rest := c.ticks/int64(rate), c.ticks%int64(rate)
	return time.Duration(seconds)*time.Second + time.Duration(rest)*time.Second/time.Duration(rate), true
}
