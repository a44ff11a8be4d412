package phone

import "github.com/octothorpe/octothorpe/sip"

// The two faces write the headers of a request in an order of their own. What
// is not named here stands where the zero is, in the order in which it was added.
var orderPJSIP = map[string]int{
	"from": -19, "to": -18, "contact": -17, "call-id": -16, "cseq": -15, "route": -14,
	"event": -9, "subscription-state": -8, "expires": -7, "allow": -6, "supported": -5, "require": -4, "session-expires": -3, "min-se": -2,
	"accept": -1, "allow-events": -1,
	"max-forwards": 1, "user-agent": 2, "authorization": 3, "proxy-authorization": 3, "content-type": 4,
}

var orderSIP = map[string]int{
	"max-forwards": -21, "from": -20, "to": -19, "contact": -18, "call-id": -17, "cseq": -16, "user-agent": -15,
	"authorization": -14, "proxy-authorization": -14, "date": -13, "session-expires": -12, "min-se": -11, "allow": -10, "supported": -9,
	"content-type": 1,
}

// notifySIP is the order in chan_sip's NOTIFY.
var notifySIP = map[string]int{
	"max-forwards": -21, "from": -20, "to": -19, "contact": -18, "call-id": -17, "cseq": -16, "user-agent": -15, "date": -14, "allow": 1, "supported": 1,
}

// referSIP is the order in chan_sip's REFER.
var referSIP = map[string]int{
	"max-forwards": -21, "from": -20, "to": -19, "contact": -18, "call-id": -17, "cseq": -16, "user-agent": -15, "date": -14,
	"refer-to": -13, "referred-by": -12, "allow": -11, "supported": -11,
}

// subscribeSIP is the order in chan_sip's SUBSCRIBE.
var subscribeSIP = map[string]int{
	"max-forwards": -21, "from": -20, "to": -19, "contact": -18, "call-id": -17, "cseq": -16, "user-agent": -15,
	"authorization": -14, "proxy-authorization": -14, "date": -13, "allow": 1, "supported": 2,
}

// answersSIP is the order in chan_sip's responses. chan_pjsip's have it as they are made.
var answersSIP = map[string]int{"via": -20, "record-route": -19, "from": -18, "to": -17, "call-id": -16, "cseq": -15, "server": -14, "allow": -13,
	"supported": -12, "session-expires": -11, "expires": -10, "contact": -9, "content-type": 1, "require": 2}

// orderOf makes the order of a face for its stack.
func orderOf(technology string) sip.Order {
	return func(method, name string) int {
		ranks := orderPJSIP
		switch {
		case technology == SIP && method == "":
			ranks = answersSIP
		case technology == SIP && method == sip.Subscribe:
			ranks = subscribeSIP
		case technology == SIP && method == sip.Notify:
			ranks = notifySIP
		case technology == SIP && method == sip.Refer:
			ranks = referSIP
		case technology == SIP:
			ranks = orderSIP
		case method == "":
			return 0
		}
		var buffer [24]byte // as long as the longest name
		if len(name) > len(buffer) {
			return 0
		}
		lower := buffer[:len(name)]
		for i := range lower {
			if lower[i] = name[i]; 'A' <= name[i] && name[i] <= 'Z' {
				lower[i] += 'a' - 'A'
			}
		}
		if method == sip.Notify && technology == PJSIP && string(lower) == "require" {
			return 0 // of lists: behind Allow-Events
		}
		return ranks[string(lower)]
	}
}

// viaFirst is the order of the parameters of Via in responses, which chan_sip leaves
// as it is. Test programs count on it: they make the Via of their next request by
// adding to the end of what stood in the last response.
func viaFirst(technology string) []string {
	if technology == SIP {
		return nil
	}
	return []string{"ttl", "rport", "maddr", "received", "branch"}
}
