package provision

import (
	"strconv"
	"time"
)

// zoneVariables tell a phone its time zone at a moment: how far it is from Greenwich, in
// seconds, and the changes to and from summer time that are next to now.
func zoneVariables(name string, now time.Time) map[string]string {
	zone, err := time.LoadLocation(name) // "" is UTC
	if err != nil {
		zone = time.UTC
	}
	at := now.In(zone)
	_, offset := at.Zone()
	begin, end := at.ZoneBounds()
	if at.IsDST() {
		_, offset = end.Zone()
	} else {
		begin, end = end, begin
	}
	values := map[string]string{"TZOFFSET": strconv.Itoa(offset)}
	if begin.IsZero() || end.IsZero() || !begin.IsDST() || end.IsDST() {
		return values
	}
	values["DST_ENABLE"] = "1"
	for prefix, change := range map[string]time.Time{"DST_START_": begin, "DST_END_": end} {
		values[prefix+"MONTH"] = strconv.Itoa(int(change.Month()))
		values[prefix+"MDAY"] = strconv.Itoa(change.Day())
		values[prefix+"HOUR"] = strconv.Itoa(change.Hour())
	}
	return values
}
