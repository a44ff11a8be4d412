package stasis

import (
	"testing"
	"time"
)

func TestAppendTime(t *testing.T) {
	for _, at := range []time.Time{
		time.Unix(0, 0), time.UnixMilli(1_700_000_000_007), time.UnixMilli(1_700_000_000_999).In(time.FixedZone("", 5400)),
		time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	} {
		if got, want := string(appendTime(nil, at)), at.UTC().Format(`"`+TimeForm+`"`); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
