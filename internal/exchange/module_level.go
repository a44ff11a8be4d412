package exchange

import (
	"slices"
	"strings"
)

// extended are the modules of which the reference says so; all others of ours are core there.
var extended = strings.Fields(`
app_alarmreceiver app_amd app_attended_transfer app_audiosocket app_blind_transfer app_chanisavail app_dictate app_dtmfstore
app_externalivr app_if app_mf app_morsecode app_mp3 app_reload app_sf app_signal app_stasis_broadcast app_waitforcond
app_waitforring app_waitforsilence app_zapateller cdr_csv cdr_pgsql cdr_sqlite3_custom cel_pgsql cel_sqlite3_custom
chan_audiosocket func_evalexten func_export func_frame_drop func_frame_trace func_json func_pitchshift func_uuid pbx_ael
format_vox pbx_lua pbx_realtime res_audiosocket res_config_pgsql res_pjsip_history res_pjsip_maintenance res_stasis_broadcast res_statsd res_tonedetect`)

// levelOf returns the level of support of a module's file.
func levelOf(file string) string {
	if slices.Contains(extended, strings.TrimSuffix(file, ".so")) {
		return "extended"
	}
	return "core"
}

// moduleUses is how many legs run an application of each module.
func (x *Exchange) moduleUses() map[string]int {
	of := map[string]string{}
	x.plugs.mu.Lock()
	for module, list := range x.plugs.applications {
		for _, a := range list {
			of[strings.ToLower(a.Name)] = module
		}
	}
	x.plugs.mu.Unlock()
	uses := map[string]int{}
	for _, c := range x.channels.All() {
		if name := c.Snapshot().Application; name != "" {
			uses[of[strings.ToLower(name)]]++
		}
	}
	return uses
}
