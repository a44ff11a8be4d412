package sip

// The methods of requests.
const (
	Invite    = "INVITE"
	Ack       = "ACK"
	Bye       = "BYE"
	Cancel    = "CANCEL"
	Register  = "REGISTER"
	Options   = "OPTIONS"
	Info      = "INFO"      // RFC 6086
	Prack     = "PRACK"     // RFC 3262
	Update    = "UPDATE"    // RFC 3311
	Subscribe = "SUBSCRIBE" // RFC 6665
	Notify    = "NOTIFY"    // RFC 6665
	Refer     = "REFER"     // RFC 3515
	Publish   = "PUBLISH"   // RFC 3903
	MessageM  = "MESSAGE"   // RFC 3428
)

var methods = [...]string{Invite, Ack, Bye, Cancel, Register, Options, Info, Prack, Update, Subscribe, Notify, Refer, Publish, MessageM}

// KnownMethod reports whether a method is one of those above. Methods are
// case-sensitive (RFC 3261 §7.1).
func KnownMethod(method string) bool {
	for _, m := range methods {
		if m == method {
			return true
		}
	}
	return false
}
