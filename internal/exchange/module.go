package exchange

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/config"
)

// modules knows which of Asterisk's modules the built-in parts stand for, and
// which of them modules.conf loads.
type modules struct {
	mu       sync.Mutex // a leaf
	names    map[string]string
	autoload bool
	load     map[string]bool
	noload   map[string]bool
	require  []string
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
}

func newModules() *modules {
	m := &modules{names: map[string]string{}, autoload: true, load: map[string]bool{}, noload: map[string]bool{}}
	for name, what := range parts {
		m.names[name] = what
	}
	return m
}

// add makes a module known by the rows that belong to it.
func (m *modules) add(name, what string) {
	if name == "" || name == builtin {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names[name] == "" {
		m.names[name] = what
	}
}

// always makes a module known that is in use whatever modules.conf says.
func (m *modules) always(name, what string) {
	m.add(name, what)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.load[name] = true
	delete(m.noload, name)
}

// moduleOptions are the options of [modules].
var moduleOptions = []string{"autoload", "load", "preload", "noload", "require", "preload-require"}

// configure reads modules.conf; nil loads everything.
func (m *modules) configure(f *config.File) []config.Diagnostic {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f == nil {
		return nil
	}
	r := config.NewReader(nil)
	strayed(r, f, "modules", "global")
	m.autoload = r.Section(f.Section("modules")).Bool("autoload", false)
	for _, e := range f.Section("modules").Lines() {
		name := strings.TrimSuffix(e.Value, ".so")
		switch strings.ToLower(e.Key) {
		case "load", "preload":
			m.load[name] = true
		case "noload":
			m.noload[name] = true
		case "require", "preload-require":
			m.load[name] = true
			m.require = append(m.require, name)
		case "autoload":
		default:
			r.Report(config.Error, e, config.Suggest(e.Key, slices.Values(moduleOptions)), "unknown option %s: Asterisk would not start", e.Key)
		}
	}
	return r.Diagnostics()
}

// strangers tells of modules that modules.conf names and that are none here. Of
// those that are not to be loaded only what can be no module's name is told: what
// is not here is not loaded. It is asked once all modules are known.
func (m *modules) strangers(f *config.File) []config.Diagnostic {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := config.NewReader(nil)
	for _, e := range f.Section("modules").Lines() {
		name := strings.TrimSuffix(e.Value, ".so")
		if _, known := m.names[name]; known {
			continue
		}
		near := config.Suggest(name, maps.Keys(m.names))
		switch strings.ToLower(e.Key) {
		case "load", "preload":
			r.Report(config.Warning, e, near, "module %s is not here: Asterisk may have it, or nobody", name)
		case "require", "preload-require":
			r.Report(config.Error, e, near, "module %s is not here: the exchange would not start", name)
		case "noload":
			if family, _, ok := strings.Cut(name, "_"); !ok || !slices.Contains(families, family) {
				r.Report(config.Warning, e, near, "module %s is not here: nothing is left out", name)
			}
		}
	}
	return r.Diagnostics()
}

// families are what names of Asterisk's modules begin with.
var families = []string{"app", "bridge", "cdr", "cel", "chan", "codec", "format", "func", "pbx", "res", "test"}

// loaded reports whether a module is in use. A name that is no module of ours is not.
func (m *modules) loaded(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.names[name]
	return known && m.wanted(name)
}

// known reports whether there is such a module, by its name or that of its file.
func (m *modules) known(file string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.names[strings.TrimSuffix(file, ".so")]
	return known
}

// builtin is the module of rows that belong to the dialplan itself.
const builtin = "builtin"

// wants reports whether a row that belongs to the module is in use; rows of no
// module, and those that are built in, always are.
func (m *modules) wants(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return name == "" || name == builtin || m.wanted(name)
}

func (m *modules) wanted(name string) bool {
	if m.noload[name] {
		return false
	}
	return m.autoload || m.load[name]
}

// turn makes a module one that is loaded, or not.
func (m *modules) turn(name string, on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.noload, name)
	delete(m.load, name)
	if on {
		m.load[name] = true
	} else {
		m.noload[name] = true
	}
}

// missing returns the required modules that are not here.
func (m *modules) missing() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []string
	for _, name := range m.require {
		if _, ok := m.names[name]; !ok {
			list = append(list, name)
		}
	}
	return list
}

// show prints `module show [like X]`; uses is how often each module is in use.
func (m *modules) show(out io.Writer, like string, uses map[string]int) {
	fmt.Fprintf(out, "%-30s %-40.40s %-10s %-11s %13s\n", "Module", "Description", "Use Count", "Status", "Support Level")
	n := 0
	for _, name := range m.running() {
		if strings.Contains(strings.ToLower(name), strings.ToLower(like)) {
			fmt.Fprintf(out, "%-30s %-40.40s %-10d %-11s %13s\n", name, m.about(name), uses[strings.TrimSuffix(name, ".so")], "Running", levelOf(name))
			n++
		}
	}
	fmt.Fprintf(out, "%d modules loaded\n", n)
}

// about returns what the module of a file is.
func (m *modules) about(file string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.names[strings.TrimSuffix(file, ".so")]
}

// running returns the names of the modules that are in use, as files.
func (m *modules) running() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []string
	for name := range m.names {
		if m.wanted(name) {
			list = append(list, name+".so")
		}
	}
	sort.Strings(list)
	return list
}
