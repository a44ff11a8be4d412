package rest

import "github.com/octothorpe/octothorpe/internal/command"

// unbuilt are the operations that answer 501.
var unbuilt = map[string]bool{
	"GET /asterisk/config/dynamic/{configClass}/{objectType}/{id}": true, "PUT /asterisk/config/dynamic/{configClass}/{objectType}/{id}": true,
	"DELETE /asterisk/config/dynamic/{configClass}/{objectType}/{id}": true,
	"POST /channels/externalMedia":                                    true, "GET /channels/{channelId}/rtp_statistics": true, "POST /channels/{channelId}/transfer_progress": true,
	"POST /endpoints/refer": true, "POST /endpoints/{tech}/{resource}/refer": true,
	"GET /sounds": true, "GET /sounds/{soundId}": true,
}

// partly says what is missing in operations that are there.
var partly = map[string]string{
	"POST /asterisk/modules/{moduleName}":   "nothing can be loaded while it runs",
	"DELETE /asterisk/modules/{moduleName}": "nothing can be unloaded while it runs",
	"POST /bridges/{bridgeId}/addChannel":   "absorbDTMF, inhibitConnectedLineUpdates",
	"POST /bridges/{bridgeId}/moh":          "who enters later hears none",
	"POST /channels/{channelId}/redirect":   "tells nothing of a failure",
	"GET /events":                           "REST requests over the WebSocket",
}

// Rows are the operations that are there, as METHOD /path.
func Rows() []command.Row {
	var list []command.Row
	for _, routes := range allRoutes() {
		for _, r := range routes {
			name := r.method + " " + r.path
			if !unbuilt[name] {
				list = append(list, command.Row{Name: name, Partial: partly[name]})
			}
		}
	}
	return list
}
