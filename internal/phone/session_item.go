package phone

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/sip"
)

// Item implements channel.Informer.
func (s *session) Item(item string) (string, bool) {
	parts := strings.Split(strings.ToLower(item), ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if s.driver.technology == SIP {
		return s.itemSIP(parts)
	}
	switch name := parts[0]; {
	case name == "endpoint":
		return s.endpoint.Name, true
	case name == "aor":
		if s.target.aor == nil {
			return "", true
		}
		return s.target.aor.Name, true
	case name == "contact":
		if s.target.contact == nil {
			return "", true
		}
		return s.target.contact.ID, true
	case len(parts) < 2 || len(parts) > 2 && parts[2] != "audio" && parts[2] != "":
		return "", false
	case name == "rtcp":
		v := s.audio.Stats()
		return v.Item(parts[1])
	case name == "rtp":
		return s.itemRTP(parts[1])
	case name == "pjsip":
		return s.itemPJSIP(parts[1])
	}
	return "", false
}

// RTPStatistics are the numbers of our audio so far; ok is false where there is none.
func (s *session) RTPStatistics() (v rtp.Stats, ok bool) {
	if s.audio == nil {
		return v, false
	}
	return s.audio.Stats(), true
}

// talks is where our audio is, as the other side is told, and theirs; ok is
// false until media was agreed upon: in pjsip.conf's driver when both sides know
// of it, in sip.conf's when they have offered.
func (s *session) talks() (ours, theirs netip.AddrPort, ok bool) {
	s.mu.Lock()
	local, dialog, some := s.local, s.dialog, s.agreed.settled()
	s.mu.Unlock()
	var address netip.Addr
	switch {
	case !some:
		return ours, theirs, false
	case local != nil:
		address = local.address
	case s.driver.technology == SIP && dialog != nil:
		address = s.advertised(dialog.Way())
	default:
		return ours, theirs, false
	}
	return netip.AddrPortFrom(address, uint16(s.audio.Port())), s.audio.RemoteAddr(), true
}

func (s *session) itemRTP(item string) (string, bool) {
	ours, theirs, ok := s.talks()
	if !ok {
		return "", false
	}
	switch item {
	case "src":
		return ours.String(), true
	case "dest":
		return theirs.String(), true
	case "hold":
		s.mu.Lock()
		defer s.mu.Unlock()
		return choose(s.held, "1", "0"), true
	case "secure":
		return choose(s.secured(), "1", "0"), true
	case "direct":
		return "(null)", true // nor media past us
	}
	return "", false
}

// untagged is a From or To without its tag.
func untagged(value string) string {
	a, err := sip.ParseAddress(value)
	if err != nil {
		return value
	}
	a.Params = ""
	return a.String()
}

// quoted puts a backslash before each quote, as the reference hands these values out.
func quoted(value string) string { return strings.ReplaceAll(value, `"`, `\"`) }

func (s *session) itemPJSIP(item string) (string, bool) {
	s.mu.Lock()
	dialog, request, target, callID := s.dialog, s.request, s.target, s.callID
	s.mu.Unlock()
	if s.incoming && request != nil {
		callID = request.CallID
	}
	switch item {
	case "call-id":
		return callID, true
	case "secure":
		return choose(dialog != nil && dialog.Way().Transport.Secure(), "1", "0"), true
	case "t38state":
		return s.faxState(), true
	case "request_uri":
		if request == nil || !s.incoming {
			return "", false
		}
		return request.URI.String(), true
	case "target_uri":
		if dialog == nil {
			return target.uri.String(), true
		}
		return dialog.Target().String(), true
	case "local_uri", "remote_uri":
		if dialog != nil {
			return quoted(untagged(choose(item == "local_uri", dialog.Local(), dialog.Remote()))), true
		}
		if item == "remote_uri" {
			return s.driver.addressed(target.uri), true
		}
		return "", true
	}
	if dialog == nil {
		return "", false
	}
	switch item {
	case "local_tag":
		return dialog.LocalTag, true
	case "remote_tag":
		return dialog.RemoteTag, true
	case "local_addr":
		return dialog.Way().Transport.Local().String(), true
	case "remote_addr":
		return dialog.Way().Remote.String(), true
	}
	return "", false
}

func (s *session) itemSIP(parts []string) (string, bool) {
	s.mu.Lock()
	dialog, request, accepted := s.dialog, s.request, s.acceptedBy
	s.mu.Unlock()
	var remote netip.AddrPort
	if dialog != nil {
		remote = dialog.Way().Remote
	}
	switch parts[0] {
	case "peername":
		return s.endpoint.Name, true
	case "peerip", "recvip":
		return addressOr(remote, ""), true
	case "recvport":
		return strconv.Itoa(int(remote.Port())), true
	case "t38passthrough":
		return "0", true
	case "from":
		if request == nil {
			return "", true
		}
		return bare(request.From.URI).String(), true
	case "ruri":
		if request == nil {
			return "", true
		}
		return request.URI.String(), true
	case "uri":
		if !s.incoming {
			return s.target.uri.String(), true
		}
		if request != nil && request.Contact.URI.Host != "" {
			return request.Contact.URI.String(), true
		}
		return "", true
	case "useragent":
		from := choose(s.incoming, request, accepted)
		if from == nil {
			return "", true
		}
		return from.Get("User-Agent"), true
	case "rtpdest", "rtpsource":
		if len(parts) > 1 && parts[1] != "audio" && parts[1] != "" {
			return "", true
		}
		ours, theirs, ok := s.talks()
		if !ok {
			return "", true
		}
		return choose(parts[0] == "rtpdest", theirs, ours).String(), true
	case "rtpqos":
		if len(parts) < 3 || parts[1] != "audio" && parts[1] != "" {
			return "", false
		}
		v := s.audio.Stats()
		if parts[2] == "all" {
			return v.Texts(rtp.Form16)[0].Value, true
		}
		if strings.HasPrefix(parts[2], "all_") {
			return "", false
		}
		return v.Item(parts[2])
	}
	return "", false
}

func addressOr(a netip.AddrPort, otherwise string) string {
	if !a.IsValid() {
		return otherwise
	}
	return a.Addr().String()
}
