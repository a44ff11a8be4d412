package rest

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// Every operation and every model that one answers with is described, and all that they
// are made of.
func TestDescriptionIsWhole(t *testing.T) {
	s := New(Config{Prefix: func() string { return "/pbx" }})
	defer s.end()
	r := httptest.NewRequest("GET", "http://host:8088/ari/api-docs/x", nil)
	var list swaggerList
	if err := json.Unmarshal(s.apiDocs(r, "resources.json").body, &list); err != nil {
		t.Fatal(err)
	}
	if list.BasePath != "http://host:8088/pbx/ari" {
		t.Errorf("the base is %s", list.BasePath)
	}
	operations := 0
	for _, one := range list.APIs {
		var doc swaggerResource
		file := strings.TrimPrefix(strings.ReplaceAll(one.Path, "{format}", "json"), "/api-docs/")
		if err := json.Unmarshal(s.apiDocs(r, file).body, &doc); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, api := range doc.APIs {
			for _, o := range api.Operations {
				operations++
				for _, name := range modelName.FindAllString(o.Response, -1) {
					if _, ok := doc.Models[name]; !ok && name != "List" {
						t.Errorf("%s: %s %s answers with %s, which is not described", file, o.Method, api.Path, name)
					}
				}
			}
		}
		for name, m := range doc.Models {
			for _, sub := range m.Subtypes {
				if _, ok := doc.Models[sub]; !ok {
					t.Errorf("%s: %s has the kind %s, which is not described", file, name, sub)
				}
			}
		}
	}
	if operations != 109 {
		t.Errorf("%d operations are described, not 109", operations)
	}
	if got := s.apiDocs(r, "nothing.json").status; got != 404 {
		t.Errorf("what is not there is answered with %d", got)
	}
}
