package external

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// ReadWebSocket reads chan_websocket.conf, which may be nil: whether events and commands are
// JSON where a destination does not say.
func ReadWebSocket(f *config.File) (json bool, problems []config.Diagnostic) {
	r := config.NewReader(nil)
	for _, section := range f.Sections() {
		if section.Template {
			continue
		}
		s := r.Section(section)
		if strings.EqualFold(section.Name, "global") {
			json = s.Word("control_message_format", "plain-text", "plain-text", "json") == "json"
		}
		s.Done()
	}
	return json, r.Diagnostics()
}
