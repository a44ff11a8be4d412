package phone

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// rtpEngine is the name of what carries media, here and in the reference.
const rtpEngine = "asterisk"

func endpointMedia() []endpointOption {
	type e = Endpoint
	return []endpointOption{
		{name: "allow", set: func(v *e, s string) error { return v.allow(s, true) },
			show: func(v *e) string { return codecList(v.Codecs) }},
		{name: "disallow", set: func(v *e, s string) error { return v.allow(s, false) }},
		{name: "dtmf_mode", fallback: "rfc4733", set: func(v *e, s string) error {
			if strings.EqualFold(s, "rfc2833") {
				s = "rfc4733"
			}
			return enumerated("dtmf_mode", func(v *e) *DTMFMode { return &v.DTMF }, dtmfNames[:], "").set(v, s)
		}, show: func(v *e) string { return v.DTMF.String() }},
		boolean("direct_media", func(v *e) *bool { return &v.DirectMedia }, "yes"),
		words("direct_media_method", func(v *e) *string { return &v.DirectMediaMethod }, "invite", "reinvite", "update"),
		words("direct_media_glare_mitigation", func(v *e) *string { return &v.DirectMediaGlare }, "none", "outgoing", "incoming"),
		boolean("disable_direct_media_on_nat", func(v *e) *bool { return &v.DisableDirectMediaNAT }, "no"),
		text("rtp_engine", func(v *e) *string { return &v.RTPEngine }, rtpEngine),
		boolean("suppress_moh_on_sendonly", func(v *e) *bool { return &v.HeldQuietly }, "no"),
		boolean("rtp_symmetric", func(v *e) *bool { return &v.RTPSymmetric }, "no"),
		boolean("rtp_ipv6", func(v *e) *bool { return &v.RTPIPv6 }, "no"),
		seconds("rtp_keepalive", func(v *e) *time.Duration { return &v.RTPKeepalive }, "0"),
		seconds("rtp_timeout", func(v *e) *time.Duration { return &v.RTPTimeout }, "0"),
		seconds("rtp_timeout_hold", func(v *e) *time.Duration { return &v.RTPTimeoutHold }, "0"),
		integer("rtp_port_start", func(v *e) *int { return &v.RTPPortStart }, "0"),
		integer("rtp_port_end", func(v *e) *int { return &v.RTPPortEnd }, "0"),
		text("media_address", func(v *e) *string { return &v.MediaAddress }, ""),
		boolean("bind_rtp_to_media_address", func(v *e) *bool { return &v.BindRTPToMediaAddress }, "no"),
		boolean("preferred_codec_only", func(v *e) *bool { return &v.PreferredCodecOnly }, "no"),
		boolean("asymmetric_rtp_codec", func(v *e) *bool { return &v.AsymmetricCodec }, "no"),
		words("incoming_call_offer_pref", func(v *e) *string { return &v.IncomingOfferPref }, "local", "local_first", "remote", "remote_first"),
		words("outgoing_call_offer_pref", func(v *e) *string { return &v.OutgoingOfferPref },
			"remote_merge", "local", "local_merge", "local_first", "remote", "remote_first"),
		boolean("use_ptime", func(v *e) *bool { return &v.UsePtime }, "no"),
		boolean("g726_non_standard", func(v *e) *bool { return &v.G726NonStandard }, "no"),
		boolean("moh_passthrough", func(v *e) *bool { return &v.MOHPassthrough }, "no"),
		text("sdp_owner", func(v *e) *string { return &v.SDPOwner }, "-"),
		text("sdp_session", func(v *e) *string { return &v.SDPSession }, "Asterisk"),
		number("tos_audio", func(v *e) *int { return &v.TOSAudio }, parseTOS, "0"),
		number("tos_video", func(v *e) *int { return &v.TOSVideo }, parseTOS, "0"),
		integer("cos_audio", func(v *e) *int { return &v.COSAudio }, "0"),
		integer("cos_video", func(v *e) *int { return &v.COSVideo }, "0"),
		integer("max_audio_streams", func(v *e) *int { return &v.MaxAudio }, "1"),
		integer("max_video_streams", func(v *e) *int { return &v.MaxVideo }, "1"),
		boolean("bundle", func(v *e) *bool { return &v.Bundle }, "no"),
		boolean("rtcp_mux", func(v *e) *bool { return &v.RTCPMux }, "no"),
		boolean("use_avpf", func(v *e) *bool { return &v.UseAVPF }, "no"),
		boolean("force_avp", func(v *e) *bool { return &v.ForceAVP }, "no"),
		words("media_encryption", func(v *e) *string { return &v.MediaEncryption }, "no", "sdes", "dtls"),
		boolean("media_encryption_optimistic", func(v *e) *bool { return &v.MediaOptimistic }, "no"),
		boolean("media_use_received_transport", func(v *e) *bool { return &v.UseReceivedTransport }, "no"),
		boolean("srtp_tag_32", func(v *e) *bool { return &v.SRTPTag32 }, "no"),
		boolean("ice_support", func(v *e) *bool { return &v.ICE }, "no"),
		yesNo("webrtc", func(v *e) *bool { return &v.WebRTC }, "no"),
		{name: "dtls_verify", fallback: "no", set: setVerify, show: func(v *e) string { return v.DTLS.VerifyText }},
		capitalYesNo("dtls_auto_generate_cert", func(v *e) *bool { return &v.DTLS.AutoGenerate }, "no"),
		text("dtls_cert_file", func(v *e) *string { return &v.DTLS.CertFile }, ""),
		text("dtls_private_key", func(v *e) *string { return &v.DTLS.KeyFile }, ""),
		text("dtls_ca_file", func(v *e) *string { return &v.DTLS.CAFile }, ""),
		text("dtls_ca_path", func(v *e) *string { return &v.DTLS.CAPath }, ""),
		text("dtls_cipher", func(v *e) *string { return &v.DTLS.Cipher }, ""),
		words("dtls_setup", func(v *e) *string { return &v.DTLS.Setup }, "active", "passive", "actpass"),
		words("dtls_fingerprint", func(v *e) *string { return &v.DTLS.Fingerprint }, "SHA-256", "SHA-1"),
		integer("dtls_rekey", func(v *e) *int { return &v.DTLS.Rekey }, "0"),
		boolean("t38_udptl", func(v *e) *bool { return &v.T38.UDPTL }, "no"),
		boolean("t38_udptl_nat", func(v *e) *bool { return &v.T38.NAT }, "no"),
		boolean("t38_udptl_ipv6", func(v *e) *bool { return &v.T38.IPv6 }, "no"),
		boolean("t38_bind_udptl_to_media_address", func(v *e) *bool { return &v.T38.BindToMedia }, "no"),
		words("t38_udptl_ec", func(v *e) *string { return &v.T38.ErrorCorrection }, "none", "fec", "redundancy"),
		integer("t38_udptl_maxdatagram", func(v *e) *int { return &v.T38.MaxDatagram }, "0"),
	}
}

// endpointKept are the options that are kept and shown, and warned of.
func endpointKept() []endpointOption {
	at := func(v *Endpoint) *settings { return &v.other }
	return []endpointOption{
		kept("stir_shaken", at, keptYesNo, "no"),
		kept("stir_shaken_profile", at, keptText, ""),
		kept("geoloc_incoming_call_profile", at, keptText, ""),
		kept("geoloc_outgoing_call_profile", at, keptText, ""),
	}
}

// allow applies an allow= or disallow= line.
func (e *Endpoint) allow(value string, yes bool) error {
	names, err := allowCodecs(e.Codecs, value, yes)
	e.setCodecs(names)
	for _, word := range splitList(value) {
		name, ms, framed := strings.Cut(strings.ToLower(word), ":")
		f := knownFormat(strings.TrimSpace(name))
		if n, err := strconv.Atoi(strings.TrimSpace(ms)); framed && f != nil && err == nil && n > 0 && n <= 300 {
			e.Framings = maps.Clone(e.Framings) // templates share theirs
			if e.Framings == nil {
				e.Framings = map[*media.Format]time.Duration{}
			}
			e.Framings[f] = time.Duration(n) * time.Millisecond
		}
	}
	return err
}

// setVerify reads dtls_verify: what of the other side's certificate is checked.
func setVerify(v *Endpoint, s string) error {
	switch {
	case isTrue(s):
		v.DTLS.Verify, v.DTLS.VerifyText = true, "Yes"
	case isFalse(s):
		v.DTLS.Verify, v.DTLS.VerifyText = false, "No"
	case strings.EqualFold(s, "fingerprint"), strings.EqualFold(s, "certificate"):
		v.DTLS.Verify, v.DTLS.VerifyText = true, strings.ToUpper(s[:1])+strings.ToLower(s[1:])
	default:
		return fmt.Errorf("%q is none of yes, no, fingerprint, certificate", s)
	}
	return nil
}

// muxes reports whether RTCP may share the port of RTP: where streams go together it has to.
func (e *Endpoint) muxes() bool { return e.RTCPMux || e.Bundle }

// applyWebRTC sets what webrtc=yes stands for.
func (e *Endpoint) applyWebRTC() {
	if !e.WebRTC {
		return
	}
	e.RTCPMux, e.UseAVPF, e.ICE, e.UseReceivedTransport, e.Bundle = true, true, true, true, true
	e.MediaEncryption, e.DTLS.Setup, e.DTLS.Verify, e.DTLS.VerifyText = "dtls", "actpass", true, "Fingerprint"
	if e.DTLS.CertFile == "" {
		e.DTLS.AutoGenerate = true
	}
}
