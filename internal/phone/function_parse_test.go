package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
)

// What is wanted is what Asterisk 22 says.
func TestParseURIFrom(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{}).Channel
		c.SetVariable("URI", "sip:joe@example.com:5070;x=1")
		for _, test := range []struct{ args, want string }{
			{"URI,host", "example.com"}, {"URI,port", "5070"}, {"URI,user", "joe"}, {"URI,zap", ""}, {"NOSUCH,host", ""}, {"URI", ""},
		} {
			if got, _ := parseURIFrom(t.Context(), c, test.args); got != test.want {
				t.Errorf("PJSIP_PARSE_URI_FROM(%s) is %q, want %q", test.args, got, test.want)
			}
		}
		c.Hangup(16)
		c.End()
	})
}
