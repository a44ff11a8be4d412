package phone

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

// onward are the headers that a URI may ask an INVITE to have (RFC 3261 §19.1.5):
// those by which a call that another exchange has is taken over. Others would let
// who names the URI speak for us.
var onward = []string{"replaces", "require", "referred-by", "join"}

// referTo adds to an INVITE what its URI asks for, and who sent the leg that calls
// (RFC 3892 §2), which its dialplan knows by SIPREFERREDBYHDR.
func (s *session) referTo(r *sip.Message, uri sip.URI) {
	for _, h := range strings.Split(uri.Headers, "&") {
		name, value, _ := strings.Cut(h, "=")
		name, value = sip.Unescape(name), sip.Unescape(value)
		if slices.Contains(onward, strings.ToLower(name)) && !strings.ContainsAny(value, "\r\n\x00") {
			r.Add(name, value)
		}
	}
	if s.driver.technology == SIP {
		return
	}
	if by, ok := s.ch.Variable("SIPREFERREDBYHDR"); ok && by != "" && r.Get("Referred-By") == "" {
		r.Add("Referred-By", by)
	}
}
