package rest

import (
	"bytes"
	"encoding/json"
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
		value, err := d.Read(d.Outside(r.Context()), c, name)
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

func setVariable(_ *Server, r *request) answer {
	name := r.text("variable")
	if name == "" {
		return nameless
	}
	l, wrong := r.leg()
	if wrong != nil {
		return *wrong
	}
	return r.set(l.Channel, []pair{{name: name, value: r.text("value"), reported: r.truth("report_events")}})
}

// set sets variables of a leg, and says which of them it shows.
func (r *request) set(c *channel.Channel, list []pair) answer {
	d := r.server.Hub.Dialplan
	for _, v := range list {
		c.Report(v.name, v.reported)
		if err := d.Assign(d.Outside(r.Context()), c, v.name, v.value); err != nil {
			return refusal(http.StatusBadRequest, "Unable to set variable")
		}
	}
	return nothing
}

// noNames and blankName are the answers to lists of names that have none.
var (
	noNames   = refusal(http.StatusBadRequest, "At least one variable name is required")
	blankName = refusal(http.StatusBadRequest, "Variable names are required")
)

// names are the variables that a request asks for.
func (r *request) names() ([]string, *answer) {
	if _, given := r.given("variables"); !given && r.body["variables"] == nil {
		return nil, &noNames
	}
	list := r.list("variables")
	if len(list) == 0 {
		return nil, &blankName
	}
	for i, name := range list {
		if list[i] = strings.TrimSpace(name); list[i] == "" {
			return nil, &blankName
		}
	}
	return list, nil
}

func getVariables(_ *Server, r *request) answer {
	list, wrong := r.names()
	if wrong != nil {
		return *wrong
	}
	c := r.channel()
	if c == nil {
		return refusal(http.StatusNotFound, "Provided channel was not found")
	}
	var pairs []string
	for _, name := range list {
		value, wrong := r.variable(c, name)
		if wrong != nil {
			return *wrong
		}
		pairs = append(pairs, name, value)
	}
	return said(joined("{", "}", named("variables", object(pairs...))))
}

func setVariables(_ *Server, r *request) answer {
	list, wrong := r.pairs(true)
	if wrong != nil {
		return *wrong
	}
	l, wrong := r.leg()
	if wrong != nil {
		return *wrong
	}
	for i := range list {
		list[i].name = strings.TrimSpace(list[i].name)
	}
	return r.set(l.Channel, list)
}

// pairs reads the variables of a request's body, each a text or an object with the value
// and whether events show it. required says that there must be some.
func (r *request) pairs(required bool) ([]pair, *answer) {
	refuse := func(text string) ([]pair, *answer) {
		a := refusal(http.StatusBadRequest, text)
		return nil, &a
	}
	given, there := r.body["variables"]
	variables, ok := given.(map[string]any)
	switch {
	case !there && required:
		return refuse("The 'variables' field is required")
	case !ok && required:
		return refuse("The 'variables' field must be a JSON object")
	}
	list := make([]pair, 0, len(variables))
	for _, name := range keysOf(r.raw, "variables") {
		one := pair{name: name}
		switch v := variables[name].(type) {
		case string:
			one.value = v
		case map[string]any:
			if one.value, ok = v["value"].(string); !ok {
				return refuse("Each object value in 'variables' must include string field 'value'")
			}
			if on, given := v["report_events"]; given {
				if one.reported, ok = on.(bool); !ok {
					return refuse("Field 'report_events' in 'variables' entries must be boolean")
				}
			}
		default:
			return refuse("Each value in 'variables' must be a string or an object with 'value' and optional 'report_events'")
		}
		if name != "" {
			list = append(list, one)
		}
	}
	return list, nil
}

// keysOf are the keys of an object inside another, in the order in which they are written and each
// where it is first. The text is known to be an object.
func keysOf(text []byte, member string) []string {
	var outer map[string]json.RawMessage
	if json.Unmarshal(text, &outer) != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(outer[member]))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	var keys []string
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return keys
		}
		if name, _ := key.(string); !slices.Contains(keys, name) {
			keys = append(keys, name)
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return keys
		}
	}
	return keys
}

// A pair is a variable and its value.
type pair struct {
	name, value string
	reported    bool // events show it
}

// sorted are variables by name, those whose value is a text.
func sorted(variables map[string]any) []pair {
	var list []pair
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		switch v := variables[name].(type) {
		case string:
			list = append(list, pair{name: name, value: v})
		case map[string]any: // {"value": …, "report_events": …}
			if text, ok := v["value"].(string); ok {
				list = append(list, pair{name: name, value: text})
			}
		}
	}
	return list
}
