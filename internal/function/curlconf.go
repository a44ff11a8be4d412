package function

import (
	"maps"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// CURLDefaults are what res_curl.conf says: options of CURL that hold for all legs until
// CURLOPT says otherwise. They are immutable.
type CURLDefaults struct{ settings curlSettings }

// ReadCURL reads res_curl.conf, which may be nil.
func ReadCURL(f *config.File) (CURLDefaults, []config.Diagnostic) {
	r := config.NewReader(nil)
	var all curlSettings
	for _, e := range f.Section("globals").Lines() {
		name := strings.ToLower(e.Key)
		kind, known := curlKeys[name]
		switch {
		case !known:
			r.Report(config.Warning, e, config.Suggest(e.Key, maps.Keys(curlKeys)), "unknown option %s", e.Key)
			continue
		case slices.Contains(curlUnheeded, name):
			r.NotHonoured(e)
		}
		value, err := curlValue(name, kind, e.Value)
		if err != nil {
			r.Report(config.Error, e, "", "%s", err.Error())
			continue
		}
		all = all.with(name, value, kind == curlList)
	}
	return CURLDefaults{all}, r.Diagnostics()
}

// curlUnheeded are options that are kept and change nothing: those of FTP, and those of keys
// of another kind than PEM or with a password.
var curlUnheeded = []string{"ftptext", "ftptimeout", "ssl_keypasswd"}

// ConfigureCURL puts options in force in place of those that hold for all legs.
func (h *House) ConfigureCURL(d CURLDefaults) {
	h.curl.mu.Lock()
	defer h.curl.mu.Unlock()
	h.curl.global = d.settings
}
