package phone

import (
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// The order in which AMI lists the options of an object. It is no order that a
// person would choose, but the reference's, and clients compare what they get.
var (
	orderEndpoint = strings.Fields(`rpid_immediate webrtc ignore_183_without_sdp send_aoc device_state_busy_at t38_udptl_maxdatagram
		codec_prefs_incoming_answer security_negotiation dtls_rekey rtp_port_end named_pickup_group direct_media_method send_rpid
		pickup_group sdp_session dtls_verify message_context tenantid mailboxes record_on_feature dtls_private_key dtls_fingerprint
		overlap_context outgoing_call_offer_pref rtp_port_start from_domain timers_sess_expires named_call_group dtls_cipher
		media_encryption_optimistic suppress_q850_reason_headers aors identify_by callerid_privacy mwi_subscribe_replaces_unsolicited
		cos_audio follow_early_media_fork context rtp_symmetric transport moh_suggest t38_udptl fax_detect
		t38_bind_udptl_to_media_address tos_video srtp_tag_32 refer_blind_progress max_audio_streams bundle use_avpf call_group
		send_connected_line fax_detect_timeout sdp_owner force_rport callerid_tag rtp_timeout_hold contact_user suppress_moh_on_sendonly
		use_ptime media_address voicemail_extension rtp_timeout stir_shaken set_var contact_acl preferred_codec_only
		geoloc_outgoing_call_profile force_avp record_off_feature from_user send_diversion send_history_info t38_udptl_ipv6 tone_zone
		language allow_subscribe rtp_ipv6 callerid moh_passthrough cos_video dtls_auto_generate_cert asymmetric_rtp_codec
		geoloc_incoming_call_profile ice_support aggregate_mwi one_touch_recording mwi_from_user redirect_method accountcode
		codec_prefs_outgoing_answer allow rewrite_contact user_eq_phone rtp_engine follow_redirect_methods subscribe_context
		notify_early_inuse_ringing incoming_mwi_mailbox incoming_call_offer_pref allow_unauthenticated_options auth
		direct_media_glare_mitigation trust_id_inbound stir_shaken_profile bind_rtp_to_media_address disable_direct_media_on_nat
		media_encryption media_use_received_transport allow_overlap dtmf_mode outbound_auth tos_audio dtls_cert_file dtls_ca_path
		dtls_setup connected_line_method g726_non_standard 100rel timers direct_media acl timers_min_se trust_id_outbound
		sub_min_expiry rtcp_mux max_video_streams accept_multiple_sdp_answers codec_prefs_incoming_offer codec_prefs_outgoing_offer
		trust_connected_line send_pai rtp_keepalive t38_udptl_ec t38_udptl_nat allow_transfer dtls_ca_file outbound_proxy inband_progress`)
	orderAuth = strings.Fields(`oauth_secret password_digest supported_algorithms_uas refresh_token username md5_cred realm auth_type
		password supported_algorithms_uac nonce_lifetime oauth_clientid`)
	orderTransport = strings.Fields(`websocket_write_timeout cos tcp_keepalive_enable protocol symmetric_transport domain verify_server
		local_net bind allow_wildcard_certs tcp_keepalive_interval_time async_operations external_media_address method
		external_signaling_address require_client_cert tcp_keepalive_idle_time tos ca_list_path cipher cert_file
		external_signaling_port password allow_reload verify_client tcp_keepalive_probe_count priv_key_file ca_list_file`)
	orderAOR = strings.Fields(`minimum_expiration default_expiration qualify_timeout qualify_2xx_only mailboxes support_path
		remove_unavailable voicemail_extension max_contacts authenticate_qualify contact maximum_expiration qualify_frequency
		remove_existing outbound_proxy`)
	orderIdentify = strings.Fields(`match match_request_uri srv_lookups endpoint match_header`)
	orderContact  = strings.Fields(`via_addr qualify_timeout qualify_2xx_only call_id reg_server prune_on_boot path endpoint via_port
		authenticate_qualify uri qualify_frequency user_agent expiration_time outbound_proxy`)
	orderRegistration = strings.Fields(`max_retries client_uri security_negotiation auth_rejection_permanent server_uri
		max_random_initial_delay support_path retry_interval contact_header_params expiration transport line contact_user endpoint
		user_agent forbidden_retry_interval outbound_auth outbound_proxy fatal_retry_interval support_outbound`)
)

// objectFields are the lines of an object in AMI: its type, its name and its
// options in the order that is given. Options of one name are joined.
func objectFields(kind, name string, order []string, lines []shown) []command.Field {
	values := make(map[string]string, len(lines))
	for _, l := range lines {
		if have, ok := values[l.name]; ok {
			l.value = have + "," + l.value
		}
		values[l.name] = l.value
	}
	fields := []command.Field{{Key: "ObjectType", Value: kind}, {Key: "ObjectName", Value: name}}
	for _, option := range order {
		if value, ok := values[option]; ok {
			fields = append(fields, command.Field{Key: camelCase(option), Value: value})
		}
	}
	return fields
}

// camelCase makes an option's name a key of AMI: "max_contacts" is MaxContacts.
func camelCase(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

func (d *Driver) endpointFields(e *Endpoint) []command.Field {
	lines := endpointTable().shown(e)
	kept := lines[:0]
	for _, l := range lines {
		switch {
		case l.name == "set_var":
			var list []string
			for _, v := range e.SetVar {
				list = append(list, v.Name+"="+v.Value)
			}
			l.value = strings.Join(list, ",")
		case l.name == "contact_user" && l.value == "":
			continue
		}
		kept = append(kept, l)
	}
	return append(objectFields("endpoint", e.Name, orderEndpoint, kept), d.endpointUse(e)...)
}

// endpointUse is what AMI tells of an endpoint beside its options.
func (d *Driver) endpointUse(e *Endpoint) []command.Field {
	return []command.Field{{Key: "DeviceState", Value: deviceWord(d.DeviceState(e.Name))},
		{Key: "ActiveChannels", Value: strconv.Itoa(len(d.channelNames(e.Name)))}}
}

func authFields(a *Auth) []command.Field {
	return objectFields("auth", a.Name, orderAuth, authOptions().shown(a))
}

func transportFields(t *Transport) []command.Field {
	return objectFields("transport", t.Name, orderTransport, transportOptions().shown(t))
}

func identifyFields(i *Identify) []command.Field {
	return objectFields("identify", i.Name, orderIdentify, shownIdentify(i))
}

func registrationFields(r *Registration) []command.Field {
	return objectFields("registration", r.Name, orderRegistration, registrationOptions().shown(r))
}

// aorFields calls the contacts what the event calls them: Contacts or Contact.
func (d *Driver) aorFields(a *AOR, contacts string) []command.Field {
	fields := objectFields("aor", a.Name, orderAOR, aorTable().shown(a))
	for i := range fields {
		if fields[i].Key == "Contact" {
			fields[i] = command.Field{Key: contacts, Value: strings.TrimSuffix(d.contactList(a), ",")}
		}
	}
	return fields
}

// contactList names the contacts of an AOR, a comma after each.
func (d *Driver) contactList(a *AOR) string {
	var b strings.Builder
	for _, c := range d.location.contacts(a.Name) {
		b.WriteString(a.Name + "/" + c.URI + ",")
	}
	return b.String()
}

func (d *Driver) contactFields(c *Contact) []command.Field {
	return append(objectFields("contact", c.ID, orderContact, d.shownContact(c)),
		command.Field{Key: "Status", Value: c.Status.String()}, command.Field{Key: "RoundtripUsec", Value: c.roundTrip()})
}

// roundTrip is the contact's last round trip in microseconds.
func (c *Contact) roundTrip() string {
	if c.RTT == 0 {
		return "N/A"
	}
	return strconv.FormatInt(c.RTT.Microseconds(), 10)
}

// contactStatusFields are the lines of ContactStatusDetail.
func (d *Driver) contactStatusFields(c *Contact, endpoint string) []command.Field {
	a := d.Model().AOR(c.AOR)
	if a == nil || c.Static {
		a = &AOR{QualifyTimeout: 3 * time.Second}
	}
	expires := "0"
	if !c.Static {
		expires = strconv.FormatInt(c.Expires.Unix(), 10)
	}
	fields := []command.Field{{Key: "AOR", Value: c.AOR}, {Key: "URI", Value: c.URI}, {Key: "UserAgent", Value: c.UserAgent},
		{Key: "RegExpire", Value: expires}}
	if c.ViaAddress != "" {
		fields = append(fields, command.Field{Key: "ViaAddress", Value: c.ViaAddress + ":" + strconv.Itoa(c.ViaPort)})
	}
	if c.CallID != "" {
		fields = append(fields, command.Field{Key: "CallID", Value: c.CallID})
	}
	return append(fields, command.Field{Key: "Status", Value: c.Status.String()},
		command.Field{Key: "RoundtripUsec", Value: c.roundTrip()}, command.Field{Key: "EndpointName", Value: endpoint},
		command.Field{Key: "ID", Value: c.ID}, command.Field{Key: "AuthenticateQualify", Value: choose(a.AuthenticateQual, "1", "0")},
		command.Field{Key: "OutboundProxy", Value: a.OutboundProxy}, command.Field{Key: "Path", Value: strings.Join(c.Path, ",")},
		command.Field{Key: "QualifyFrequency", Value: strconv.Itoa(int(a.QualifyFrequency / time.Second))},
		command.Field{Key: "QualifyTimeout", Value: strconv.FormatFloat(a.QualifyTimeout.Seconds(), 'f', 3, 64)},
		command.Field{Key: "Qualify2xxOnly", Value: choose(a.Qualify2xxOnly, "1", "0")})
}
