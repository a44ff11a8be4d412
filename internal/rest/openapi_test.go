package rest

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/octothorpe/octothorpe/internal/facts"
)

// The description is valid OpenAPI 3.1, and has every operation that there is with all of its
// parameters.
func TestOpenAPI(t *testing.T) {
	s := New(Config{Prefix: func() string { return "/pbx" }})
	defer s.end()
	text := s.openAPI(httptest.NewRequest("GET", "http://host:8088/ari/openapi.json", nil)).body
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if doc.OpenAPI != "3.1.0" || doc.Servers[0].URL != "http://host:8088/pbx/ari" {
		t.Errorf("it is %s of %s", doc.OpenAPI, doc.Servers[0].URL)
	}
	seen := map[string]bool{}
	for _, o := range facts.ARIOperations() {
		op := doc.Paths.Find(o.Path).GetOperation(o.Method)
		if op == nil || op.Summary == "" || seen[op.OperationID] {
			t.Fatalf("%s %s is described as %+v", o.Method, o.Path, op)
		}
		seen[op.OperationID] = true
		for _, p := range o.Parameters {
			switch {
			case p.Place == "body" && op.RequestBody == nil:
				t.Errorf("%s %s: there is no body", o.Method, o.Path)
			case p.Place != "body" && op.Parameters.GetByInAndName(p.Place, p.Name) == nil:
				t.Errorf("%s %s: there is no %s", o.Method, o.Path, p.Name)
			}
		}
	}
	routes := 0
	for _, list := range allRoutes() {
		for _, r := range list {
			routes++
			if path := doc.Paths.Find(r.path); path == nil || path.GetOperation(r.method) == nil {
				t.Errorf("%s %s is not described", r.method, r.path)
			}
		}
	}
	if routes != len(seen) {
		t.Errorf("%d operations are described, and there are %d", len(seen), routes)
	}
}

// An event is one of its kind and of no other.
func TestOpenAPIEvents(t *testing.T) {
	text, err := json.Marshal(openAPI("http://host/ari", "1"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["AnyEvent"].Value
	check := func(event string) error {
		var value any
		if err := json.Unmarshal([]byte(event), &value); err != nil {
			t.Fatal(err)
		}
		return schema.VisitJSON(value, openapi3.EnableJSONSchema2020())
	}
	const channel = `{"id":"1","name":"Local/x","state":"Up","protocol_id":"","caller":{"name":"","number":""},"connected":{"name":"","number":""},"accountcode":"",` +
		`"dialplan":{"context":"","exten":"","priority":1,"app_name":"","app_data":""},"creationtime":"2026-01-01T00:00:00.000+0000","language":"en"}`
	good := `{"type":"ChannelHold","timestamp":"2026-01-01T00:00:00.000+0000","asterisk_id":"x","application":"app","sequence":"x-1","channel":` + channel + `}`
	if err := check(good); err != nil {
		t.Error(err)
	}
	for _, change := range [][2]string{{`"ChannelHold"`, `"Nonsense"`}, {`"Up"`, `"Sideways"`}, {`"application":"app",`, ``}, {`"priority":1`, `"priority":"1"`}} {
		if err := check(strings.Replace(good, change[0], change[1], 1)); err == nil {
			t.Errorf("with %s for %s it is an event, too", change[1], change[0])
		}
	}
}
