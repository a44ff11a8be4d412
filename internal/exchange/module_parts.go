package exchange

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/ael"
	"github.com/octothorpe/octothorpe/internal/lua"
	"github.com/octothorpe/octothorpe/internal/phone"
)

// What may be served over HTTP, or not.
const (
	restModule      = "res_ari"
	webSocketModule = "res_http_websocket"
)

// removable are those of the parts that do not answer where modules.conf does not load them.
var removable = append([]string{"res_pjsip", "chan_pjsip", "chan_sip", iaxModule, "pbx_config", ael.Registrar, lua.Registrar, "res_clialiases",
	"res_resolver_unbound", "res_srtp", phone.WizardRegistrar, restModule, webSocketModule}, phone.Abilities...)

// staysIn reports whether a module is a part that answers whatever modules.conf says.
func staysIn(module string) bool {
	_, part := parts[module]
	return part && !slices.Contains(removable, module)
}

// parts are the modules that are no application's or function's own, with what
// they are, in our words.
var parts = map[string]string{
	"res_pjsip": "SIP resource", "chan_pjsip": "PJSIP channel driver", "res_pjsip_session": "SIP sessions",
	"res_pjsip_registrar": "SIP registrar", "res_pjsip_authenticator_digest": "SIP digest, checking",
	"res_pjsip_outbound_authenticator_digest": "SIP digest, proving", "res_pjsip_outbound_registration": "SIP registrations elsewhere",
	"res_pjsip_endpoint_identifier_user": "SIP identification by user", "res_pjsip_endpoint_identifier_ip": "SIP identification by address",
	"res_pjsip_sdp_rtp": "SIP audio", "res_pjsip_caller_id": "SIP caller ID", "res_pjsip_dtmf_info": "SIP keys by INFO",
	"res_pjsip_nat": "SIP behind NAT", "res_pjsip_refer": "SIP transfers", "res_pjsip_diversion": "SIP diversion",
	"res_pjsip_rfc3326": "SIP reasons", "res_pjsip_logger": "SIP messages on the console", "chan_sip": "SIP channel driver of sip.conf",
	"chan_local": "Local channel driver", iaxModule: "IAX2 channel driver", "pbx_config": "extensions.conf", "res_rtp_asterisk": "RTP", "res_musiconhold": "Music on hold",
	"format_wav": "WAV files", "format_gsm": "GSM files", "format_pcm": "µ-law and A-law files", "format_sln": "Linear files",
	"format_g722": "G.722 files", "codec_ulaw": "G.711 µ-law", "codec_alaw": "G.711 A-law", "codec_gsm": "GSM full rate",
	"codec_g722": "G.722", "codec_resample": "Resampling", "res_indications": "Tones", "res_clialiases": "Aliases of console commands",
	"bridge_simple": "Bridges of two", "bridge_native_rtp": "Bridges of RTP", "bridge_softmix": "Mixing bridges",
	"bridge_holding": "Holding bridges", "res_timing_timerfd": "Timing", "pbx_functions": "Functions", "res_sorcery_config": "Objects of configuration files",
	"res_resolver_unbound": "Look-up of names", "res_ari": "REST interface", "res_stasis": "Applications of the REST interface",
	"res_ari_channels": "REST: channels", "res_ari_bridges": "REST: bridges", "res_ari_applications": "REST: applications",
	"res_ari_asterisk": "REST: the exchange", "res_ari_endpoints": "REST: endpoints", "res_ari_events": "REST: events", "res_ari_playbacks": "REST: playbacks",
	"res_ari_recordings": "REST: recordings", "res_ari_device_states": "REST: device states", "res_stasis_answer": "REST: answering",
	"pbx_lua":             "Dialplans in Lua",
	"res_stasis_playback": "REST: playing", "res_stasis_recording": "REST: recording", "res_http_websocket": "WebSockets",
	"app_stack": "Subroutines", "app_while": "Loops", "func_timeout": "Time limits of a call", "func_evalexten": "What an extension returns",
	"pbx_loopback": "Other contexts in the place of extensions", "pbx_realtime": "Extensions in databases", "bridge_builtin_features": "Keys in bridges",
	"bridge_builtin_interval_features": "Time limits of bridges", "codec_a_mu": "G.711, from one law to the other", "codec_adpcm": "ADPCM", "codec_g726": "G.726",
	"format_g726": "G.726 files", "format_g729": "G.729 files", "format_vox": "ADPCM files", "format_wav_gsm": "GSM in WAV files",
	"res_realtime": "Databases, on the console", "res_clioriginate": "Calls from the console", "res_limit": "Limits of the process, on the console",
	"res_manager_devicestate": "AMI: states of devices", "res_manager_presencestate": "AMI: presence",
	"res_srtp": "SRTP", "res_speech": "Speech", "res_aeap": "Programs that hear speech", "res_speech_aeap": "Speech by programs", "res_statsd": "Figures for StatsD", "res_endpoint_stats": "Figures of endpoints for StatsD",
	"res_audiosocket": "Audio over TCP", "res_curl": "HTTP for the dialplan", "res_ari_sounds": "REST: sounds", "res_stasis_snoop": "REST: listening and whispering",
	"res_stasis_device_state": "REST: states of its own", "res_stasis_broadcast": "REST: calls that are offered",
	"res_pjsip_acl": "SIP lists of who may come", "res_pjsip_config_wizard": "pjsip_wizard.conf", "res_pjsip_dialog_info_body_generator": "SIP subscriptions: dialogs",
	"res_pjsip_endpoint_identifier_anonymous": "SIP identification of strangers", "res_pjsip_exten_state": "SIP subscriptions to hints",
	"res_pjsip_history": "SIP messages of the past", "res_pjsip_maintenance": "SIP endpoints in maintenance", "res_pjsip_messaging": "SIP text messages",
	"res_pjsip_mwi": "SIP subscriptions to mailboxes", "res_pjsip_mwi_body_generator": "SIP subscriptions: mailboxes",
	"res_pjsip_one_touch_record_info": "SIP recording by a key", "res_pjsip_path": "SIP Path", "res_pjsip_pidf_body_generator": "SIP subscriptions: presence",
	"res_pjsip_pidf_eyebeam_body_supplement": "SIP subscriptions: what a person does", "res_pjsip_pubsub": "SIP subscriptions", "res_pjsip_send_to_voicemail": "SIP transfers to mailboxes",
	"res_pjsip_t38": "SIP fax", "res_pjsip_transport_websocket": "SIP over WebSockets", "res_pjsip_xpidf_body_generator": "SIP subscriptions: presence as it once was",
}
