package phone

// The two faces write the headers of a request in an order of their own. What
// is not named here stands where the zero is, in the order in which it was added.
var orderPJSIP = map[string]int{
	"from": -19, "to": -18, "contact": -17, "call-id": -16, "cseq": -15, "route": -14,
	"event": -9, "subscription-state": -8, "expires": -7, "allow": -6, "supported": -5, "require": -4, "session-expires": -3, "min-se": -2,
	"accept": -1, "allow-events": -1,
	"max-forwards": 1, "user-agent": 2, "authorization": 3, "proxy-authorization": 3, "content-type": 4,
}

var orderSIP = map[string]int{
	"max-forwards": -19, "from": -18, "to": -17, "contact": -16, "call-id": -15, "cseq": -14, "user-agent": -13, "date": -12, "allow": -11,
	"supported": -10, "content-type": 1,
}

// answersSIP is the order in chan_sip's responses. chan_pjsip's have it as they are made.
var answersSIP = map[string]int{"via": -20, "record-route": -19, "from": -18, "to": -17, "call-id": -16, "cseq": -15, "server": -14, "allow": -13,
	"supported": -12, "session-expires": -11, "expires": -10, "contact": -9, "content-type": 1}

// orderOf makes the order of a face for its stack.
func orderOf(technology string) func(response bool, name string) int {
	requests, responses := orderPJSIP, map[string]int(nil)
	if technology == SIP {
		requests, responses = orderSIP, answersSIP
	}
	return func(response bool, name string) int {
		ranks := requests
		if response {
			ranks = responses
		}
		var buffer [24]byte // as long as the longest name
		if len(ranks) == 0 || len(name) > len(buffer) {
			return 0
		}
		lower := buffer[:len(name)]
		for i := range lower {
			if lower[i] = name[i]; 'A' <= name[i] && name[i] <= 'Z' {
				lower[i] += 'a' - 'A'
			}
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
