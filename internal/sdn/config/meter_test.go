package config

import (
	"strings"
	"testing"
)

// Faucet takes a meter with a band or a flag that nobody knows, and leaves that out with
// a line in its log. Here it is a warning, once, however many switches there are.
func TestWhatIsNoBandIsSaid(t *testing.T) {
	const switches = "vlans: {office: {vid: 100}}\ndps:\n  a: {dp_id: 1, interfaces: {1: {native_vlan: office}}}\n  b: {dp_id: 2, interfaces: {1: {native_vlan: office}}}\n"
	for entry, want := range map[string]string{
		"{flags: [KBPS, STATS], bands: [{type: DROP, rate: 1}, {type: DSCP_REMARK, rate: 2}, {type: EXPERIMENTER, rate: 3, experimenter: 4}]}": "",
		"{flags: [KBPS], bands: [{type: drop, rate: 1000}]}":       `faucet.yaml:1:65: meter m: a band of type "drop" is not known and left out (known are DROP, DSCP_REMARK, EXPERIMENTER)`,
		"{flags: [KBPS], bands: [{type: 1, rate: 1000}]}":          `faucet.yaml:1:65: meter m: a band of type "1" is not known`,
		"{flags: [KBPS], bands: [{rate: 1000}]}":                   `faucet.yaml:1:58: meter m: a band of type "" is not known`,
		"{flags: [FAST, KBPS], bands: [{type: DROP, rate: 1000}]}": `faucet.yaml:1:34: meter m: the flag "FAST" is not known and left out (known are KBPS, PKTPS, BURST, STATS)`,
	} {
		c, err := load(t, map[string]string{"faucet.yaml": "meters: {m: {meter_id: 1, entry: " + entry + "}}\n" + switches})
		if err != nil {
			t.Errorf("%s: %v", entry, err)
			continue
		}
		if len(c.Warnings) > 1 || (want == "") != (len(c.Warnings) == 0) || !strings.Contains(strings.Join(c.Warnings, ""), want) {
			t.Errorf("%s: %q, want %q", entry, c.Warnings, want)
		}
	}
}
