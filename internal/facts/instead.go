package facts

import "strings"

// instead says what serves in place of applications and functions of the dialplan that
// nothing is built for, by the name or, with a star, by how it begins; all in lower case.
var instead = map[string]string{
	"sms":             "send messages with MessageSend() to a gateway that takes SIP, or with CURL() to a provider's web service",
	"festival":        "play what a speech program has written, from AGI or System()",
	"receivefax":      faxInstead,
	"sendfax":         faxInstead,
	"faxopt":          faxInstead,
	"jack*":           "listen by AudioSocket(), ChanSpy() or ARI's snoop channels",
	"ices":            "hand the sound to a program with EAGI() or AudioSocket()",
	"jabber*":         "send messages with MessageSend() by SIP, or with CURL() to a web service",
	"odbc*":           "ask PostgreSQL or SQLite with REALTIME() and its kin, or a web service with CURL()",
	"calendar_*":      "ask the calendar's server with CURL(), or write its hours as times of include and GotoIfTime()",
	"stir_shaken*":    "have a session border controller sign calls and verify them",
	"adsiprog":        adsiInstead,
	"getcpeid":        adsiInstead,
	"callcompletion*": "have callers leave a message with VoiceMail(), or call them back with Originate()",
}

const (
	faxInstead  = "dial a fax machine or a fax server that speaks T.38: it is passed through"
	adsiInstead = "phones of ADSI hang on telephony cards, of which there are none"
)

// Instead returns what serves in place of an application or a function that nothing is
// built for; it is empty where that is not known.
func Instead(name string) string {
	name = strings.ToLower(name)
	if text, ok := instead[name]; ok {
		return text
	}
	for pattern, text := range instead {
		if begin, ok := strings.CutSuffix(pattern, "*"); ok && strings.HasPrefix(name, begin) {
			return text
		}
	}
	return ""
}
