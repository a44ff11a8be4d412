package provision

import (
	"maps"
	"testing"
	"time"
)

// Asterisk 22 said so on the 22nd of November 2026.
func TestZones(t *testing.T) {
	now := time.Date(2026, time.November, 22, 18, 57, 0, 0, time.UTC)
	for zone, want := range map[string]map[string]string{
		"":              {"TZOFFSET": "0"},
		"Nowhere/Town":  {"TZOFFSET": "0"},
		"Asia/Tokyo":    {"TZOFFSET": "32400"},
		"Europe/Berlin": {"TZOFFSET": "3600", "DST_ENABLE": "1", "DST_START_MONTH": "3", "DST_START_MDAY": "28", "DST_START_HOUR": "3", "DST_END_MONTH": "10", "DST_END_MDAY": "25", "DST_END_HOUR": "2"},
	} {
		if got := zoneVariables(zone, now); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", zone, got, want)
		}
	}
}
