package function

import "testing"

// What a client of AMI may not read or write without live_dangerously is what
// Asterisk 22 blocks, of the functions that there are; writing to DB_DELETE, which
// deletes as well, is more than that.
func TestRiskyFunctions(t *testing.T) {
	read := map[string]bool{"DB": true, "DB_DELETE": true, "FILE": true, "FILE_COUNT_LINE": true, "FILE_FORMAT": true, "LOCK": true,
		"TRYLOCK": true, "UNLOCK": true, "PERIODIC_HOOK": true, "REALTIME_DESTROY": true, "SHELL": true, "STAT": true}
	write := map[string]bool{"CONFBRIDGE": true, "CURL": true, "DB": true, "DB_DELETE": true, "FILE": true, "PERIODIC_HOOK": true}
	h := &House{}
	for _, f := range h.Functions() {
		if f.Read != nil && f.RiskyRead != read[f.Name] {
			t.Errorf("reading %s is risky: %v, want %v", f.Name, f.RiskyRead, read[f.Name])
		}
		if f.Write != nil && f.RiskyWrite != write[f.Name] {
			t.Errorf("writing %s is risky: %v, want %v", f.Name, f.RiskyWrite, write[f.Name])
		}
	}
}
