package rest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

var otherRoutes = []route{
	{"GET", "/deviceStates", listDevices},
	{"GET", "/deviceStates/{deviceName}", getDevice},
	{"PUT", "/deviceStates/{deviceName}", setDevice},
	{"DELETE", "/deviceStates/{deviceName}", deleteDevice},
	{"GET", "/endpoints", listEndpoints},
	{"PUT", "/endpoints/sendMessage", sendMessage},
	{"POST", "/endpoints/refer", refer},
	{"GET", "/endpoints/{tech}", listEndpoints},
	{"GET", "/endpoints/{tech}/{resource}", getEndpoint},
	{"PUT", "/endpoints/{tech}/{resource}/sendMessage", sendMessage},
	{"POST", "/endpoints/{tech}/{resource}/refer", refer},
	{"GET", "/sounds", listSounds},
	{"GET", "/sounds/{soundId}", getSound},
}

// clientsDevice begins the names of the devices that clients control.
const clientsDevice = "Stasis:"

func device(name, state string) []byte { return object("name", name, "state", state) }

func listDevices(s *Server, _ *request) answer {
	var list [][]byte
	for _, name := range s.Exchange.Devices() {
		list = append(list, device(name, s.Hub.Device(name)))
	}
	return said(joined("[", "]", list...))
}

func getDevice(s *Server, r *request) answer {
	name := r.path["deviceName"]
	return said(device(name, s.Hub.Device(name)))
}

var (
	notControlled = refusal(http.StatusConflict, "Uncontrolled device specified")
	deviceStates  = []string{"NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"}
)

func setDevice(s *Server, r *request) answer {
	name, state := r.path["deviceName"], r.text("deviceState")
	switch {
	case !strings.HasPrefix(name, clientsDevice):
		return notControlled
	case !slices.Contains(deviceStates, state):
		return refusal(http.StatusInternalServerError, "Unknown device")
	}
	s.Exchange.SetDevice(name, state)
	return nothing
}

func deleteDevice(s *Server, r *request) answer {
	name := r.path["deviceName"]
	if !strings.HasPrefix(name, clientsDevice) {
		return notControlled
	}
	s.Exchange.SetDevice(name, "")
	return nothing
}

func listEndpoints(s *Server, r *request) answer {
	technology := r.path["tech"]
	var list [][]byte
	known := technology == ""
	for _, e := range s.Hub.Endpoints() {
		if technology == "" || e.Technology == technology {
			known = true
			list = append(list, stasis.AppendEndpoint(nil, e))
		}
	}
	if !known {
		return refusal(http.StatusNotFound, "No Endpoints found - invalid tech "+technology)
	}
	return said(joined("[", "]", list...))
}

var noEndpoint = refusal(http.StatusNotFound, "Endpoint not found")

func getEndpoint(s *Server, r *request) answer {
	e, ok := s.Hub.Endpoint(r.path["tech"], r.path["resource"])
	if !ok {
		return noEndpoint
	}
	return said(stasis.AppendEndpoint(nil, e))
}

func sendMessage(s *Server, r *request) answer {
	to := r.text("to")
	if tech := r.path["tech"]; tech != "" {
		to = strings.ToLower(tech) + ":" + r.path["resource"]
	}
	switch {
	case to == "":
		return refusal(http.StatusBadRequest, "To must be specified")
	}
	variables := map[string]string{}
	for _, v := range sorted(r.variables()) {
		variables[v.name] = v.value
	}
	ok, err := s.Exchange.Send(r.Context(), to, r.text("from"), r.text("body"), variables)
	switch {
	case !ok:
		return noEndpoint
	case err != nil:
		s.Logger.Warn("a message was not sent", "to", to, "error", err)
		return noEndpoint
	}
	return answer{status: http.StatusAccepted}
}

// refer has an endpoint call somebody else.
func refer(s *Server, r *request) answer {
	f := Referral{To: r.text("to"), From: r.text("from"), Target: r.text("refer_to"), Self: r.truth("to_self")}
	if tech := r.path["tech"]; tech != "" {
		f.To = strings.ToLower(tech) + ":" + r.path["resource"]
	}
	if f.To == "" {
		return refusal(http.StatusBadRequest, "To must be specified")
	}
	variables := r.variables()
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		value, ok := variables[name].(string)
		if !ok {
			return refusal(http.StatusBadRequest, "Only string values in the 'variables' object allowed")
		}
		f.Headers = append(f.Headers, event.Variable{Name: name, Value: value})
	}
	if err := s.Exchange.Refer(r.Context(), f); err != nil {
		s.Logger.Warn("an endpoint was not referred", "to", f.To, "refer_to", f.Target, "error", err)
		return noEndpoint
	}
	return answer{status: http.StatusAccepted}
}

// A Sound is a prompt, in the languages and formats in which there is one.
type Sound struct {
	ID      string
	Formats []SoundFormat
}

// A SoundFormat is one of them.
type SoundFormat struct{ Language, Format string }

func (s Sound) append(b []byte) []byte {
	var formats [][]byte
	for _, f := range s.Formats {
		formats = append(formats, object("language", f.Language, "format", f.Format))
	}
	return append(b, joined("{", "}", named("id", stasis.AppendText(nil, s.ID)), named("formats", joined("[", "]", formats...)))...)
}

func listSounds(s *Server, r *request) answer {
	language, format := r.text("lang"), r.text("format")
	var list [][]byte
	for _, one := range s.Exchange.Sounds() {
		if slices.ContainsFunc(one.Formats, func(f SoundFormat) bool {
			return (language == "" || f.Language == language) && (format == "" || f.Format == format)
		}) {
			list = append(list, one.append(nil))
		}
	}
	if len(list) == 0 && (language != "" || format != "") {
		return refusal(http.StatusNotFound, "No sounds found that matched the query")
	}
	return said(joined("[", "]", list...))
}

func getSound(s *Server, r *request) answer {
	for _, one := range s.Exchange.Sounds() {
		if one.ID == r.path["soundId"] {
			return said(one.append(nil))
		}
	}
	return refusal(http.StatusNotFound, "Sound not found")
}
