package phone

import "strings"

// sipPointless says why an option of sip.conf can have no effect here, or nothing of one
// that can or that chan_sip does not have. object is general or peer.
func sipPointless(object, name string) string {
	if strings.HasPrefix(name, "cc_") {
		return "there is no call completion (CCBS, CCNR)"
	}
	if why := pointlessOfPeers[name]; why != "" && object == "peer" {
		return why
	}
	return pointless[name]
}

// pjsipPointless says the same of an option of pjsip.conf. kind is the type of its section.
func pjsipPointless(kind, name string) string {
	switch kind {
	case "auth":
		return pointlessOfAuths[name]
	case "endpoint":
		return pointlessOfEndpoints[name]
	}
	return ""
}

const (
	aboutRekeying = "phones in browsers refuse new keys within a connection, and none are asked for"
	aboutFamilies = "media has the family of addresses of the signalling, with and without it"
	aboutGeneral  = "chan_sip heeds it in [general] alone"
)

// aboutGoogle is of Google Voice, to whom one registers that way.
const aboutGoogle = "nobody is registered with by a token of Google (OAuth): phones and providers are proven by digest"

var pointlessOfAuths = map[string]string{"oauth_clientid": aboutGoogle, "oauth_secret": aboutGoogle, "refresh_token": aboutGoogle}

var pointlessOfEndpoints = map[string]string{
	"dtls_rekey":                   aboutRekeying,
	"rtp_ipv6":                     aboutFamilies,
	"t38_udptl_ipv6":               aboutFamilies,
	"stir_shaken":                  "calls are neither signed nor verified (STIR/SHAKEN)",
	"stir_shaken_profile":          "calls are neither signed nor verified (STIR/SHAKEN)",
	"geoloc_incoming_call_profile": "places of callers are not told (RFC 6442)",
	"geoloc_outgoing_call_profile": "places of callers are not told (RFC 6442)",
}

// pointlessOfPeers are options that peers have according to the lists, and that change
// nothing on the reference either.
var pointlessOfPeers = map[string]string{
	"accept_outofcall_message": aboutGeneral, "auth_message_requests": aboutGeneral, "authfailureevents": aboutGeneral, "qualifypeers": aboutGeneral,
	"webrtc":    "chan_sip has no such option: avpf, icesupport, encryption and dtlsenable say it one by one",
	"useragent": aboutRegistrations,
	"dtlsrekey": aboutRekeying,
}

var pointless = map[string]string{
	"rfc2833compensate": "it is for Asterisk before 1.4 at the far end, of which keys are taken anyway",
	"snom_aoc_enabled":  "Snom's own manner of telling charges is not spoken; pjsip.conf's send_aoc tells them in a standard one",
	"fullcontact":       aboutRegistrations, "ipaddr": aboutRegistrations, "lastms": aboutRegistrations, "regseconds": aboutRegistrations,
	"regserver": aboutRegistrations, "dumphistory": "what happened in a dialog is shown by sip show history while recordhistory=yes",
	"stunaddr":                       "chan_sip of Asterisk 16 asks no STUN server either: externaddr or externhost says the address outside, and rtp.conf's stunaddr is of sound",
	"subscribe_network_change_event": "addresses are looked up for each message",
	"websocket_enabled":              "phones in browsers are of pjsip.conf",
	"websocket_write_timeout":        "phones in browsers are of pjsip.conf",
}

const aboutRegistrations = "it is what the exchange itself keeps of a registration"
