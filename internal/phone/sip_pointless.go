package phone

import "strings"

// sipPointless says why an option of sip.conf can have no effect here, or nothing of one
// that can or that chan_sip does not have.
func sipPointless(name string) string {
	if strings.HasPrefix(name, "cc_") {
		return "there is no call completion (CCBS, CCNR)"
	}
	return pointless[name]
}

var pointless = map[string]string{
	"rfc2833compensate": "it is for Asterisk before 1.4 at the far end, of which keys are taken anyway",
	"useclientcode":     "client codes of Snom phones are not read",
	"snom_aoc_enabled":  "Snom's own manner of telling charges is not spoken; pjsip.conf's send_aoc tells them in a standard one",
	"trunkname":         "it is of users.conf, which is not read",
	"hasvoicemail":      "it is of users.conf, which is not read",
	"fullcontact":       aboutRegistrations, "ipaddr": aboutRegistrations, "lastms": aboutRegistrations, "regseconds": aboutRegistrations,
	"regserver": aboutRegistrations, "dumphistory": "what happened in a dialog is shown by sip show history while recordhistory=yes",
	"relaxdtmf":                      "tones are told from speech in one way",
	"subscribe_network_change_event": "addresses are looked up for each message",
	"websocket_enabled":              "phones in browsers are of pjsip.conf",
	"websocket_write_timeout":        "phones in browsers are of pjsip.conf",
}

const aboutRegistrations = "it is what the exchange itself keeps of a registration"
