package phone

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// endpointOptions are those of type=endpoint, with the defaults of Asterisk 22.
func endpointOptions() *optionTable[Endpoint] {
	return newOptionTable(slices.Concat(endpointIdentity(), endpointRoute(), endpointCall(), endpointMedia(),
		mediasecOptions(func(v *Endpoint) *Mediasec { return &v.Mediasec }), endpointCodecPrefs(), endpointKept())...)
}

type endpointOption = option[Endpoint]

func endpointIdentity() []endpointOption {
	type e = Endpoint
	return []endpointOption{
		text("context", func(v *e) *string { return &v.Context }, "default"),
		list("aors", func(v *e) *[]string { return &v.AORs }, ""),
		list("auth", func(v *e) *[]string { return &v.Auths }, ""),
		list("outbound_auth", func(v *e) *[]string { return &v.OutboundAuths }, ""),
		{name: "identify_by", fallback: "username,ip", set: setIdentifyBy,
			show: func(v *e) string { return strings.Join(v.IdentifyBy, ",") }},
		{name: "callerid", set: func(v *e, s string) error {
			p := parseCallerID(s)
			v.CallerID.Name, v.CallerID.Number = p.Name, p.Number
			return nil
		}, show: func(v *e) string { return formatCallerID(v.CallerID) }},
		{name: "callerid_privacy", fallback: "allowed_not_screened", set: func(v *e, s string) error {
			p, ok := event.ParsePresentation(s)
			if !ok {
				return fmt.Errorf("%q is no presentation", s)
			}
			v.Presentation = p
			return nil
		}, show: func(v *e) string { return v.Presentation.String() }},
		text("callerid_tag", func(v *e) *string { return &v.CallerID.Tag }, ""),
		boolean("trust_id_inbound", func(v *e) *bool { return &v.TrustIDInbound }, "no"),
		boolean("trust_id_outbound", func(v *e) *bool { return &v.TrustIDOutbound }, "no"),
		boolean("send_pai", func(v *e) *bool { return &v.SendPAI }, "no"),
		boolean("send_rpid", func(v *e) *bool { return &v.SendRPID }, "no"),
		boolean("rpid_immediate", func(v *e) *bool { return &v.RPIDImmediate }, "no"),
		boolean("send_diversion", func(v *e) *bool { return &v.SendDiversion }, "yes"),
		boolean("send_history_info", func(v *e) *bool { return &v.SendHistoryInfo }, "no"),
		yesNo("trust_connected_line", func(v *e) *bool { return &v.TrustConnectedLine }, "yes"),
		yesNo("send_connected_line", func(v *e) *bool { return &v.SendConnectedLine }, "yes"),
		words("connected_line_method", func(v *e) *string { return &v.ConnectedLineMethod }, "invite", "reinvite", "update"),
		text("from_user", func(v *e) *string { return &v.FromUser }, ""),
		text("from_domain", func(v *e) *string { return &v.FromDomain }, ""),
		text("contact_user", func(v *e) *string { return &v.ContactUser }, ""),
		boolean("user_eq_phone", func(v *e) *bool { return &v.UserEqPhone }, "no"),
		text("language", func(v *e) *string { return &v.Language }, ""),
		text("accountcode", func(v *e) *string { return &v.AccountCode }, ""),
		text("tone_zone", func(v *e) *string { return &v.ToneZone }, ""),
		text("moh_suggest", func(v *e) *string { return &v.MOHSuggest }, "default"),
		text("tenantid", func(v *e) *string { return &v.TenantID }, ""),
		{name: "set_var", set: func(v *e, s string) error {
			name, value, ok := strings.Cut(s, "=")
			if !ok {
				return fmt.Errorf("%q is no name=value", s)
			}
			v.SetVar = append(slices.Clone(v.SetVar), event.Variable{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
			return nil
		}, show: func(*e) string { return "" }},
		groups("call_group", func(v *e) *uint64 { return &v.CallGroup }),
		groups("pickup_group", func(v *e) *uint64 { return &v.PickupGroup }),
		namedGroups("named_call_group", func(v *e) *[]string { return &v.NamedCallGroups }),
		namedGroups("named_pickup_group", func(v *e) *[]string { return &v.NamedPickupGroups }),
		list("mailboxes", func(v *e) *[]string { return &v.Mailboxes }, ""),
		text("voicemail_extension", func(v *e) *string { return &v.VoicemailExtension }, ""),
		text("message_context", func(v *e) *string { return &v.MessageContext }, ""),
		text("subscribe_context", func(v *e) *string { return &v.SubscribeContext }, ""),
		boolean("allow_subscribe", func(v *e) *bool { return &v.AllowSubscribe }, "yes"),
		boolean("allow_transfer", func(v *e) *bool { return &v.AllowTransfer }, "yes"),
		boolean("allow_overlap", func(v *e) *bool { return &v.AllowOverlap }, "yes"),
		text("overlap_context", func(v *e) *string { return &v.OverlapContext }, ""),
		boolean("notify_early_inuse_ringing", func(v *e) *bool { return &v.NotifyEarlyInUseRinging }, "no"),
		yesNo("mwi_subscribe_replaces_unsolicited", func(v *e) *bool { return &v.MWIReplaces }, "no"),
		text("mwi_from_user", func(v *e) *string { return &v.MWIFromUser }, ""),
		text("incoming_mwi_mailbox", func(v *e) *string { return &v.IncomingMWI }, ""),
		boolean("aggregate_mwi", func(v *e) *bool { return &v.AggregateMWI }, "yes"),
		seconds("sub_min_expiry", func(v *e) *time.Duration { return &v.SubMinExpiry }, "0"),
		integer("device_state_busy_at", func(v *e) *int { return &v.DeviceStateBusyAt }, "0"),
		boolean("allow_unauthenticated_options", func(v *e) *bool { return &v.AllowUnauthenticatedOptions }, "no"),
	}
}

func endpointRoute() []endpointOption {
	type e = Endpoint
	return []endpointOption{
		text("transport", func(v *e) *string { return &v.Transport }, ""),
		boolean("force_rport", func(v *e) *bool { return &v.ForceRport }, "yes"),
		boolean("rewrite_contact", func(v *e) *bool { return &v.RewriteContact }, "no"),
		text("outbound_proxy", func(v *e) *string { return &v.OutboundProxy }, ""),
		words("redirect_method", func(v *e) *string { return &v.RedirectMethod }, "user", "uri_core", "uri_pjsip"),
		{name: "follow_redirect_methods", set: func(v *e, s string) error {
			v.FollowRedirectMethods = nil
			for _, word := range splitList(s) {
				if word != "message" && word != "register" {
					return fmt.Errorf("%q is neither message nor register", word)
				}
				v.FollowRedirectMethods = append(v.FollowRedirectMethods, word)
			}
			return nil
		}, show: func(v *e) string { return strings.Join(v.FollowRedirectMethods, ",") }},
		rules("acl", "", func(v *e) *Rules { return &v.ACL }), rules("permit", "permit", func(v *e) *Rules { return &v.ACL }),
		rules("deny", "deny", func(v *e) *Rules { return &v.ACL }),
		rules("contact_acl", "", func(v *e) *Rules { return &v.ContactACL }),
		rules("contact_permit", "permit", func(v *e) *Rules { return &v.ContactACL }),
		rules("contact_deny", "deny", func(v *e) *Rules { return &v.ContactACL }),
	}
}

// rules reads permit= and deny=. acl= names rules of acl.conf, which the loader
// puts in; here it is only shown.
func rules(name, kind string, at func(*Endpoint) *Rules) endpointOption {
	o := endpointOption{name: name, set: func(v *Endpoint, s string) error {
		if kind == "" {
			return nil
		}
		r, err := ParseRules(kind == "permit", s)
		*at(v) = append(slices.Clone(*at(v)), r...)
		return err
	}}
	if kind == "" {
		o.show = func(v *Endpoint) string { return showRules(*at(v)) }
	}
	return o
}

// showRules says which sorts of lines there are, as the tables do.
func showRules(r Rules) string {
	var deny, permit bool
	for _, rule := range r {
		deny, permit = deny || !rule.Permit, permit || rule.Permit
	}
	switch {
	case deny && permit:
		return "deny/permit"
	case deny:
		return "deny"
	case permit:
		return "permit"
	}
	return ""
}

func endpointCall() []endpointOption {
	type e = Endpoint
	return []endpointOption{
		enumerated("100rel", func(v *e) *Reliable { return &v.Reliable }, reliableNames[:], "yes"),
		{name: "timers", fallback: "yes", set: func(v *e, s string) error {
			if strings.EqualFold(s, "forced") {
				s = "required"
			}
			return enumerated("timers", func(v *e) *Timers { return &v.Timers }, timersNames[:], "").set(v, s)
		}, show: func(v *e) string { return v.Timers.String() }},
		seconds("timers_min_se", func(v *e) *time.Duration { return &v.TimersMinSE }, "90"),
		seconds("timers_sess_expires", func(v *e) *time.Duration { return &v.TimersExpires }, "1800"),
		boolean("inband_progress", func(v *e) *bool { return &v.InbandProgress }, "no"),
		boolean("ignore_183_without_sdp", func(v *e) *bool { return &v.Ignore183WithoutSDP }, "no"),
		boolean("follow_early_media_fork", func(v *e) *bool { return &v.FollowEarlyMediaFork }, "yes"),
		boolean("accept_multiple_sdp_answers", func(v *e) *bool { return &v.AcceptMultipleSDP }, "no"),
		boolean("refer_blind_progress", func(v *e) *bool { return &v.ReferBlindProgress }, "yes"),
		boolean("send_aoc", func(v *e) *bool { return &v.SendAOC }, "no"),
		boolean("suppress_q850_reason_headers", func(v *e) *bool { return &v.SuppressQ850 }, "no"),
		boolean("fax_detect", func(v *e) *bool { return &v.FaxDetect }, "no"),
		seconds("fax_detect_timeout", func(v *e) *time.Duration { return &v.FaxDetectTimeout }, "0"),
		text("record_on_feature", func(v *e) *string { return &v.RecordOn }, "automixmon"),
		text("record_off_feature", func(v *e) *string { return &v.RecordOff }, "automixmon"),
		boolean("one_touch_recording", func(v *e) *bool { return &v.OneTouchRecording }, "no"),
	}
}

func setIdentifyBy(v *Endpoint, s string) error {
	v.IdentifyBy = nil
	for _, word := range splitList(s) {
		switch word = strings.ToLower(word); word {
		case "username", "auth_username", "ip", "header", "request_uri":
			v.IdentifyBy = append(v.IdentifyBy, word)
		default:
			return fmt.Errorf("%q is no way to identify an endpoint", word)
		}
	}
	return nil
}

func groups(name string, at func(*Endpoint) *uint64) endpointOption {
	return endpointOption{name: name, set: func(v *Endpoint, s string) (err error) { *at(v), err = parseGroups(s); return err },
		show: func(v *Endpoint) string { return formatGroups(*at(v)) }}
}

func namedGroups(name string, at func(*Endpoint) *[]string) endpointOption {
	return endpointOption{name: name, set: func(v *Endpoint, s string) error {
		*at(v) = splitList(s)
		slices.Sort(*at(v))
		return nil
	}, show: func(v *Endpoint) string { return strings.Join(*at(v), ", ") }}
}

func enumerated[T any, N ~uint8](name string, at func(*T) *N, names []string, fallback string) option[T] {
	return option[T]{name: name, fallback: fallback, set: func(v *T, s string) error {
		if i := slices.Index(names, strings.ToLower(s)); i >= 0 {
			*at(v) = N(i)
			return nil
		}
		return fmt.Errorf("%q is none of %s", s, strings.Join(names, ", "))
	}, show: func(v *T) string { return names[*at(v)] }}
}

func number[T any](name string, at func(*T) *int, parse func(string) (int, error), fallback string) option[T] {
	return option[T]{name: name, fallback: fallback,
		set:  func(v *T, s string) (err error) { *at(v), err = parse(s); return err },
		show: func(v *T) string { return strconv.Itoa(*at(v)) }}
}
