package exchange

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/rest"
)

// What consoles show is a log, too, with the levels that they show whatever logger.conf says.
func TestConsoleIsALog(t *testing.T) {
	k := begin(t, "")
	console := func() (found []rest.LogChannel) {
		for _, c := range (*outlook)(k.Exchange).LogChannels() {
			if c.Type == "Console" {
				found = append(found, c)
			}
		}
		return found
	}
	k.write("logger.conf", "[logfiles]\nfull => notice\n")
	k.execute("logger reload")
	if got := console(); len(got) != 0 {
		t.Errorf("without a console there is %v", got)
	}
	k.write("logger.conf", "[logfiles]\nfull => notice\nconsole => notice,error\n")
	k.execute("logger reload")
	want := rest.LogChannel{Type: "Console", Status: "Enabled", Configuration: "NOTICE ERROR VERBOSE "}
	if got := console(); len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want %v", got, want)
	}
	k.end()
}
