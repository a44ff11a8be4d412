package proxy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/ami"
)

func TestConfig(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "s"), []byte("from the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := parseConfig([]byte(`
listen: [{address: 127.0.0.1}, {address: "[::1]:7"}]
websocket: [{address: "::1"}]
upstreams: [{name: a, address: x, secret_file: s}]
users:
  u: {secret: x, read: "call, agent", write: [all], allow: [10.1.2.3/8, "::1"], filters: [x, {criteria: name(Hangup)}]}
`), folder)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen[0].Address != "127.0.0.1:5038" || c.Listen[1].Address != "[::1]:7" || c.WebSocket[0].Address != "[::1]:8088" {
		t.Errorf("addresses %+v %+v", c.Listen, c.WebSocket)
	}
	u := c.Users["u"]
	if c.Upstreams[0].Secret != "from the file" || c.Default != "a" || u.read != classBits["call"]|classBits["agent"] || u.write != everything || len(u.filters) != 2 {
		t.Errorf("%+v %+v", c, u)
	}
}

// All that is wrong is told at once.
func TestConfigErrors(t *testing.T) {
	for text, wants := range map[string][]string{
		"": {"nothing to listen to", "no upstreams", "no users"},
		`
listen: [{}]
upstreams: [{name: a}, {name: a, address: x, secret_file: none}, {address: y}]
default: c
users:
  u: {read: cal, write: [x], servers: [z], filters: ["("]}
`: {"a listener has no address", "upstream a: no address", "upstream a: the name is taken", "none: no such file", "upstream 3: the name",
			"no upstream is called c", "user u: no secret", "no upstream is called z", "read: no class is called cal", "write: no class is called x", "missing closing )"},
		"listn: []":                      {"there is no option listn"},
		"users: {u: {allow: [nowhere]}}": {`"nowhere" is no address`},
		"users: [":                       {"yaml"},
	} {
		_, err := parseConfig([]byte(text), t.TempDir())
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: no %q in %v", text, want, err)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"Action":"Originate","Variable":["A=1","B=2"],"Async":true,"Timeout":3e4,"Data":null}`: "Action: Originate\r\nVariable: A=1\r\nVariable: B=2\r\nAsync: true\r\nTimeout: 3e4\r\nData: \r\n\r\n",
		`{}`:                     "\r\n",
		`{"a":{"b":1}}`:          "",
		`{"a":[[1]]}`:            "",
		`{"a":"x\ny"}`:           "",
		`{"a: b":"x"}`:           "",
		`{"":"x"}`:               "",
		`[]`:                     "",
		`{"a":1`:                 "",
		`{"a"`:                   "",
		``:                       "",
		"{\"a\":\"\xff\u2028\"}": "a: \ufffd\u2028\r\n\r\n",
	} {
		m, err := parseJSON([]byte(text))
		switch {
		case want == "" && err == nil:
			t.Errorf("%s is accepted as %q", text, m)
		case want != "" && (err != nil || m.String() != want):
			t.Errorf("%s: %q, %v, want %q", text, m, err, want)
		}
	}
}

// FuzzJSON: what is accepted can be said in lines, and as JSON again.
func FuzzJSON(f *testing.F) {
	f.Add(`{"Action":"Ping","Variable":["a","b"],"n":1.5e3,"t":true,"z":null}`)
	f.Add(`{"a":"\u0000\ud800"}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseJSON([]byte(text))
		if err != nil {
			return
		}
		if got := ami.Parse(m.String()); len(got) != len(m) {
			t.Fatalf("%q has %d lines, %q %d", text, len(m), m.String(), len(got))
		}
		again, err := parseJSON(appendJSON(nil, m))
		if err != nil || len(again) != len(m) {
			t.Fatalf("%q became %q: %q, %v", text, appendJSON(nil, m), again, err)
		}
	})
}

func TestClasses(t *testing.T) {
	for _, c := range []struct {
		message string
		of      classes
	}{
		{"Event: X\nPrivilege: call,all\n", classBits["call"]},
		{"Event: X\nPrivilege: call,reporting,all\n", classBits["call"] | classBits["reporting"]},
		{"Event: Hangup\nResync: yes\n", classBits["call"]},
		{"Event: Reconnected\n", classBits["system"]},
		{"Event: Nobody knows\n", everything},
		{"Event: X\nPrivilege: <none>\n", everything},
	} {
		if got := classOf(ami.Parse(c.message)); got != c.of {
			t.Errorf("%q: %b, want %b", c.message, got, c.of)
		}
	}
}
