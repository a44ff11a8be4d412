package ari

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/facts"
)

// Each model of the table is a type with its properties.
func TestModelsAreThoseOfTheTable(t *testing.T) {
	types := map[string]map[string]bool{}
	for _, file := range []string{"models_gen.go", "events_gen.go", "event.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			types[spec.Name.Name] = map[string]bool{}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range s.Fields.List {
					if field.Tag != nil {
						name := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
						name, _, _ = strings.Cut(name, ",")
						types[spec.Name.Name][name] = true
					}
				}
			}
			return false
		})
	}
	models := facts.ARIModels()
	if len(models) != 85 {
		t.Errorf("the table has %d models", len(models))
	}
	for _, m := range models {
		properties, there := types[m.Name]
		if !there {
			t.Errorf("there is no type %s", m.Name)
			continue
		}
		if m.Name == "Event" {
			properties = types["Header"]
		}
		for _, p := range m.Properties {
			if !properties[p.Name] && !strings.Contains(p.Name, "|") { // "Dialing Offhook" is one value
				t.Errorf("%s has no %s", m.Name, p.Name)
			}
		}
		for _, kind := range m.Subtypes {
			if m.Name == "Event" && kind != "RESTResponse" && makers[kind] == nil {
				t.Errorf("%s is no event", kind)
			}
		}
	}
}

// What Asterisk tells is read, and written again is the same.
func TestRecordedEvents(t *testing.T) {
	files, err := filepath.Glob("../test/ari/testdata/*.ari")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	seen := map[string]bool{}
	count := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			kind, raw, ok := strings.Cut(strings.TrimPrefix(line, "< "), " {")
			if !ok || !strings.HasPrefix(line, "< ") || strings.Contains(kind, "{") || strings.Contains(kind, "[") ||
				kind == "RESTResponse" { // the answer to a request is no event
				continue
			}
			raw = strings.NewReplacer(`"TIME"`, `"2026-01-31T12:00:00.000+0000"`, `"NUMBER"`, `7`).Replace("{" + raw)
			e := Decode([]byte(raw))
			if unknown, ok := e.(*UnknownEvent); ok {
				t.Errorf("%s is unknown: %v", kind, unknown.Err)
				continue
			}
			count++
			seen[kind] = true
			if e.EventType() != kind || e.Head().Type != kind || e.Head().Application == "" || e.Head().Timestamp.IsZero() {
				t.Errorf("%s is %+v", kind, e.Head())
			}
			again, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			var was, is map[string]any
			if err := json.Unmarshal([]byte(raw), &was); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(again, &is); err != nil {
				t.Fatal(err)
			}
			withoutEmpty(was)
			withoutEmpty(is)
			if !reflect.DeepEqual(was, is) {
				t.Errorf("%s of %s\n got %s\nwant %s", kind, file, again, raw)
			}
		}
	}
	if count < 200 || len(seen) < 15 {
		t.Errorf("%d events of %d types", count, len(seen))
	}
}

// withoutEmpty removes what is empty: an optional property that is "" is not written.
func withoutEmpty(value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, one := range v {
			switch one {
			case "", nil, false, 0.0:
				delete(v, key)
			default:
				withoutEmpty(one)
			}
		}
	case []any:
		for _, one := range v {
			withoutEmpty(one)
		}
	}
}

func TestUnknownEvents(t *testing.T) {
	for _, c := range []struct {
		raw, kind string
		failed    bool
	}{
		{`{"type":"SomethingNew","application":"a","channel":{"id":"7"}}`, "SomethingNew", false},
		{`{"type":"StasisStart","application":"a","channel":{"id":"7"},"args":7}`, "StasisStart", true},
		{`{"type":"StasisStart","application":"a","timestamp":"soon","channel":{"id":"7"}}`, "StasisStart", true},
		{`nothing`, "", true},
	} {
		e, ok := Decode([]byte(c.raw)).(*UnknownEvent)
		if !ok || e.EventType() != c.kind || (e.Err != nil) != c.failed || string(e.Raw) != c.raw {
			t.Errorf("%s is %+v", c.raw, e)
			continue
		}
		about := ""
		e.about(func(t thing, _ any) { about += t.kind + " " + t.id })
		if c.kind == "SomethingNew" && about != "Channel 7" {
			t.Errorf("%s is about %s", c.raw, about)
		}
	}
}

func TestSequence(t *testing.T) {
	for raw, want := range map[string]string{
		`{"type":"StasisEnd","sequence":17}`: "17", `{"type":"StasisEnd","sequence":"ab-17"}`: "ab-17", `{"type":"StasisEnd"}`: "",
	} {
		if got := Decode([]byte(raw)).Head().Sequence; got != want {
			t.Errorf("%s has %q, want %q", raw, got, want)
		}
	}
}

func TestPeek(t *testing.T) {
	for raw, want := range map[string]string{
		`{"type":"A"}`: "A", ` { "x" : { "type" : "B" } , "type" : "A" }`: "A", `{"x":["type","B"],"type":7}`: "7", `{"x":"type","y":"\",\"type\":\"B"}`: "",
		`{"a":"\"","type":"A"}`: "A", `{"type":{"type":"B"}}`: "", `{"type":`: "", `{"type`: "", `[{"type":"B"}]`: "", `{"type":-1.5}`: "-1.5", `{"type":null}`: "", ``: "",
	} {
		if got := peek([]byte(raw), "type"); got != want {
			t.Errorf("%s has %q, want %q", raw, got, want)
		}
	}
}

func TestTime(t *testing.T) {
	at := time.Date(2026, 1, 31, 12, 0, 0, 123_000_000, time.UTC)
	for text, want := range map[string]time.Time{
		`"2026-01-31T12:00:00.123+0000"`: at, `"2026-01-31T13:00:00.123+0100"`: at, `"2026-01-31T12:00:00.123Z"`: at, `null`: {}, `""`: {},
	} {
		var got Time
		if err := json.Unmarshal([]byte(text), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	if b, err := json.Marshal(Time{at}); err != nil || string(b) != `"2026-01-31T12:00:00.123+0000"` {
		t.Errorf("%s, %v", b, err)
	}
	if b, err := json.Marshal(Time{}); err != nil || string(b) != `null` {
		t.Errorf("%s, %v", b, err)
	}
}

// Whatever comes is an event, and what is one is written as it is read.
func FuzzDecode(f *testing.F) {
	for kind := range makers {
		f.Add([]byte(`{"type":"` + kind + `","application":"a","timestamp":"2026-01-31T12:00:00.000+0000","channel":{"id":"7"},"bridge":{"id":"b","channels":["7"]}}`))
	}
	f.Add([]byte(`{"type":"StasisStart","args":7}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e := Decode(raw)
		e.about(func(about thing, model any) {
			if model == nil || about.kind == "" {
				t.Errorf("it is about %v: %v", about, model)
			}
		})
		if _, unknown := e.(*UnknownEvent); unknown {
			return
		}
		once, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := json.Marshal(Decode(once))
		if err != nil || string(once) != string(twice) {
			t.Errorf("%s\nis %s\nthen %s, %v", raw, once, twice, err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	text, err := os.ReadFile("../test/ari/testdata/stasis.ari")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "< StasisStart ")
	line, _, _ := strings.Cut(rest, "\n")
	raw := []byte(strings.ReplaceAll(line, `"TIME"`, `"2026-01-31T12:00:00.000+0000"`))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Decode(raw).(*StasisStart); !ok {
			b.Fatal("it is unknown")
		}
	}
}
