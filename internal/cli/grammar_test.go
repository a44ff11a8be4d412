package cli

import (
	"slices"
	"strings"
	"testing"
)

func TestKeywordsOfASyntax(t *testing.T) {
	for _, c := range []struct{ syntax, args, want string }{
		{"x [concise|verbose|count]", "", "concise verbose count"},
		{"x [concise|verbose|count]", "count", ""},
		{"x [uptime [seconds]]", "", "uptime"},
		{"x [uptime [seconds]]", "uptime", "seconds"},
		{"x {on|off|host ADDRESS}", "", "on off host"},
		{"x {on|off|host ADDRESS}", "host", ""},
		{"x [{like|describing} <text>]", "", "like describing"},
		{"x [{like|describing} <text>]", "like a", ""},
		{"x [atleast] <level> [silent]\nx off\nSome words about x.", "", "atleast off"},
		{"x [atleast] <level> [silent]\nx off", "atleast 3", "silent"},
		{"x [atleast] <level> [silent]\nx off", "3", "silent"},
		{"x <all>|<channel> [<channel> ...]", "", ""},
		{"x <one> from <two words>", "a", "from"},
		{"x exten[/cid]@context [priority]", "", ""},
		{"x [unclosed {a|b", "", "unclosed"},
		{"x ]}|", "", ""},
		{"other a", "", ""},
	} {
		if got := strings.Join(slices.Compact(keywords("x", c.syntax, strings.Fields(c.args))), " "); got != c.want {
			t.Errorf("%q after %q offers %q, want %q", c.syntax, c.args, got, c.want)
		}
	}
}
