package rest

import "github.com/octothorpe/octothorpe/internal/command"

// partly says what is missing in operations that are there.
var partly = map[string]string{
	"POST /asterisk/modules/{moduleName}":   "only applications and functions of the dialplan can be loaded while it runs",
	"DELETE /asterisk/modules/{moduleName}": "only applications and functions of the dialplan can be unloaded while it runs",
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
