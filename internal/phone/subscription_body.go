package phone

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

// The types of bodies that tell a state.
const (
	typePIDF       = "application/pidf+xml"
	typeXPIDF      = "application/xpidf+xml"
	typeCPIM       = "application/cpim-pidf+xml"
	typeDialogInfo = "application/dialog-info+xml"
	typeSummary    = "application/simple-message-summary"
)

// The event packages of RFC 3856, RFC 4235 and RFC 3842.
const (
	eventPresence = "presence"
	eventDialog   = "dialog"
	eventMWI      = "message-summary"
)

// bodyTypes are the types of bodies of an event package, that of a subscriber who
// does not say what it takes first; nil for one that nobody serves.
func bodyTypes(event string) []string {
	switch event {
	case eventPresence:
		return []string{typePIDF, typeXPIDF, typeCPIM}
	case eventDialog:
		return []string{typeDialogInfo}
	case eventMWI:
		return []string{typeSummary}
	}
	return nil
}

// An extensionView is what is told of an extension, and to whom.
type extensionView struct {
	exten         string
	state         state.ExtensionState
	presence      state.Presence
	local, remote string // URIs of what is watched and of who watches
	host          string // of local
	digium        bool   // the phone is one that shows presences of its own kind
	early         bool   // notify_early_inuse_ringing
	published     bool   // nobody watches: it is told to a server
	version       int
	caller        *ringingBy // who calls, where that is known
}

// A ringingBy is who calls a device that rings, and whom.
type ringingBy struct{ name, number, called, calledName string }

// body is the document of a type.
func (v *extensionView) body(kind string) []byte {
	switch kind {
	case typePIDF:
		return v.pidf()
	case typeXPIDF, typeCPIM:
		return v.xpidf()
	}
	return v.dialogInfo()
}

// pidf is RFC 3863 with the activities of RFC 4480.
func (v *extensionView) pidf() []byte {
	note, basic, person := "Ready", "open", elem("dm:person")
	switch v.state.Device() {
	case state.Ringing, state.RingInUse:
		note = "Ringing"
	case state.InUse, state.Busy:
		note = "On the phone"
	case state.OnHold:
		note = "On hold"
	case state.Unavailable:
		note, basic = "Unavailable", "closed"
	}
	if note != "Ready" && basic == "open" {
		person.add(elem("rpid:activities", elem("rpid:on-the-phone")))
	}
	root := elem("presence",
		textElem("note", note),
		elem("tuple", elem("status", textElem("basic", basic)), textElem("contact", v.remote).with("priority", "1")).with("id", v.exten),
		person,
	).with("entity", v.local, "xmlns", "urn:ietf:params:xml:ns:pidf",
		"xmlns:dm", "urn:ietf:params:xml:ns:pidf:data-model", "xmlns:rpid", "urn:ietf:params:xml:ns:pidf:rpid")
	if v.digium {
		p := textElem("digium_presence", v.presence.Message).with("type", v.presence.Status)
		if v.presence.Subtype != "" {
			p.with("subtype", v.presence.Subtype)
		}
		root.add(elem("tuple", elem("status", p)).with("id", "digium-presence"))
	}
	return root.document()
}

// xpidf is what Microsoft's clients of 2001 took for presence.
func (v *extensionView) xpidf() []byte {
	status, sub := "open", "online"
	switch v.state.Device() {
	case state.Ringing, state.RingInUse, state.InUse, state.Busy, state.OnHold:
		status, sub = "inuse", "onthephone"
	case state.Unavailable:
		status, sub = "closed", "offline"
	}
	return elem("presence",
		elem("presentity").with("uri", v.local+";method=SUBSCRIBE"),
		elem("atom",
			elem("address",
				elem("status").with("status", status),
				elem("msnsubstatus").with("substatus", sub),
			).with("uri", v.remote+";user=ip", "priority", "0.80000"),
		).with("atomid", uuid.NewString(), "id", v.exten),
	).document()
}

// dialogInfo is RFC 4235.
func (v *extensionView) dialogInfo() []byte {
	word := "terminated"
	switch v.state.Device() {
	case state.Ringing:
		word = "early"
	case state.RingInUse:
		word = choose(v.early, "early", "confirmed")
	case state.InUse, state.Busy, state.OnHold:
		word = "confirmed"
	}
	dialog := elem("dialog").with("id", v.exten)
	if word == "early" {
		dialog.with("direction", "recipient")
		if v.caller != nil {
			uri := "sip:" + sip.EscapeUser(v.caller.number) + "@" + v.host
			identity := textElem("identity", uri)
			if v.caller.name != "" {
				identity.with("display", v.caller.name)
			}
			dialog.add(elem("remote", identity, elem("target").with("uri", uri)))
		}
		if !v.published {
			identity := v.local
			if v.caller != nil && v.caller.called != "" {
				identity = "sip:" + sip.EscapeUser(v.caller.called) + "@" + v.host
			}
			dialog.add(elem("local", textElem("identity", identity), elem("target").with("uri", v.local)))
		}
	}
	dialog.add(textElem("state", word))
	if v.state.Device() == state.OnHold {
		dialog.add(elem("local", elem("target", elem("param").with("pname", "+sip.rendering", "pvalue", "no")).with("uri", v.local)))
	}
	return elem("dialog-info", dialog).with("xmlns", "urn:ietf:params:xml:ns:dialog-info", "version", strconv.Itoa(v.version),
		"state", "full", "entity", v.local).document()
}

// messageSummary is RFC 3842 §3.5; account is where the messages can be heard, or "".
func messageSummary(c state.Counts, account string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "Messages-Waiting: %s\r\n", choose(c.New > 0, "yes", "no"))
	if account != "" {
		fmt.Fprintf(&b, "Message-Account: %s\r\n", account)
	}
	fmt.Fprintf(&b, "Voice-Message: %d/%d (0/0)\r\n", c.New, c.Old)
	return []byte(b.String())
}

// resourceURI is the URI of a resource of ours at the place that a subscriber asked.
func resourceURI(asked sip.URI, resource string) string {
	return sip.URI{Scheme: asked.Scheme, User: sip.EscapeUser(resource), Host: asked.Host, Port: asked.Port}.String()
}
