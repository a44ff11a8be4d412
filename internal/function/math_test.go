package function

import (
	"strconv"
	"testing"
)

// RAND takes any two numbers of 64 bits.
func TestRandomOfAnyRange(t *testing.T) {
	const low, high = "-9223372036854775808", "9223372036854775807"
	for _, c := range []struct {
		args     string
		from, to int64
	}{{"0," + high, 0, 1<<63 - 1}, {low + "," + high, -1 << 63, 1<<63 - 1}, {low + ",-1", -1 << 63, -1}, {high + "," + high, 1<<63 - 1, 1<<63 - 1}, {"7,3", 3, 7}} {
		for range 50 {
			got, err := random(c.args)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := strconv.ParseInt(got, 10, 64); err != nil || n < c.from || n > c.to {
				t.Errorf("RAND(%s) is %s", c.args, got)
			}
		}
	}
}
