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
		return unknownChannel
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

// noNames and blankName are the answers to lists of names that have none, unknownChannel and unknownBridge to
// requests for variables of what is not there.
var (
	unknownChannel = refusal(http.StatusNotFound, "Provided channel was not found")
	notVariables   = refusal(http.StatusBadRequest, "The 'variables' field must be a JSON object")
	noVariables    = refusal(http.StatusBadRequest, "The 'variables' field is required")
	unknownBridge  = refusal(http.StatusNotFound, "Provided bridge was not found")
	noNames        = refusal(http.StatusBadRequest, "At least one variable name is required")
	blankName      = refusal(http.StatusBadRequest, "Variable names are required")
)

// asksNames reports whether a request asks for variables, by whatever names.
func (r *request) asksNames() bool {
	_, given := r.given("variables")
	return given || r.body["variables"] != nil
}

// names are the variables that a request asks for.
func (r *request) names() ([]string, *answer) {
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
	if !r.asksNames() {
		return noNames
	}
	c := r.channel()
	if c == nil {
		return unknownChannel
	}
	list, wrong := r.names()
	if wrong != nil {
		return *wrong
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
	if !r.bodied {
		return noVariables
	}
	if r.channel() == nil {
		return unknownChannel
	}
	l, wrong := r.leg()
	if wrong != nil {
		return *wrong
	}
	list, wrong := r.pairs(true)
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
	variables, ok := r.body["variables"].(map[string]any)
	if !ok && required {
		return nil, &notVariables
	}
	return pairsOf(variables, keysOf(member(r.raw, "variables")))
}

// pairsOf reads variables, in the order of their names.
func pairsOf(variables map[string]any, names []string) ([]pair, *answer) {
	refuse := func(text string) ([]pair, *answer) {
		a := refusal(http.StatusBadRequest, text)
		return nil, &a
	}
	list := make([]pair, 0, len(variables))
	for _, name := range names {
		one := pair{name: name}
		switch v := variables[name].(type) {
		case string:
			one.value = v
		case map[string]any:
			var ok bool
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

// member is the text of a member of an object.
func member(text []byte, name string) []byte {
	var outer map[string]json.RawMessage
	if json.Unmarshal(text, &outer) != nil {
		return nil
	}
	return outer[name]
}

// keysOf are the keys of an object, in the order in which they are written and each where it is first.
func keysOf(text []byte) []string {
	d := json.NewDecoder(bytes.NewReader(text))
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
