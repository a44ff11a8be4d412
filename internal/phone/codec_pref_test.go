package phone

import (
	"strings"
	"testing"
)

// What Asterisk 22 shows for each value; "" is an endpoint that it does not make.
func TestCodecPrefs(t *testing.T) {
	for _, c := range []struct{ option, value, want string }{
		{"incoming_offer", "prefer:configured", "prefer:configured, operation:intersect, keep:all, transcode:allow"},
		{"incoming_offer", "operation:only_preferred,prefer:configured", "prefer:configured, operation:only_preferred, keep:all, transcode:allow"},
		{"incoming_offer", "prefer: configured , keep : first", "prefer:configured, operation:intersect, keep:first, transcode:allow"},
		{"incoming_offer", "foo:bar", "prefer:pending, operation:intersect, keep:all, transcode:allow"},
		{"incoming_offer", "", "prefer:pending, operation:intersect, keep:all, transcode:allow"},
		{"incoming_offer", "PREFER:CONFIGURED", "prefer:pending, operation:intersect, keep:all, transcode:allow"},
		{"incoming_offer", "prefer:configured,prefer:pending", "prefer:pending, operation:intersect, keep:all, transcode:allow"},
		{"incoming_offer", "prefer:configured,", "prefer:configured, operation:intersect, keep:all, transcode:allow"},
		{"incoming_offer", "transcode:prevent", "prefer:pending, operation:intersect, keep:all, transcode:prevent"},
		{"incoming_offer", "prefer", ""}, {"incoming_offer", "prefer=configured", ""},
		{"incoming_offer", "operation:union", ""}, {"incoming_offer", "keep:last", ""},
		{"outgoing_offer", "keep:first", "prefer:pending, operation:union, keep:first, transcode:allow"},
		{"outgoing_offer", "operation:intersect", "prefer:pending, operation:intersect, keep:all, transcode:allow"},
		{"incoming_answer", "operation:union", "prefer:pending, operation:union, keep:all, transcode:allow"},
		{"outgoing_answer", "operation:only_nonpreferred", "prefer:pending, operation:only_nonpreferred, keep:all, transcode:allow"},
	} {
		name := "codec_prefs_" + c.option
		m, problems := load(t, PJSIP, "[100]\ntype=endpoint\n"+name+"="+c.value+"\n")
		e := m.Endpoints["100"]
		if (e == nil) != (c.want == "") {
			t.Errorf("%s=%s: an endpoint: %v; %v", name, c.value, e != nil, problems)
			continue
		}
		for _, p := range problems {
			if e != nil && strings.Contains(p.String(), "codec_prefs") {
				t.Errorf("%s=%s: %v", name, c.value, p)
			}
		}
		for _, o := range endpointCodecPrefs() {
			if e != nil && o.name == name && o.show(e) != c.want {
				t.Errorf("%s=%s is shown as %q, want %q", name, c.value, o.show(e), c.want)
			}
		}
	}
}
