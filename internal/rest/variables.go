package rest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// errNoVariable and errFunction say why a variable has no value.
var (
	errNoVariable = refusal(http.StatusNotFound, "Provided variable was not found")
	errFunction   = refusal(http.StatusInternalServerError, "Unable to read provided function")
)

// variable reads a variable or function of a channel.
func (r *request) variable(c *channel.Channel, name string) (string, *answer) {
	d := r.server.Hub.Dialplan
	if strings.HasSuffix(name, ")") {
		value, err := d.Read(r.Context(), c, name)
		if err != nil {
			return "", &errFunction
		}
		return value, nil
	}
	value, ok := d.Variable(c, name)
	if !ok {
		return "", &errNoVariable
	}
	return value, nil
}

func getVariable(_ *Server, r *request) answer {
	name := r.text("variable")
	if name == "" {
		return nameless
	}
	c := r.channel()
	if c == nil {
		return refusal(http.StatusNotFound, "Provided channel was not found")
	}
	value, wrong := r.variable(c, name)
	if wrong != nil {
		return *wrong
	}
	return said(object("value", value))
}

func setVariable(s *Server, r *request) answer {
	name := r.text("variable")
	if name == "" {
		return nameless
	}
	l, wrong := r.leg()
	if wrong != nil {
		return *wrong
	}
	if err := s.Hub.Dialplan.Assign(r.Context(), l.Channel, name, r.text("value")); err != nil {
		return refusal(http.StatusBadRequest, "Unable to set variable")
	}
	return nothing
}

func getVariables(_ *Server, r *request) answer {
	c := r.channel()
	if c == nil {
		return refusal(http.StatusNotFound, "Provided channel was not found")
	}
	var pairs []string
	for _, name := range r.list("variables") {
		value, wrong := r.variable(c, name)
		if wrong != nil {
			return *wrong
		}
		pairs = append(pairs, name, value)
	}
	return said(joined("{", "}", named("variables", object(pairs...))))
}

func setVariables(s *Server, r *request) answer {
	if r.variables() == nil {
		return refusal(http.StatusBadRequest, "The 'variables' field is required")
	}
	l, wrong := r.leg()
	if wrong != nil {
		return *wrong
	}
	for _, v := range sorted(r.variables()) {
		if err := s.Hub.Dialplan.Assign(r.Context(), l.Channel, v.name, v.value); err != nil {
			return refusal(http.StatusBadRequest, "Unable to set variable '"+v.name+"'")
		}
	}
	return nothing
}

// A pair is a variable and its value.
type pair struct{ name, value string }

// sorted are variables by name, those whose value is a text.
func sorted(variables map[string]any) []pair {
	var list []pair
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		switch v := variables[name].(type) {
		case string:
			list = append(list, pair{name, v})
		case map[string]any: // {"value": …, "report_events": …}
			if text, ok := v["value"].(string); ok {
				list = append(list, pair{name, text})
			}
		}
	}
	return list
}
