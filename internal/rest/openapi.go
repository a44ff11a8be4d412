package rest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/facts"
)

// The description of the interface as OpenAPI 3.1, from the same table as the older one, for
// programs that make clients. Asterisk has none.

// A thing is an object of JSON.
type thing = map[string]any

// openAPI answers /openapi.json.
func (s *Server) openAPI(r *http.Request) answer {
	base := "http://" + r.Host + s.Prefix() + "/ari"
	if r.TLS != nil {
		base = "https" + strings.TrimPrefix(base, "http")
	}
	version := "0"
	if s.Exchange != nil {
		version = s.Exchange.Info().Version
	}
	b, err := json.Marshal(openAPI(base, version))
	if err != nil {
		return internal
	}
	return said(b)
}

// openAPI makes the description.
func openAPI(base, version string) thing {
	var tags []thing
	for _, one := range resources {
		tags = append(tags, thing{"name": one.name, "description": one.about})
	}
	return thing{
		"openapi": "3.1.0",
		"info": thing{"title": "Asterisk REST Interface (ARI) of Octothorpe", "version": version, "license": thing{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "Parameters of a query may as well be members of the JSON object that is the body. Events come over a WebSocket, GET /events, each a message that is AnyEvent."},
		"servers":  []thing{{"url": base}},
		"security": []thing{{"basic": []string{}}, {"apiKey": []string{}}},
		"tags":     tags,
		"paths":    openPaths(),
		"components": thing{
			"schemas": openSchemas(),
			"responses": thing{"Error": thing{"description": "What is wrong", "content": thing{"application/json": thing{"schema": thing{"type": "object",
				"properties": thing{"message": thing{"type": "string"}, "error": thing{"type": "string"}}}}}}},
			"securitySchemes": thing{"basic": thing{"type": "http", "scheme": "basic", "description": "a user of ari.conf"},
				"apiKey": thing{"type": "apiKey", "in": "query", "name": "api_key", "description": "name:password of a user of ari.conf"}},
		},
	}
}

func openPaths() thing {
	paths := thing{}
	for _, o := range facts.ARIOperations() {
		path, _ := paths[o.Path].(thing)
		if path == nil {
			path = thing{}
			paths[o.Path] = path
		}
		path[strings.ToLower(o.Method)] = openOperation(o)
	}
	return paths
}

// openOperation describes an operation.
func openOperation(o facts.ARIOperation) thing {
	resource, _, _ := strings.Cut(strings.TrimPrefix(o.Path, "/"), "/")
	name := o.Method + " " + o.Path
	op := thing{"operationId": resource + strings.ToUpper(o.Nickname[:1]) + o.Nickname[1:], "tags": []string{resource}, "summary": about(name, o.Nickname)}
	if lacks := partly[name]; lacks != "" {
		op["description"] = "What is not there: " + lacks + "."
	}
	var parameters []thing
	for _, p := range o.Parameters {
		if p.Place == "body" {
			op["requestBody"] = openBody(p)
			continue
		}
		parameters = append(parameters, openParameter(p))
	}
	if o.Path == "/events" && o.Method == http.MethodGet {
		for _, one := range socketParameters {
			parameters = append(parameters, thing{"name": one[0], "in": "query", "schema": thing{"type": one[1]}, "description": one[2]})
		}
		op["summary"] = "opens the WebSocket of applications"
	}
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	op["responses"] = openResponses(o)
	return op
}

// socketParameters are those of the WebSocket that Asterisk does not have.
var socketParameters = [][3]string{
	{"sequence", "boolean", "each event says its place"},
	{"since", "string", "the place of the last event that the client has: it is told first what came since"},
	{"share", "boolean", "the client shares the applications with others that do: each call is one client's"},
}

func openParameter(p facts.ARIParameter) thing {
	schema := openType(p.Type)
	rest, values, listed := strings.Cut(p.Rest, "{")
	if text, ok := strings.CutPrefix(rest, "="); ok {
		schema["default"] = value(text, p.Type)
	}
	if listed {
		schema["enum"] = strings.Split(strings.TrimSuffix(values, "}"), "|")
	}
	one := thing{"name": p.Name, "in": p.Place, "description": about(p.Name, p.Name), "schema": schema}
	if p.Required || p.Place == "path" {
		one["required"] = true
	}
	if p.Multiple {
		one["schema"] = thing{"type": "array", "items": schema}
		one["style"], one["explode"] = "form", true
	}
	return one
}

// openBody describes a parameter that is in the body alone.
func openBody(p facts.ARIParameter) thing {
	var schema thing
	switch p.Name {
	case "filter":
		list := thing{"type": "array", "items": thing{"type": "object", "required": []string{"type"}, "properties": thing{"type": thing{"type": "string"}}}}
		schema = thing{"type": "object", "properties": thing{"allowed": list, "disallowed": list}}
	case "fields":
		schema = thing{"type": "object", "properties": thing{"fields": thing{"type": "array", "items": reference("ConfigTuple")}}}
	default:
		schema = thing{"type": "object", "properties": thing{p.Name: thing{"type": "object", "description": about(p.Name, p.Name)}}}
	}
	if p.Required {
		schema["required"] = []string{p.Name}
	}
	return thing{"required": p.Required, "content": thing{"application/json": thing{"schema": schema}}}
}

func openResponses(o facts.ARIOperation) thing {
	list := thing{"default": thing{"$ref": "#/components/responses/Error"}}
	switch {
	case o.Path == "/events" && o.Method == http.MethodGet:
		list["101"] = thing{"description": "The WebSocket is open"}
		list["410"] = thing{"$ref": "#/components/responses/Error"}
	case o.Response == "void":
		list["204"] = thing{"description": "Done"}
	case o.Response == "binary":
		list["200"] = thing{"description": "The file", "content": thing{"application/octet-stream": thing{}}}
	default:
		list["200"] = thing{"description": "Done", "content": thing{"application/json": thing{"schema": openType(o.Response)}}}
	}
	for _, code := range o.Errors {
		list[strconv.Itoa(code)] = thing{"$ref": "#/components/responses/Error"}
	}
	return list
}

func reference(name string) thing { return thing{"$ref": "#/components/schemas/" + name} }

// openType is the schema of a type of the table.
func openType(kind string) thing {
	if one, ok := strings.CutPrefix(kind, "List["); ok {
		return thing{"type": "array", "items": openType(strings.TrimSuffix(one, "]"))}
	}
	switch kind {
	case "string", "boolean":
		return thing{"type": kind}
	case "int":
		return thing{"type": "integer", "format": "int32"}
	case "long":
		return thing{"type": "integer", "format": "int64"}
	case "double":
		return thing{"type": "number", "format": "double"}
	case "Date":
		return thing{"type": "string", "description": "2006-01-02T15:04:05.000-0700"}
	case "object", "containers":
		return thing{"type": "object"}
	}
	return reference(kind)
}

// openSchemas describes the models. A model that is a kind of another has all of it.
func openSchemas() thing {
	models := facts.ARIModels()
	kindOf := map[string]string{}
	for _, m := range models {
		for _, sub := range m.Subtypes {
			kindOf[sub] = m.Name
		}
	}
	schemas := thing{}
	var events []thing
	mapping := map[string]string{}
	for _, m := range models {
		schema := openModel(m)
		if m.Name == "Event" {
			schema["properties"].(thing)["sequence"] = thing{"type": "string", "description": "the place of the event, where the client has asked for places"}
		}
		if kindOf[m.Name] == "Event" {
			schema["properties"].(thing)["type"] = thing{"const": m.Name}
		}
		if parent := kindOf[m.Name]; parent != "" {
			schema = thing{"allOf": []thing{reference(parent), schema}}
		}
		if len(m.Subtypes) == 0 && kindOf[m.Name] == "Event" {
			events = append(events, reference(m.Name))
			mapping[m.Name] = "#/components/schemas/" + m.Name
		}
		schemas[m.Name] = schema
	}
	schemas["AnyEvent"] = thing{"description": "what comes over the WebSocket", "oneOf": events, "discriminator": thing{"propertyName": "type", "mapping": mapping}}
	return schemas
}

// undocumented are values that Asterisk has and its description does not.
var undocumented = map[string][]string{"Playback.state": {"paused"}}

func openModel(m facts.ARIModel) thing {
	properties := thing{}
	var required []string
	for _, p := range m.Properties {
		schema := openType(p.Type)
		if p.Values != nil {
			schema["enum"] = append(slices.Clone(p.Values), undocumented[m.Name+"."+p.Name]...)
		}
		properties[p.Name] = schema
		if p.Required {
			required = append(required, p.Name)
		}
	}
	schema := thing{"type": "object", "description": about(m.Name, m.Name), "properties": properties}
	if required != nil {
		schema["required"] = required
	}
	return schema
}
