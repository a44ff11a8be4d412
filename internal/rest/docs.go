package rest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/facts"
)

// The description of the interface for programs that build their client from it:
// Swagger 1.1, as Asterisk serves it, from the table of facts.

// resources are the first parts of paths, in Asterisk's order, and what they are about.
var resources = []struct{ name, about string }{
	{"asterisk", "The exchange itself"}, {"endpoints", "Phones and trunks"}, {"channels", "Legs of calls"}, {"bridges", "Legs that hear each other"},
	{"recordings", "Recordings, running and kept"}, {"sounds", "Prompts"}, {"playbacks", "Sounds that are being played"},
	{"deviceStates", "States of devices that clients set"}, {"mailboxes", "Counts of messages that clients set"},
	{"events", "The WebSocket, and events of clients"}, {"applications", "Applications and what they listen to"},
}

type swaggerList struct {
	APIVersion     string       `json:"apiVersion"`
	SwaggerVersion string       `json:"swaggerVersion"`
	BasePath       string       `json:"basePath"`
	APIs           []swaggerRef `json:"apis"`
}

type swaggerRef struct {
	Path        string `json:"path"`
	Description string `json:"description"`
}

type swaggerResource struct {
	APIVersion     string                  `json:"apiVersion"`
	SwaggerVersion string                  `json:"swaggerVersion"`
	BasePath       string                  `json:"basePath"`
	ResourcePath   string                  `json:"resourcePath"`
	APIs           []*swaggerAPI           `json:"apis"`
	Models         map[string]swaggerModel `json:"models"`
}

type swaggerAPI struct {
	Path        string             `json:"path"`
	Description string             `json:"description"`
	Operations  []swaggerOperation `json:"operations"`
}

type swaggerOperation struct {
	Method     string             `json:"httpMethod"`
	Upgrade    string             `json:"upgrade,omitempty"`
	Protocol   string             `json:"websocketProtocol,omitempty"`
	Summary    string             `json:"summary"`
	Nickname   string             `json:"nickname"`
	Response   string             `json:"responseClass"`
	Parameters []swaggerParameter `json:"parameters,omitempty"`
	Errors     []swaggerError     `json:"errorResponses,omitempty"`
}

type swaggerParameter struct {
	Name     string         `json:"name"`
	About    string         `json:"description"`
	Place    string         `json:"paramType"`
	Required bool           `json:"required"`
	Multiple bool           `json:"allowMultiple"`
	Type     string         `json:"dataType"`
	Default  any            `json:"defaultValue,omitempty"`
	Allowed  *swaggerValues `json:"allowableValues,omitempty"`
}

type swaggerValues struct {
	Type   string   `json:"valueType"`
	Values []string `json:"values"`
}

type swaggerError struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}

type swaggerModel struct {
	ID            string                     `json:"id"`
	Subtypes      []string                   `json:"subTypes,omitempty"`
	Discriminator string                     `json:"discriminator,omitempty"`
	Properties    map[string]swaggerProperty `json:"properties"`
}

type swaggerProperty struct {
	Type     string         `json:"type"`
	Required bool           `json:"required"`
	Allowed  *swaggerValues `json:"allowableValues,omitempty"`
}

const swaggerVersion = "1.1"

// apiDocs answers /api-docs/….json.
func (s *Server) apiDocs(r *http.Request, file string) answer {
	base := "http://" + r.Host + s.Prefix() + "/ari"
	if r.TLS != nil {
		base = "https" + strings.TrimPrefix(base, "http")
	}
	name, isJSON := strings.CutSuffix(file, ".json")
	var doc any
	switch i := slices.IndexFunc(resources, func(one struct{ name, about string }) bool { return one.name == name }); {
	case !isJSON:
	case name == "resources":
		list := swaggerList{APIVersion: "10.0.0", SwaggerVersion: swaggerVersion, BasePath: base}
		for _, one := range resources {
			list.APIs = append(list.APIs, swaggerRef{"/api-docs/" + one.name + ".{format}", one.about})
		}
		doc = list
	case i >= 0:
		doc = describe(name, resources[i].about, base)
	}
	if doc == nil {
		return refusal(http.StatusNotFound, "Not Found")
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return internal
	}
	return said(b)
}

// describe makes the description of a resource.
func describe(name, what, base string) swaggerResource {
	doc := swaggerResource{APIVersion: "2.0.0", SwaggerVersion: swaggerVersion, BasePath: base, ResourcePath: "/api-docs/" + name + ".{format}",
		Models: map[string]swaggerModel{}}
	byPath := map[string]*swaggerAPI{}
	for _, o := range facts.ARIOperations() {
		first, _, _ := strings.Cut(strings.TrimPrefix(o.Path, "/"), "/")
		if first != name {
			continue
		}
		api := byPath[o.Path]
		if api == nil {
			api = &swaggerAPI{Path: o.Path, Description: what}
			byPath[o.Path] = api
			doc.APIs = append(doc.APIs, api)
		}
		api.Operations = append(api.Operations, describeOperation(o))
		doc.include(o.Response)
	}
	return doc
}

func describeOperation(o facts.ARIOperation) swaggerOperation {
	op := swaggerOperation{Method: o.Method, Summary: about(o.Method+" "+o.Path, o.Nickname), Nickname: o.Nickname, Response: o.Response}
	if o.Path == "/events" && o.Method == http.MethodGet {
		op.Upgrade, op.Protocol = "websocket", "ari"
	}
	for _, p := range o.Parameters {
		one := swaggerParameter{Name: p.Name, About: about(p.Name, p.Name), Place: p.Place, Required: p.Required, Multiple: p.Multiple, Type: p.Type}
		rest, values, listed := strings.Cut(p.Rest, "{")
		if text, ok := strings.CutPrefix(rest, "="); ok {
			one.Default = value(text, p.Type)
		}
		if listed {
			one.Allowed = &swaggerValues{"LIST", strings.Split(strings.TrimSuffix(values, "}"), "|")}
		}
		op.Parameters = append(op.Parameters, one)
	}
	for _, code := range o.Errors {
		op.Errors = append(op.Errors, swaggerError{code, http.StatusText(code)})
	}
	return op
}

// value is a default in the form of its type.
func value(text, kind string) any {
	switch kind {
	case "int", "long":
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	case "boolean":
		return strings.EqualFold(text, "true")
	}
	return text
}

// descriptions are our words for things.
var descriptions = sync.OnceValue(facts.ARIDescriptions)

// about is our description of something, or what its name says.
func about(key, name string) string {
	if text := descriptions()[key]; text != "" {
		return text
	}
	return words(name)
}

// words are those of a name such as continueInDialplan.
func words(name string) string {
	var b strings.Builder
	for i, c := range name {
		if c >= 'A' && c <= 'Z' && i > 0 {
			b.WriteByte(' ')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return strings.ReplaceAll(b.String(), "_", " ")
}

var modelName = regexp.MustCompile(`[A-Z][A-Za-z]*`)

// include adds a model and those of which it is made.
func (d *swaggerResource) include(kind string) {
	all := map[string]facts.ARIModel{}
	for _, m := range facts.ARIModels() {
		all[m.Name] = m
	}
	next := modelName.FindAllString(kind, -1)
	for len(next) > 0 {
		name := next[0]
		next = next[1:]
		m, known := all[name]
		if _, there := d.Models[name]; there || !known {
			continue
		}
		one := swaggerModel{ID: name, Subtypes: m.Subtypes, Properties: map[string]swaggerProperty{}}
		if len(m.Subtypes) > 0 {
			one.Discriminator = "type"
		}
		for _, p := range m.Properties {
			property := swaggerProperty{Type: p.Type, Required: p.Required}
			if p.Values != nil {
				property.Allowed = &swaggerValues{"LIST", p.Values}
			}
			one.Properties[p.Name] = property
			next = append(next, modelName.FindAllString(p.Type, -1)...)
		}
		next = append(next, m.Subtypes...)
		d.Models[name] = one
	}
}
