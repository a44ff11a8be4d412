package rest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

var applicationRoutes = []route{
	{"GET", "/applications", listApplications},
	{"GET", "/applications/{applicationName}", getApplication},
	{"POST", "/applications/{applicationName}/subscription", subscription((*stasis.Hub).Subscribe)},
	{"DELETE", "/applications/{applicationName}/subscription", subscription((*stasis.Hub).Unsubscribe)},
	{"PUT", "/applications/{applicationName}/eventFilter", filterEvents},
	{"GET", "/events", func(*Server, *request) answer { return refusal(http.StatusUpgradeRequired, "Upgrade Required") }}, // see serveSocket
	{"POST", "/events/user/{eventName}", userEvent},
	{"POST", "/events/claim", claim},
}

var noApplication = refusal(http.StatusNotFound, "Application not found")

func (s *Server) application(name string) answer {
	b, err := s.Hub.AppendApp(nil, name)
	if err != nil {
		return noApplication
	}
	return said(b)
}

func listApplications(s *Server, _ *request) answer {
	var list [][]byte
	for _, name := range s.Hub.Names() {
		if b, err := s.Hub.AppendApp(nil, name); err == nil {
			list = append(list, b)
		}
	}
	return said(joined("[", "]", list...))
}

func getApplication(s *Server, r *request) answer { return s.application(r.path["applicationName"]) }

func subscription(change func(*stasis.Hub, string, []string) error) operation {
	return func(s *Server, r *request) answer {
		name, sources := r.path["applicationName"], r.list("eventSource")
		if len(sources) == 0 && !r.has("eventSource") {
			return refusal(http.StatusBadRequest, "Missing parameter eventSource")
		}
		switch err := change(s.Hub, name, sources); {
		case errors.Is(err, stasis.ErrNoApp):
			return noApplication
		case errors.Is(err, stasis.ErrScheme):
			return refusal(http.StatusBadRequest, "Invalid event source URI scheme")
		case errors.Is(err, stasis.ErrNoSource):
			return refusal(http.StatusUnprocessableEntity, "Event source does not exist")
		case errors.Is(err, stasis.ErrNotSubscribed):
			return refusal(http.StatusUnprocessableEntity, "Event source was not subscribed to")
		}
		return s.application(name)
	}
}

func filterEvents(s *Server, r *request) answer {
	name := r.path["applicationName"]
	if s.application(name).status != http.StatusOK {
		return noApplication
	}
	var lists [2]*[]any
	for i, key := range []string{"allowed", "disallowed"} {
		value, given := r.body[key]
		if !given {
			continue
		}
		list, ok := value.([]any)
		if !ok || !typed(list) {
			return refusal(http.StatusBadRequest, "Invalid format definition")
		}
		lists[i] = &list
	}
	if lists[0] == nil && lists[1] == nil {
		lists = [2]*[]any{{}, {}}
	}
	_ = s.Hub.Filter(name, lists[0], lists[1])
	return s.application(name)
}

// typed reports whether each of a list is an object that names a type.
func typed(list []any) bool {
	for _, one := range list {
		m, ok := one.(map[string]any)
		if _, named := m["type"].(string); !ok || !named {
			return false
		}
	}
	return true
}

func userEvent(s *Server, r *request) answer {
	application := r.text("application")
	if application == "" {
		return refusal(http.StatusBadRequest, "Missing parameter application")
	}
	var c *event.Channel
	var b *event.Bridge
	var e *stasis.Endpoint
	for _, source := range r.list("source") {
		scheme, id, _ := strings.Cut(source, ":")
		found := true
		switch scheme {
		case "channel":
			one := s.Hub.House.Channels.Find(id)
			if found = one != nil; found {
				c = one.Snapshot()
			}
		case "bridge":
			var one *bridge.Bridge
			if one = s.Hub.House.Bridges.Find(id); one != nil {
				b = one.Snapshot()
			}
			found = one != nil
		case "endpoint":
			technology, resource, _ := strings.Cut(id, "/")
			one, ok := s.Hub.Endpoint(technology, resource)
			if found = ok; found {
				e = &one
			}
		default:
			return refusal(http.StatusBadRequest, "Invalid event source URI scheme")
		}
		if !found {
			return refusal(http.StatusUnprocessableEntity, "Event source was not found")
		}
	}
	if err := s.Hub.UserEvent(application, r.path["eventName"], r.variables(), c, b, e); err != nil {
		return noApplication
	}
	return nothing
}

func claim(s *Server, r *request) answer {
	switch {
	case r.text("channelId") == "":
		return refusal(http.StatusBadRequest, "channelId parameter is required")
	case r.text("application") == "":
		return refusal(http.StatusBadRequest, "application parameter is required")
	}
	switch err := s.Hub.Claim(r.text("channelId"), r.text("application")); {
	case errors.Is(err, stasis.ErrClaimed):
		return refusal(http.StatusConflict, "Channel has already been claimed by another application")
	case err != nil:
		return refusal(http.StatusNotFound, "Channel not found or not in broadcast state")
	}
	return nothing
}
