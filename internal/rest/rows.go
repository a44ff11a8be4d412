package rest

import "github.com/octothorpe/octothorpe/internal/command"

// partly says what is missing in operations that are there.
var partly = map[string]string{
	"POST /asterisk/modules/{moduleName}":                          "nothing can be loaded while it runs",
	"DELETE /asterisk/modules/{moduleName}":                        "nothing can be unloaded while it runs",
	"PUT /asterisk/config/dynamic/{configClass}/{objectType}/{id}": "objects that are kept in memory",
	"POST /bridges/{bridgeId}/addChannel":                          "absorbDTMF, inhibitConnectedLineUpdates",
	"POST /bridges/{bridgeId}/moh":                                 "who enters later hears none",
	"POST /channels/{channelId}/redirect":                          "tells nothing of a failure",
}

// Rows are the operations that are there, as METHOD /path.
func Rows() []command.Row {
	var list []command.Row
	for _, routes := range allRoutes() {
		for _, r := range routes {
			name := r.method + " " + r.path
			list = append(list, command.Row{Name: name, Partial: partly[name]})
		}
	}
	return list
}
