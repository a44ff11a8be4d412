package phone

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// parseStatus reads the final status with which a call is refused, 400 to 699, a
// number or the name that PJSIP gives it, as USE_IDENTITY_HEADER. What is none
// counts as 603.
func (d *Driver) parseStatus(text string) int {
	text = strings.TrimSpace(text)
	n, err := strconv.Atoi(text)
	if err != nil {
		n = statusNames[strings.TrimPrefix(strings.ToUpper(text), "PJSIP_SC_")]
	}
	if n < 400 || n > 699 {
		d.log.Warn("a call is to be refused with what is no SIP status from 400 to 699; it is declined", "status", text)
		return 603
	}
	return n
}

// statusNames are the statuses of RFC 3261 and its extensions by name.
var statusNames = map[string]int{
	"BAD_REQUEST": 400, "UNAUTHORIZED": 401, "PAYMENT_REQUIRED": 402, "FORBIDDEN": 403, "NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405,
	"NOT_ACCEPTABLE": 406, "PROXY_AUTHENTICATION_REQUIRED": 407, "REQUEST_TIMEOUT": 408, "CONFLICT": 409, "GONE": 410, "LENGTH_REQUIRED": 411,
	"CONDITIONAL_REQUEST_FAILED": 412, "REQUEST_ENTITY_TOO_LARGE": 413, "REQUEST_URI_TOO_LONG": 414, "UNSUPPORTED_MEDIA_TYPE": 415,
	"UNSUPPORTED_URI_SCHEME": 416, "UNKNOWN_RESOURCE_PRIORITY": 417, "BAD_EXTENSION": 420, "EXTENSION_REQUIRED": 421,
	"SESSION_TIMER_TOO_SMALL": 422, "INTERVAL_TOO_BRIEF": 423, "BAD_LOCATION_INFORMATION": 424, "USE_IDENTITY_HEADER": 428,
	"PROVIDE_REFERRER_IDENTITY": 429, "FLOW_FAILED": 430, "ANONIMITY_DISALLOWED": 433, "BAD_IDENTITY_INFO": 436,
	"UNSUPPORTED_CERTIFICATE": 437, "INVALID_IDENTITY_HEADER": 438, "FIRST_HOP_LACKS_OUTBOUND_SUPPORT": 439, "MAX_BREADTH_EXCEEDED": 440,
	"BAD_INFO_PACKAGE": 469, "CONSENT_NEEDED": 470, "TEMPORARILY_UNAVAILABLE": 480, "CALL_TSX_DOES_NOT_EXIST": 481, "LOOP_DETECTED": 482,
	"TOO_MANY_HOPS": 483, "ADDRESS_INCOMPLETE": 484, "AMBIGUOUS": 485, "BUSY_HERE": 486, "REQUEST_TERMINATED": 487,
	"NOT_ACCEPTABLE_HERE": 488, "BAD_EVENT": 489, "REQUEST_UPDATED": 490, "REQUEST_PENDING": 491, "UNDECIPHERABLE": 493,
	"SECURITY_AGREEMENT_NEEDED": 494, "INTERNAL_SERVER_ERROR": 500, "NOT_IMPLEMENTED": 501, "BAD_GATEWAY": 502,
	"SERVICE_UNAVAILABLE": 503, "SERVER_TIMEOUT": 504, "VERSION_NOT_SUPPORTED": 505, "MESSAGE_TOO_LARGE": 513,
	"PUSH_NOTIFICATION_SERVICE_NOT_SUPPORTED": 555, "PRECONDITION_FAILURE": 580, "BUSY_EVERYWHERE": 600, "DECLINE": 603,
	"DOES_NOT_EXIST_ANYWHERE": 604, "NOT_ACCEPTABLE_ANYWHERE": 606, "UNWANTED": 607, "REJECTED": 608,
}

// refuse answers a call that came in with a status and ends it.
func (s *session) refuse(status int) {
	if s.refuseFor(status, 0) {
		s.ch.Change(func(c *event.Channel) { c.TechCause = status })
	}
	s.ch.RemoteHangup(causeOfStatus(status))
}

// refuseAndEnd answers a call that came in with a status that the dialplan asked for.
// The call is over then, whatever the dialplan waits for.
func (s *session) refuseAndEnd(status, cause int) {
	if !s.refuseFor(status, cause) {
		return
	}
	if s.driver.technology == SIP {
		s.ch.Hangup(cause)
		return
	}
	s.ch.Change(func(c *event.Channel) { c.TechCause = status })
	s.ch.RemoteHangup(cause)
}

// hangupWith is the application PJSIPHangup.
func (d *Driver) hangupWith(c *channel.Channel, text string) error {
	s, err := d.ours(c)
	if err == nil {
		s.refuse(d.parseStatus(text))
	}
	return err
}

func (d *Driver) actHangup(r *command.ActionRequest) error {
	name := r.Get("Channel")
	if name == "" {
		return command.Refusal("No channel specified")
	}
	status := d.parseStatus(r.Get("Cause"))
	if len(name) > 2 && name[0] == '/' && name[len(name)-1] == '/' {
		return d.hangupMatching(r, name[1:len(name)-1], status)
	}
	switch s, there := d.sessionNamed(name); {
	case s != nil:
		s.refuse(status)
	case there:
		d.hangupOther(name) // what is no call of SIP just ends
	default:
		return command.Refusal("No such channel")
	}
	r.Reply("Success", "Channel Hungup")
	return nil
}

// hangupMatching refuses every call whose channel's name matches.
func (d *Driver) hangupMatching(r *command.ActionRequest, pattern string, status int) error {
	re, err := regexp.CompilePOSIX(pattern)
	if err != nil {
		return command.Refusal("Regex compile failed")
	}
	r.ListStart("Channels hung up will follow")
	n := 0
	for _, name := range d.channelNames("") {
		if s, _ := d.sessionNamed(name); s != nil && re.MatchString(name) {
			s.refuse(status)
			r.Event("ChannelHungup", command.Field{Key: "Channel", Value: name}, command.Field{Key: "ActionID"})
			n++
		}
	}
	r.ListEnd("ChannelsHungupListComplete", n)
	return nil
}

// tellEnd tells tests that the call is no more.
func (s *session) tellEnd() {
	if s.driver.technology != PJSIP {
		return
	}
	var fields []event.Variable
	add := func(name, value string) { fields = append(fields, event.Variable{Name: name, Value: value}) }
	add("Endpoint", s.endpoint.Name)
	ended := fields
	if a := s.target.aor; a != nil {
		add("AOR", a.Name)
	}
	if c := s.target.contact; c != nil {
		add("Contact", c.ID)
	}
	const file, function = "res_pjsip_session.c", "session_destructor"
	s.driver.testEvent("SESSION_DESTROYING", file, function, fields...)
	s.driver.testEvent("SESSION_DESTROYED", file, function, ended...)
}

// hangupOther ends a leg that is none of ours, if it is still there.
func (d *Driver) hangupOther(name string) {
	if c := d.registry.Find(name); c != nil {
		c.Hangup(0)
	}
}
