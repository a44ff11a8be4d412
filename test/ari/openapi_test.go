package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// What Asterisk answers and tells in the scenarios is what the OpenAPI description of our exchange says.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	doc := described(t, begin(t, "openapi"))
	files, err := filepath.Glob("testdata/*.ari")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no scenarios: %v", err)
	}
	answers, events := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range steps(string(text)) {
			for _, one := range s.events {
				kind, body, _ := strings.Cut(one, " ")
				schema := doc.Components.Schemas[kind]
				if kind == "no" { // event has come
					continue
				}
				if schema == nil {
					t.Errorf("%s: %s is not described", file, kind)
					continue
				}
				events++
				if err := fits(schema.Value, body); err != nil {
					t.Errorf("%s: %s\n%v", file, one, err)
				}
			}
			schema := answerOf(doc, s.line)
			if schema == nil || len(s.answer) < 2 || s.answer[0] != "200" {
				continue
			}
			answers++
			if err := fits(schema, s.answer[1]); err != nil {
				t.Errorf("%s: %s\n%s\n%v", file, s.line, s.answer[1], err)
			}
		}
	}
	t.Logf("%d answers and %d events", answers, events)
	if answers < 100 || events < 300 {
		t.Errorf("only %d answers and %d events were compared", answers, events)
	}
}

// described is the description that an exchange gives.
func described(t *testing.T, base string) *openapi3.T {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", base+"/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("ari", "secret")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// varying is what the scenarios have in the place of what differs from run to run.
var varying = strings.NewReplacer(`"NUMBER"`, "1", `"there or not yet in the application"`, `{"context":"","exten":"","priority":1,"app_name":"","app_data":""}`)

func fits(schema *openapi3.Schema, text string) error {
	var value any
	if err := json.Unmarshal([]byte(varying.Replace(text)), &value); err != nil {
		return err
	}
	return schema.VisitJSON(value, openapi3.EnableJSONSchema2020())
}

// answerOf is what a request of a scenario is answered with, nil if that is not described.
func answerOf(doc *openapi3.T, line string) *openapi3.Schema {
	method, path := requestOf(line)
	if path == "" {
		return nil
	}
	parts := strings.Split(path, "/")
	var best *openapi3.Operation
	fixed := -1
	for template, item := range doc.Paths.Map() {
		op := item.GetOperation(method)
		if n := match(strings.Split(template, "/"), parts); op != nil && n > fixed {
			best, fixed = op, n
		}
	}
	if best == nil || best.Responses.Value("200") == nil {
		return nil
	}
	content := best.Responses.Value("200").Value.Content.Get("application/json")
	if content == nil {
		return nil
	}
	return content.Schema.Value
}

// match is how many parts of a path are the template's own, -1 if it is another path.
func match(template, parts []string) int {
	if len(template) != len(parts) {
		return -1
	}
	n := 0
	for i, part := range template {
		switch {
		case part == parts[i]:
			n++
		case !strings.HasPrefix(part, "{"):
			return -1
		}
	}
	return n
}

// requestOf is the method and the path of a line of a scenario, "" if it asks for nothing.
func requestOf(line string) (method, path string) {
	words := strings.Fields(strings.TrimPrefix(line, "> "))
	if len(words) > 3 && words[0] == "as" {
		words = words[2:]
	}
	if len(words) < 2 || !strings.HasPrefix(words[1], "/") {
		return "", ""
	}
	path, _, _ = strings.Cut(words[1], "?")
	return words[0], path
}
