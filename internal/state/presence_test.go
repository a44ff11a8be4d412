package state

import (
	"fmt"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
)

func TestParsePresence(t *testing.T) {
	for _, c := range []struct {
		text string
		want Presence
		ok   bool
	}{
		{"away", Presence{"away", "", ""}, true},
		{"CHAT,At desk", Presence{"chat", "At desk", ""}, true},
		{"xa,c2xlZXBz,bG9uZw==,e", Presence{"xa", "sleeps", "long"}, true},
		{"away,a,b,e", Presence{"away", "", ""}, true},
		{"dnd,,until, at last", Presence{"dnd", "", "until"}, true},
		{"bogus", Presence{"bogus", "", ""}, false},
		{"", Presence{}, false},
	} {
		if got, ok := ParsePresence(c.text); got != c.want || ok != c.ok {
			t.Errorf("ParsePresence(%q) = %+v, %v, want %+v, %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func TestPresenceIsKeptAndTold(t *testing.T) {
	bus := event.NewBus()
	var told []string
	defer bus.Subscribe(event.Kinds(event.KindPresenceStatus, event.KindPresenceStateChange), func(s event.Stamped) {
		switch e := s.Event.(type) {
		case *event.PresenceStatus:
			told = append(told, e.Exten+" "+e.Status)
		case *event.PresenceStateChange:
			told = append(told, e.Presentity+" "+e.Status)
		}
	})()
	p := NewPresences(bus)
	var kept []string
	p.Keep = func(name, text string) { kept = append(kept, name+"="+text) }
	p.SetHints([]Hint{{"200", "office", "Custom:lamp,CustomPresence:ann"}, {"201", "office", "Custom:lamp"}})
	p.Restore("ann", "dnd,busy")
	p.Restore("bob", "none of them")
	p.Set("ann", "dnd,busy") // told, and no news to the hint
	p.Set("ann", "away")
	if p.Set("ann", "nonsense") {
		t.Error("nonsense is a presence")
	}
	if got, want := fmt.Sprint(told), "[CustomPresence:ann dnd CustomPresence:ann away 200 away]"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(kept), "[ann=dnd,busy ann=away]"; got != want {
		t.Errorf("kept %s, want %s", got, want)
	}
	if got := p.Shown("Custom:lamp,CustomPresence:ann").Status; got != "away" {
		t.Errorf("the hint shows %s", got)
	}
	if got := p.Shown("Custom:lamp").Status; got != NotSet {
		t.Errorf("a hint without presence shows %s", got)
	}
	if _, ok := p.Of("Other:x"); ok {
		t.Error("there is another provider")
	}
	if all := p.All(); len(all) != 1 || all[0].Provider != "CustomPresence:ann" {
		t.Errorf("all are %v", all)
	}
}
