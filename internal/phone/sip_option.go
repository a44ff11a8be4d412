package phone

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

func fromText(name string, at func(*sipDraft) *string) sipOption { return text(name, at, "") }
func fromBool(name string, at func(*sipDraft) *bool) sipOption {
	return sipOption{name: name, set: func(d *sipDraft, s string) error { return truth(at(d), s) }}
}

func fromSeconds(name string, at func(*sipDraft) *time.Duration) sipOption {
	return seconds(name, at, "")
}

func setter(name string, set func(d *sipDraft, s string) error) sipOption {
	return sipOption{name: name, set: set}
}

// aliases gives one setter to several names.
func aliases(set func(d *sipDraft, s string) error, names ...string) []sipOption {
	var list []sipOption
	for _, name := range names {
		list = append(list, setter(name, set))
	}
	return list
}

// sipCommon are the options that a peer has and [general] gives a default for.
func sipCommon() []sipOption {
	type d = sipDraft
	return slices.Concat(sipGuardOptions(), sipHabitOptions(), []sipOption{
		setter("keepalive", setKeepalive), fromBool("buggymwi", func(v *d) *bool { return &v.Peer.BuggyMWI }),
		fromText("language", func(v *d) *string { return &v.Language }),
		fromText("accountcode", func(v *d) *string { return &v.AccountCode }),
		fromText("mohsuggest", func(v *d) *string { return &v.MOHSuggest }),
		fromText("subscribecontext", func(v *d) *string { return &v.SubscribeContext }),
		fromText("outboundproxy", func(v *d) *string { return &v.OutboundProxy }),
		fromText("parkinglot", func(v *d) *string { return &v.Peer.Parkinglot }),
		fromText("mohinterpret", func(v *d) *string { return &v.Peer.MOHInterpret }),
		fromText("recordonfeature", func(v *d) *string { return &v.RecordOn }),
		fromText("recordofffeature", func(v *d) *string { return &v.RecordOff }),
		fromText("outofcall_message_context", func(v *d) *string { return &v.MessageContext }),
		fromText("tonezone", func(v *d) *string { return &v.ToneZone }),
		fromBool("subscribemwi", func(v *d) *bool { return &v.Peer.SubscribeMWI }),
		fromBool("autoframing", func(v *d) *bool { return &v.UsePtime }),
		fromBool("allowsubscribe", func(v *d) *bool { return &v.AllowSubscribe }),
		fromBool("trustrpid", func(v *d) *bool { return &v.TrustIDInbound }),
		fromBool("send_diversion", func(v *d) *bool { return &v.SendDiversion }),
		fromBool("promiscredir", func(v *d) *bool { return &v.Peer.PromiscRedir }),
		fromBool("usereqphone", func(v *d) *bool { return &v.UserEqPhone }),
		fromBool("ignoresdpversion", func(v *d) *bool { return &v.Peer.IgnoreSDPVersion }),
		fromBool("textsupport", func(v *d) *bool { return &v.Peer.TextSupport }),
		fromBool("rpid_update", func(v *d) *bool { return &v.Peer.RPIDUpdate }),
		setter("disallowed_methods", func(v *d, s string) error { v.Peer.Disallowed = splitList(s); return nil }),
		setter("rtp_engine", func(v *d, s string) error { v.RTPEngine = s; return nil }),
		fromBool("rpid_immediate", func(v *d) *bool { return &v.RPIDImmediate }),
		fromBool("preferred_codec_only", func(v *d) *bool { return &v.PreferredCodecOnly }),
		fromBool("g726nonstandard", func(v *d) *bool { return &v.G726NonStandard }),
		fromBool("use_q850_reason", func(v *d) *bool { return &v.Peer.UseReason }),
		fromBool("rtcp_mux", func(v *d) *bool { return &v.RTCPMux }),
		fromBool("supportpath", func(v *d) *bool { return &v.AOR.SupportPath }),
		fromSeconds("rtptimeout", func(v *d) *time.Duration { return &v.RTPTimeout }),
		fromSeconds("rtpholdtimeout", func(v *d) *time.Duration { return &v.RTPTimeoutHold }),
		fromSeconds("rtpkeepalive", func(v *d) *time.Duration { return &v.RTPKeepalive }),
		fromSeconds("session-expires", func(v *d) *time.Duration { return &v.TimersExpires }),
		fromSeconds("session-minse", func(v *d) *time.Duration { return &v.TimersMinSE }),
		setter("allow", func(v *d, s string) error { return v.Endpoint.allow(s, true) }),
		setter("disallow", func(v *d, s string) error { return v.Endpoint.allow(s, false) }),
		setter("nat", setNAT), setter("dtmfmode", setDTMF), setter("insecure", setInsecure),
		setter("transport", setTransports), setter("callingpres", setPresentation),
		setter("allowtransfer", func(v *d, s string) error {
			v.AllowTransfer = isTrue(s)
			v.Peer.TransferMode = choose(v.AllowTransfer, "open", "closed")
			return among(s)
		}),
		setter("allowoverlap", func(v *d, s string) error { return truth(&v.AllowOverlap, s) }),
		setter("progressinband", func(v *d, s string) error {
			v.Peer.Progress = choose(isTrue(s), "yes", choose(strings.EqualFold(s, "never"), "never", "no"))
			v.InbandProgress = isTrue(s)
			return among(s, "never")
		}),
		setter("sendrpid", func(v *d, s string) error {
			v.Peer.SendRPID = choose(strings.EqualFold(s, "pai"), "pai", choose(isTrue(s) || strings.EqualFold(s, "rpid"), "rpid", "no"))
			return among(s, "pai", "rpid")
		}),
		setter("trust_id_outbound", func(v *d, s string) error {
			v.Peer.TrustOutbound = choose(strings.EqualFold(s, "legacy"), "Legacy", choose(isTrue(s), "Yes", "No"))
			v.TrustIDOutbound = isTrue(s)
			return among(s, "legacy")
		}),
		setter("session-timers", setSessionTimers),
		setter("session-refresher", func(v *d, s string) error {
			v.Peer.SessionRefresher = choose(strings.EqualFold(s, "uac"), "uac", "uas")
			if !strings.EqualFold(s, "uac") && !strings.EqualFold(s, "uas") {
				return remark(fmt.Sprintf("%q is neither uac nor uas: it counts as uas", s))
			}
			return nil
		}),
		fromBool("t38pt_usertpsource", func(v *d) *bool { return &v.T38.FollowRTP }),
		setter("t38pt_udptl", setT38), setter("encryption", func(v *d, s string) error {
			v.Peer.Encryption = isTrue(s)
			v.MediaEncryption = choose(isTrue(s), "sdes", "no")
			return among(s)
		}),
		setter("encryption_taglen", func(v *d, s string) error {
			v.SRTPTag32 = s == "32"
			if s != "32" && s != "80" {
				return remark(fmt.Sprintf("%q is neither 32 nor 80: it counts as 80", s))
			}
			return nil
		}),
		setter("videosupport", func(v *d, s string) error {
			v.Peer.VideoSupport = choose(isTrue(s), "yes", choose(strings.EqualFold(s, "always"), "always", "no"))
			return among(s, "always")
		}),
		setter("maxcallbitrate", func(v *d, s string) (err error) { v.Peer.MaxCallBitrate, err = parseInt(s, math.MaxInt32); return err }),
		setter("setvar", func(v *d, s string) error {
			name, value, ok := strings.Cut(s, "=")
			if !ok {
				return fmt.Errorf("%q is no name=value", s)
			}
			v.SetVar = append(v.SetVar, event.Variable{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
			return nil
		}),
		setter("faxdetect", setFaxDetect),
	}, aliases(setDirectMedia, "directmedia", "canreinvite"),
		aliases(func(v *d, s string) error { v.VoicemailExtension = s; return nil }, "vmexten", "voicemailexten"),
		aliases(setT1, "timert1", "timer1"), aliases(setTimerB, "timerb"))
}

func setT1(v *sipDraft, s string) error {
	n, err := parseInt(s, 60000)
	if err == nil {
		v.Peer.T1 = time.Duration(n) * time.Millisecond
		v.Peer.TimerB = 64 * v.Peer.T1
	}
	return err
}

func setTimerB(v *sipDraft, s string) error {
	n, err := parseInt(s, 600000)
	if err == nil {
		v.Peer.TimerB = time.Duration(n) * time.Millisecond
	}
	return err
}

// setNAT reads nat=: yes is force_rport and comedia, and no takes away everything.
func setNAT(v *sipDraft, s string) error {
	p := &v.Peer
	p.ForceRport, p.AutoForceRport, p.Comedia, p.AutoComedia = false, false, false, false
	for _, word := range splitList(strings.ToLower(s)) {
		switch {
		case isTrue(word):
			p.ForceRport, p.Comedia = true, true
		case isFalse(word):
			p.ForceRport, p.AutoForceRport, p.Comedia, p.AutoComedia = false, false, false, false
		case word == "force_rport" || word == "route":
			p.ForceRport = true
		case word == "comedia":
			p.Comedia = true
		case word == "auto_force_rport":
			p.AutoForceRport = true
		case word == "auto_comedia":
			p.AutoComedia = true
		case word == "never":
		default:
			return fmt.Errorf("%q is no value of nat", word)
		}
	}
	return nil
}

func setDTMF(v *sipDraft, s string) error {
	modes := map[string]DTMFMode{"rfc2833": DTMFRFC4733, "inband": DTMFInband, "info": DTMFInfo, "shortinfo": DTMFInfo, "auto": DTMFAuto}
	mode, ok := modes[strings.ToLower(s)]
	if !ok {
		return fmt.Errorf("%q is none of rfc2833, inband, info, shortinfo, auto", s)
	}
	v.DTMF = mode
	return nil
}

func setInsecure(v *sipDraft, s string) error {
	v.Peer.InsecurePort, v.Peer.InsecureInvite = false, false
	for _, word := range splitList(strings.ToLower(s)) {
		switch {
		case word == "port":
			v.Peer.InsecurePort = true
		case word == "invite":
			v.Peer.InsecureInvite = true
		case word == "very" || isTrue(word):
			v.Peer.InsecurePort, v.Peer.InsecureInvite = true, true
		case !isFalse(word):
			return fmt.Errorf("%q is neither port nor invite", word)
		}
	}
	return nil
}

// setCallCounter has the calls of a peer counted. The reference counts calls by
// limiting them, if only to what nobody reaches, so that the last of the two
// options holds.
func setCallCounter(v *sipDraft, s string) error {
	v.Peer.CallLimit = choose(isTrue(s), math.MaxInt32, 0)
	return among(s)
}

func setTransports(v *sipDraft, s string) error {
	var list []string
	for _, word := range splitList(strings.ToLower(s)) {
		if !slices.Contains([]string{"udp", "tcp", "tls", "ws", "wss"}, word) {
			return fmt.Errorf("%q is no transport", word)
		}
		list = append(list, word)
	}
	if len(list) > 0 {
		v.Peer.Transports = list
	}
	return nil
}

func setPresentation(v *sipDraft, s string) error {
	p, ok := event.ParsePresentation(strings.ToLower(s))
	if !ok {
		return fmt.Errorf("%q is no presentation", s)
	}
	v.Presentation = p
	return nil
}

func setDirectMedia(v *sipDraft, s string) error {
	v.DirectMedia, v.DirectMediaMethod, v.DisableDirectMediaNAT, v.DirectMediaGlare = false, "invite", false, "none"
	for _, word := range splitList(strings.ToLower(s)) {
		switch {
		case isTrue(word):
			v.DirectMedia = true
		case word == "update":
			v.DirectMedia, v.DirectMediaMethod = true, "update"
		case word == "nonat":
			v.DirectMedia, v.DisableDirectMediaNAT = true, true
		case word == "outgoing":
			v.DirectMedia, v.DirectMediaGlare = true, "incoming" // it is the calls that come in which wait
		case !isFalse(word):
			return fmt.Errorf("%q is no value of directmedia", word)
		}
	}
	return nil
}

func setSessionTimers(v *sipDraft, s string) error {
	switch strings.ToLower(s) {
	case "accept":
		v.Timers, v.Peer.SessionTimers = TimersYes, "Accept"
	case "originate":
		v.Timers, v.Peer.SessionTimers = TimersAlways, "Originate"
	case "refuse":
		v.Timers, v.Peer.SessionTimers = TimersNo, "Refuse"
	default:
		return fmt.Errorf("%q is none of accept, originate, refuse", s)
	}
	return nil
}

func setT38(v *sipDraft, s string) error {
	for i, word := range splitList(strings.ToLower(s)) {
		switch {
		case i == 0:
			v.T38.UDPTL = !isFalse(word)
			v.T38.ErrorCorrection = choose(word == "redundancy" || word == "none", word, "fec")
		case word == "redundancy" || word == "fec" || word == "none":
			v.T38.ErrorCorrection = word
		case strings.HasPrefix(word, "maxdatagram="):
			n, err := strconv.Atoi(word[len("maxdatagram="):])
			if err != nil {
				return fmt.Errorf("%q is no number", word)
			}
			v.T38.MaxDatagram = n
		}
	}
	return nil
}

// sipPeer are the options that only a peer, user or friend has.
func sipPeer() []sipOption {
	type d = sipDraft
	return slices.Concat(jitterOfPeer(), sipUserOptions(), []sipOption{
		fromText("context", func(v *d) *string { return &v.Context }),
		fromText("secret", func(v *d) *string { return &v.Peer.Secret }),
		fromText("md5secret", func(v *d) *string { return &v.Peer.MD5 }),
		fromText("remotesecret", func(v *d) *string { return &v.Peer.Remote }),
		fromText("fromuser", func(v *d) *string { return &v.FromUser }),
		fromText("fromdomain", func(v *d) *string { return &v.FromDomain }),
		fromText("defaultip", func(v *d) *string { return &v.Peer.Default }),
		fromText("regexten", func(v *d) *string { return &v.Peer.RegExten }),
		fromText("description", func(v *d) *string { return &v.Peer.Description }),
		fromText("amaflags", func(v *d) *string { return &v.Peer.AMAFlags }),
		fromText("callbackextension", func(v *d) *string { return &v.Peer.Callback }),
		fromText("unsolicited_mailbox", func(v *d) *string { return &v.IncomingMWI }),
		fromText("messagecontext", func(v *d) *string { return &v.MessageContext }),
		setter("host", func(v *d, s string) error {
			v.Peer.Dynamic = strings.EqualFold(s, "dynamic")
			v.Peer.Host = choose(v.Peer.Dynamic, "", s)
			return nil
		}),
		setter("port", func(v *d, s string) (err error) { v.Peer.Port, err = parseInt(s, math.MaxUint16); return err }),
		setter("callerid", func(v *d, s string) error {
			p := parseCallerID(s)
			v.CallerID.Name, v.CallerID.Number = p.Name, p.Number
			return nil
		}),
		setter("cid_number", func(v *d, s string) error { v.CallerID.Number = event.Number{Valid: s != "", Text: s}; return nil }),
		setter("fullname", func(v *d, s string) error { v.CallerID.Name = event.Name{Valid: s != "", Text: s}; return nil }),
		setter("cid_tag", func(v *d, s string) error { v.CallerID.Tag = s; return nil }),
		setter("qualify", func(v *d, s string) (err error) { v.Peer.Qualify, err = parseQualify(s); return err }),
		setter("qualifyfreq", func(v *d, s string) error {
			n, err := parseInt(s, math.MaxInt32)
			if err == nil {
				v.Peer.QualifyFrequency = time.Duration(n) * time.Second
			}
			return err
		}),
		setter("callcounter", setCallCounter), setter("auth", setPeerAuth),
		setter("call-limit", func(v *d, s string) (err error) { v.Peer.CallLimit, err = parseInt(s, math.MaxInt32); return err }),
		setter("busylevel", func(v *d, s string) (err error) { v.Peer.BusyLevel, err = parseInt(s, math.MaxInt32); return err }),
		setter("maxforwards", func(v *d, s string) (err error) { v.Peer.MaxForwards, err = parseInt(s, 255); return err }),
		setter("callgroup", func(v *d, s string) (err error) { v.CallGroup, err = parseGroups(s); return err }),
		setter("pickupgroup", func(v *d, s string) (err error) { v.PickupGroup, err = parseGroups(s); return err }),
		setter("namedcallgroup", func(v *d, s string) error {
			v.NamedCallGroups = splitList(s)
			slices.Sort(v.NamedCallGroups)
			return nil
		}),
		setter("namedpickupgroup", func(v *d, s string) error {
			v.NamedPickupGroups = splitList(s)
			slices.Sort(v.NamedPickupGroups)
			return nil
		}),
		peerRules("permit", true, func(v *d) *Rules { return &v.ACL }), peerRules("deny", false, func(v *d) *Rules { return &v.ACL }),
		peerRules("contactpermit", true, func(v *d) *Rules { return &v.ContactACL }),
		peerRules("contactdeny", false, func(v *d) *Rules { return &v.ContactACL }),
		peerRules("directmediapermit", true, func(v *d) *Rules { return &v.Peer.DirectMediaACL }),
		peerRules("directmediadeny", false, func(v *d) *Rules { return &v.Peer.DirectMediaACL }),
		setter("defaultexpiry", func(v *d, s string) error { return expiry(&v.AOR.DefaultExpiration, s) }),
		setter("minexpiry", func(v *d, s string) error { return expiry(&v.AOR.MinimumExpiration, s) }),
		setter("maxexpiry", func(v *d, s string) error { return expiry(&v.AOR.MaximumExpiration, s) }),
	}, aliases(func(v *d, s string) error { v.Peer.Username = s; return nil }, "defaultuser", "username"),
		aliases(func(v *d, s string) error {
			v.Mailboxes = append(slices.Clone(v.Mailboxes), splitList(s)...)
			return nil
		}, "mailbox", "mailboxes"))
}

func peerRules(name string, permit bool, at func(*sipDraft) *Rules) sipOption {
	return setter(name, func(v *sipDraft, s string) error {
		r, err := ParseRules(permit, s)
		*at(v) = append(slices.Clone(*at(v)), r...)
		return err
	})
}

func expiry(at *time.Duration, s string) error {
	n, err := parseInt(s, math.MaxInt32)
	if err == nil && n > 0 {
		*at = time.Duration(n) * time.Second
	}
	return err
}

// parseQualify reads yes (2 s), no or milliseconds.
func parseQualify(s string) (time.Duration, error) {
	switch {
	case isTrue(s) && s != "1":
		return 2 * time.Second, nil
	case isFalse(s):
		return 0, nil
	}
	n, err := parseInt(s, math.MaxInt32)
	return time.Duration(n) * time.Millisecond, err
}

// parsePrefixes reads localnet=.
func parsePrefixes(s string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, word := range splitList(s) {
		p, err := ParsePrefix(word)
		if err != nil {
			return list, err
		}
		list = append(list, p)
	}
	return list, nil
}
