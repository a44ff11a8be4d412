package media

import (
	"strings"
	"testing"
)

func TestParseFormats(t *testing.T) {
	tests := []struct {
		current, value, want string
		wrong                bool
	}{
		{"", "ulaw,alaw", "ulaw,alaw", false},
		{"gsm", "!all,ulaw,alaw", "ulaw,alaw", false},
		{"ulaw,gsm", "!ulaw,g722", "gsm,g722", false},
		{"", "ulaw:30, ALAW", "ulaw:30,alaw", false},
		{"ulaw,alaw", "ulaw:40", "ulaw:40,alaw", false},
		{"", "ulaw,nonsense,alaw", "ulaw,alaw", true},
		{"", "ulaw:0", "", true},
		{"", "all,!slin192", "amr,amrwb,codec2,g723,ulaw,alaw,gsm,g726,g726aal2,adpcm,slin,slin12,slin16,slin24,slin32,slin44,slin48,slin96,lpc10,g729,speex,speex16,speex32,ilbc,g722,siren7,siren14,g719,opus,h261,h263,h263p,h264,h265,mpeg4,vp8,vp9,red,t140", false},
	}
	for _, test := range tests {
		current, err := ParseFormats(test.current, nil)
		if err != nil {
			t.Fatal(err)
		}
		list, err := ParseFormats(test.value, current)
		var names []string
		for _, p := range list {
			names = append(names, p.String())
		}
		if got := strings.Join(names, ","); got != test.want || (err != nil) != test.wrong {
			t.Errorf("%q on %q: %q %v, want %q", test.value, test.current, got, err, test.want)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, f := range Formats() {
		if got, ok := FormatByName(strings.ToUpper(f.Name)); !ok || got != f {
			t.Errorf("name %s gives %s", f.Name, got)
		}
		if got, ok := FormatByEncoding(strings.ToLower(f.Encoding), f.Clock); !ok || got != f {
			t.Errorf("encoding %s/%d gives %s", f.Encoding, f.Clock, got)
		}
		if f.Payload >= 0 {
			if got, ok := FormatByPayload(f.Payload); !ok || got != f {
				t.Errorf("payload %d gives %s", f.Payload, got)
			}
		}
	}
	if _, ok := FormatByPayload(-1); ok {
		t.Error("a dynamic payload has a format")
	}
}
