package phone

import (
	"sync"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// The tones of an endpoint's country are set as the dialplan would.
func TestToneZoneOfAnEndpoint(t *testing.T) {
	for technology, text := range map[string]string{
		PJSIP: "[trunk]\ntype=endpoint\nallow=ulaw\ntone_zone=es\n",
		SIP:   "[trunk]\ntype=friend\nhost=127.0.0.1\nallow=ulaw\ntonezone=es\n",
	} {
		var mu sync.Mutex
		var set []string
		d, _ := exchanging(t, technology, text, func(h *Hooks) {
			h.Assign = func(_ *channel.Channel, name, value string) {
				mu.Lock()
				defer mu.Unlock()
				set = append(set, name+"="+value)
			}
		})
		c, err := d.Request(t.Context(), channel.Request{Destination: map[string]string{PJSIP: "trunk/sip:1@127.0.0.1:9", SIP: "trunk"}[technology]})
		if err != nil {
			t.Fatal(err)
		}
		c.End()
		mu.Lock()
		if len(set) != 1 || set[0] != "CHANNEL(tonezone)=es" {
			t.Errorf("%s: %q was set, want the zone", technology, set)
		}
		mu.Unlock()
	}
}
