package rest

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

var asteriskRoutes = []route{
	{"GET", "/asterisk/info", getInfo},
	{"GET", "/asterisk/ping", ping},
	{"GET", "/asterisk/variable", getGlobal},
	{"POST", "/asterisk/variable", setGlobal},
	{"GET", "/asterisk/modules", listModules},
	{"GET", "/asterisk/modules/{moduleName}", getModule},
	{"POST", "/asterisk/modules/{moduleName}", loadModule},
	{"DELETE", "/asterisk/modules/{moduleName}", unloadModule},
	{"PUT", "/asterisk/modules/{moduleName}", reloadModule},
	{"GET", "/asterisk/logging", listLogs},
	{"POST", "/asterisk/logging/{logChannelName}", addLog},
	{"DELETE", "/asterisk/logging/{logChannelName}", deleteLog},
	{"PUT", "/asterisk/logging/{logChannelName}/rotate", rotateLog},
	{"GET", "/asterisk/config/dynamic/{configClass}/{objectType}/{id}", getObject},
	{"PUT", "/asterisk/config/dynamic/{configClass}/{objectType}/{id}", putObject},
	{"DELETE", "/asterisk/config/dynamic/{configClass}/{objectType}/{id}", deleteObject},
}

// object encodes names and values, in this order.
func object(pairs ...string) []byte {
	b := []byte{'{'}
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(stasis.AppendText(b, pairs[i]), ':')
		b = stasis.AppendText(b, pairs[i+1])
	}
	return append(b, '}')
}

// joined puts encoded values between two brackets, commas between them.
func joined(open, closing string, list ...[]byte) []byte {
	b := []byte(open)
	for i, one := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, one...)
	}
	return append(b, closing...)
}

// named is a member of an object whose value is encoded.
func named(name string, value []byte) []byte {
	return append(append(stasis.AppendText(nil, name), ':'), value...)
}

func moment(at time.Time) string { return at.UTC().Format(stasis.TimeForm) }

func getInfo(s *Server, r *request) answer {
	i := s.Exchange.Info()
	only := r.list("only")
	some := r.has("only")
	var parts [][]byte
	add := func(name string, value []byte) {
		if !some || slices.Contains(only, name) {
			parts = append(parts, named(name, value))
		}
	}
	add("build", object("os", i.OS, "kernel", "unknown", "machine", i.Machine, "options", "", "date", i.Built, "user", "nobody"))
	add("system", object("version", i.Version, "entity_id", s.Hub.Entity))
	add("config", joined("{", "}", named("name", stasis.AppendText(nil, i.Name)), named("default_language", stasis.AppendText(nil, i.Language)),
		named("setid", object("user", "", "group", ""))))
	add("status", object("startup_time", moment(i.Started), "last_reload_time", moment(i.Reloaded)))
	return said(joined("{", "}", parts...))
}

func ping(s *Server, _ *request) answer {
	return said(object("ping", "pong", "timestamp", moment(time.Now()), "asterisk_id", s.Hub.Entity))
}

var nameless = refusal(http.StatusBadRequest, "Variable name is required")

func getGlobal(s *Server, r *request) answer {
	name := r.text("variable")
	if name == "" {
		return nameless
	}
	return said(object("value", s.Exchange.Global(r.Context(), name)))
}

func setGlobal(s *Server, r *request) answer {
	name := r.text("variable")
	if name == "" {
		return nameless
	}
	if err := s.Exchange.SetGlobal(r.Context(), name, r.text("value")); err != nil {
		return refusal(http.StatusInternalServerError, "Error setting variable: "+err.Error())
	}
	return nothing
}

func appendModule(m Module) []byte {
	return joined("{", "}", named("name", stasis.AppendText(nil, m.Name)), named("description", stasis.AppendText(nil, m.Description)),
		named("use_count", strconv.AppendInt(nil, int64(m.Uses), 10)), named("status", stasis.AppendText(nil, "Running")), named("support_level", stasis.AppendText(nil, m.Level)))
}

func listModules(s *Server, _ *request) answer {
	var list [][]byte
	for _, m := range s.Exchange.Modules() {
		list = append(list, appendModule(m))
	}
	return said(joined("[", "]", list...))
}

func (s *Server) module(name string) (Module, bool) {
	all := s.Exchange.Modules()
	if i := slices.IndexFunc(all, func(m Module) bool { return m.Name == name }); i >= 0 {
		return all[i], true
	}
	return Module{}, false
}

func getModule(s *Server, r *request) answer {
	m, ok := s.module(r.path["moduleName"])
	if !ok {
		return refusal(http.StatusNotFound, "Module could not be found in running modules")
	}
	return said(appendModule(m))
}

// Errors of loading and unloading modules.
var (
	ErrLoaded   = errors.New("the module is loaded already")
	ErrNoModule = errors.New("no such module is loaded")
)

func loadModule(s *Server, r *request) answer {
	switch err := s.Exchange.LoadModule(r.path["moduleName"]); {
	case errors.Is(err, ErrLoaded):
		return refusal(http.StatusConflict, "Module is already loaded")
	case err != nil:
		return refusal(http.StatusConflict, "Module load declined")
	}
	return nothing
}

func unloadModule(s *Server, r *request) answer {
	switch err := s.Exchange.UnloadModule(r.path["moduleName"]); {
	case errors.Is(err, ErrNoModule):
		return refusal(http.StatusNotFound, "Module not found in running modules")
	case err != nil:
		return refusal(http.StatusConflict, "Module could not be unloaded")
	}
	return nothing
}

// ErrNoReload is Exchange.Reload's error for a module that reads nothing.
var ErrNoReload = errors.New("the module reads no configuration")

func reloadModule(s *Server, r *request) answer {
	ok, err := s.Exchange.Reload(r.path["moduleName"])
	switch {
	case !ok:
		return refusal(http.StatusNotFound, "Module not found in running modules")
	case errors.Is(err, ErrNoReload):
		return refusal(http.StatusConflict, "Module does not support reloading")
	case err != nil:
		return refusal(http.StatusConflict, "Module could not be reloaded")
	}
	return nothing
}

func listLogs(s *Server, _ *request) answer {
	var list [][]byte
	for _, l := range s.Exchange.LogChannels() {
		list = append(list, object("channel", l.Channel, "type", l.Type, "status", l.Status, "configuration", l.Configuration))
	}
	return said(joined("[", "]", list...))
}

// ErrLogExists is AddLog's error for a log that is there already.
var ErrLogExists = errors.New("the log is there already")

func addLog(s *Server, r *request) answer {
	if r.text("configuration") == "" {
		return refusal(http.StatusBadRequest, "Configuration levels are required")
	}
	switch err := s.Exchange.AddLog(r.path["logChannelName"], r.text("configuration")); {
	case errors.Is(err, ErrLogExists):
		return refusal(http.StatusConflict, "Log channel already exists")
	case err != nil:
		return refusal(http.StatusBadRequest, "Configuration is invalid")
	}
	return nothing
}

var noLog = refusal(http.StatusNotFound, "Log channel does not exist")

func deleteLog(s *Server, r *request) answer {
	if !s.Exchange.DeleteLog(r.path["logChannelName"]) {
		return noLog
	}
	return nothing
}

func rotateLog(s *Server, r *request) answer {
	if !s.Exchange.RotateLog(r.path["logChannelName"]) {
		return noLog
	}
	return nothing
}
