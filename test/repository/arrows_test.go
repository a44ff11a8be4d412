package repository

import (
	"strconv"
	"strings"
	"testing"
)

// ranks are the floors of the house, the ground first. A package may import what
// lies below it; packages of one floor never import each other. A folder inside
// one of these belongs to it. A new package gets its place here and in
// docs/architecture.md in the same change.
var ranks = [][]string{
	{"config", "logging", "store", "command", "event", "facts", "socket"},
	{"media", "wsclient", "fanout"},
	{"rtp", "udptl", "jitter", "speech"},
	{"channel"},
	{"dialplan", "bridge", "state"},
	{"call", "message"},
	{"app", "function", "phone", "local", "external", "iax", "sounds", "callrecord", "httpd", "spool", "feature", "queue", "parking", "agent", "conference", "sharedline", "monitor", "provision", "mediacache", "voicemail",
		"lua", "ael", "realtime"},
	{"manager", "gateway", "rest", "cli", "proxy", "web", "cluster", "tracing", "hep"},
	{"exchange"},
}

// public are the packages for everybody's programs. They import nothing internal.
var public = []string{"sip", "ami", "agi", "ari", "openflow"}

// alone are internal packages beside the tower: they import the ground only, and
// only exchange imports them.
var alone = []string{"sdn", "metrics"}

func rankOf(name string) int {
	for rank, names := range ranks {
		for _, one := range names {
			if one == name {
				return rank
			}
		}
	}
	return -1
}

func contains(list []string, name string) bool {
	for _, one := range list {
		if one == name {
			return true
		}
	}
	return false
}

// room is the folder below internal/ to which a path belongs, or "".
func room(path string) string {
	rest, ok := strings.CutPrefix(path, "internal/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// arrow says what is wrong with a package of folder importing target, both from
// the root of the module; "" if it may.
func arrow(folder, target string) string {
	from, to := room(folder), room(target)
	top, _, _ := strings.Cut(folder, "/")
	switch {
	case to == "":
		return ""
	case contains(public, top):
		return "a public package imports nothing internal"
	case from == "" || from == to:
		return ""
	case contains(alone, from):
		if rankOf(to) != 0 {
			return from + " stands alone and imports the ground only"
		}
	case contains(alone, to):
		if from != "exchange" {
			return "only exchange imports " + to
		}
	case rankOf(from) < 0:
		return "internal/" + from + " has no rank: give it one in test/repository/arrows_test.go and docs/architecture.md"
	case rankOf(to) < 0:
		return "internal/" + to + " has no rank: give it one in test/repository/arrows_test.go and docs/architecture.md"
	case rankOf(from) == rankOf(to):
		return from + " and " + to + " are of one rank and do not know each other; let exchange join them or declare a small interface"
	case rankOf(from) < rankOf(to):
		return "arrows point down: " + from + " lies below " + to
	}
	return ""
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		if s.Test {
			continue // a black-box test may build the whole house
		}
		for _, spec := range s.File.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Errorf("%s: %v", s.Path, err)
				continue
			}
			target, ours := strings.CutPrefix(path, module+"/")
			if !ours {
				continue
			}
			if wrong := arrow(s.Folder, target); wrong != "" {
				t.Errorf("%s:%d imports %s: %s", s.Path, s.line(spec.Pos()), target, wrong)
			}
		}
	}
}

// modules are the modules of others that a public package may need; the rest need none. Who uses one of these packages gets
// no more than that.
var modules = map[string]string{"ari": "github.com/coder/websocket"}

func TestPublicPackagesNeedLittle(t *testing.T) {
	for _, s := range sources(t) {
		top, _, _ := strings.Cut(s.Folder, "/")
		if s.Test || top != "ari" && top != "ami" && top != "agi" {
			continue
		}
		for _, spec := range s.File.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Errorf("%s: %v", s.Path, err)
				continue
			}
			host, _, _ := strings.Cut(path, "/")
			allowed := !strings.Contains(host, ".") || path == modules[top] || strings.HasPrefix(path, module+"/"+top)
			if !allowed {
				t.Errorf("%s:%d imports %s, which users of %s would need too", s.Path, s.line(spec.Pos()), path, top)
			}
		}
	}
}

// Every internal package has its floor, also before anyone imports it.
func TestPackagesHaveRanks(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		name := room(s.Folder)
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		if rankOf(name) < 0 && !contains(alone, name) {
			t.Errorf("internal/%s has no rank: give it one in test/repository/arrows_test.go and docs/architecture.md", name)
		}
	}
}

func TestArrow(t *testing.T) {
	for _, c := range []struct {
		from, to string
		allowed  bool
	}{
		{"internal/app/queue", "internal/call", true},
		{"internal/app/queue", "internal/app", true},
		{"internal/call", "internal/app", false},
		{"internal/app", "internal/phone", false},
		{"internal/rtp", "internal/media", true},
		{"internal/media", "internal/rtp", false},
		{"sip", "internal/event", false},
		{"internal/phone", "sip", true},
		{"cmd/octothorpe", "internal/exchange", true},
		{"internal/sdn/acl", "internal/event", true},
		{"internal/sdn", "internal/channel", false},
		{"internal/cli", "internal/sdn", false},
		{"internal/exchange", "internal/sdn", true},
		{"internal/elsewhere", "internal/event", false},
	} {
		if got := arrow(c.from, c.to); (got == "") != c.allowed {
			t.Errorf("arrow(%s, %s) = %q, allowed should be %t", c.from, c.to, got, c.allowed)
		}
	}
}
