package rest

import (
	"math"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// What is kept for clients that come back where asterisk.conf does not say. That legs wait for
// none is as on the reference.
const (
	retainedBytes = 64 << 20
	retainedTime  = 5 * time.Minute
)

// LoadKeeping reads [ari] of asterisk.conf, which is our own: ari.conf may hold nothing that the
// reference does not know, or it would not start.
func LoadKeeping(f *config.File) (stasis.Keeping, []config.Diagnostic) {
	r := config.NewReader(nil)
	s := r.Section(f.Section("ari"))
	k := stasis.Keeping{Bytes: s.Int("retained_bytes", retainedBytes, 0, math.MaxInt),
		Time:  s.Duration("retained_seconds", time.Second, retainedTime, 0, 24*time.Hour),
		Grace: s.Duration("grace_seconds", time.Second, 0, 0, time.Hour)}
	s.Done()
	return k, r.Diagnostics()
}
