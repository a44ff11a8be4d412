package function

import (
	"maps"
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
		case curlUnheeded[name] != "":
			r.NotHonoured(e, curlUnheeded[name])
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

// curlUnheeded are options that are kept and change nothing, and what is left to do.
var curlUnheeded = map[string]string{"ftptext": "FTP is not spoken", "ftptimeout": "FTP is not spoken",
	"ssl_keypasswd": "keys with a password are not read"}

// ConfigureCURL puts options in force in place of those that hold for all legs.
func (h *House) ConfigureCURL(d CURLDefaults) {
	h.curl.mu.Lock()
	defer h.curl.mu.Unlock()
	h.curl.global = d.settings
}
