package ari

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/facts"
)

// asked is a request that a server got.
type asked struct {
	method, path string
	query        url.Values
	body         map[string]any
}

// Each operation of the table is a method that sends what the table says.
func TestOperationsAreThoseOfTheTable(t *testing.T) {
	var got asked
	answer := `{}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = asked{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.Query()}
		b, _ := io.ReadAll(r.Body)
		if len(b) > 0 {
			if err := json.Unmarshal(b, &got.body); err != nil || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: the body %q is no JSON", r.Method, r.URL, b)
			}
		}
		if user, password, _ := r.BasicAuth(); user != "me" || password != "secret" {
			t.Errorf("%s %s comes of %q", r.Method, r.URL, user)
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	client, err := Connect(t.Context(), Config{URL: server.URL, Username: "me", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	operations := facts.ARIOperations()
	if len(operations) != 109 {
		t.Errorf("the table has %d operations", len(operations))
	}
	for _, o := range operations {
		if o.Nickname == "eventWebsocket" {
			continue // opens a WebSocket: TestStream
		}
		answer = "{}"
		if strings.HasPrefix(o.Response, "List[") {
			answer = "[{}]"
		}
		method := methodOf(t, client, o)
		results := method.Call(argumentsOf(t, method.Type()))
		if err := results[len(results)-1]; !err.IsNil() {
			t.Errorf("%s: %v", o.Nickname, err)
		}
		if (len(results) == 1) != (o.Response == "void") {
			t.Errorf("%s returns %d values, and the table says %s", o.Nickname, len(results), o.Response)
		}
		compareRequest(t, o, got)
	}
}

// methodOf is the method for an operation: what has the same letters.
func methodOf(t *testing.T, client *Client, o facts.ARIOperation) reflect.Value {
	t.Helper()
	first, _, _ := strings.Cut(o.Path[1:], "/")
	if first == "events" {
		first = "webSockets"
	}
	resource := reflect.ValueOf(client).Elem().FieldByName(strings.ToUpper(first[:1]) + first[1:])
	for i := range resource.NumMethod() {
		if strings.EqualFold(resource.Type().Method(i).Name, strings.ReplaceAll(o.Nickname, "_", "")) {
			return resource.Method(i)
		}
	}
	t.Fatalf("there is no method for %s %s", o.Method, o.Path)
	return reflect.Value{}
}

// argumentsOf fills in all there is, with values that have to be escaped.
func argumentsOf(t *testing.T, method reflect.Type) []reflect.Value {
	list := []reflect.Value{reflect.ValueOf(t.Context())}
	for i := 1; i < method.NumIn(); i++ {
		v := reflect.New(method.In(i)).Elem()
		fill(v, i)
		list = append(list, v)
	}
	return list
}

func fill(v reflect.Value, n int) {
	switch {
	case v.Type() == reflect.TypeFor[url.Values]():
		v.Set(reflect.ValueOf(url.Values{"further": {"yes"}}))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprintf("a/b;%d &c", n))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(7)
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf("v"))
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	}
}

func compareRequest(t *testing.T, o facts.ARIOperation, got asked) {
	t.Helper()
	path, n := "/ari", 0
	for part := range strings.SplitSeq(o.Path[1:], "/") {
		if strings.HasPrefix(part, "{") {
			n++
			part = url.PathEscape(fmt.Sprintf("a/b;%d &c", n))
		}
		path += "/" + part
	}
	if got.method != o.Method || got.path != path {
		t.Errorf("%s asks %s %s, want %s %s", o.Nickname, got.method, got.path, o.Method, path)
	}
	optional := false
	want := []string{}
	for _, p := range o.Parameters {
		switch p.Place {
		case "query":
			want = append(want, p.Name)
			if p.Multiple && len(strings.Split(got.query.Get(p.Name), ",")) != 2 {
				t.Errorf("%s: %s is %q", o.Nickname, p.Name, got.query[p.Name])
			}
		case "body":
			if p.Type == "containers" && got.body[p.Name] == nil || p.Type == "object" && got.body["allowed"] == nil {
				t.Errorf("%s: the body is %v", o.Nickname, got.body)
			}
		}
		optional = optional || p.Place == "query" && !p.Required && p.Name != "value" && p.Name != "body" || p.Name == "variables" && !p.Required
	}
	if optional {
		want = append(want, "further")
	}
	names := []string{}
	for name := range got.query {
		names = append(names, name)
	}
	slices.Sort(want)
	slices.Sort(names)
	if !slices.Equal(names, want) {
		t.Errorf("%s sends %q, want %q", o.Nickname, names, want)
	}
}

func TestRefusals(t *testing.T) {
	body := `{"message":"Channel not found"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	client, err := Connect(t.Context(), Config{URL: server.URL + "/pbx/ari/"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = client.Channels.Get(t.Context(), "7")
	if want := "ari: GET /channels/7: 404 Channel not found"; err == nil || err.Error() != want || Status(err) != 404 {
		t.Errorf("got %v, want %s", err, want)
	}
	body = `{"error":"Allocation failed"}`
	if err := client.Channels.Hangup(t.Context(), "7", nil); err == nil || !strings.HasSuffix(err.Error(), "404 Allocation failed") {
		t.Error(err)
	}
	body = `what`
	if _, err := client.Recordings.GetStoredFile(t.Context(), "7"); err == nil || !strings.HasSuffix(err.Error(), "404 Not Found") {
		t.Error(err)
	}
	if _, err := Connect(t.Context(), Config{URL: "pbx.example.com"}); err == nil {
		t.Error("a URL that is none is taken")
	}
}
