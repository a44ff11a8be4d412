package config

import (
	"slices"
	"testing"
)

func TestReportIsInTheOrderOfTheFiles(t *testing.T) {
	list := []Diagnostic{{File: "/etc/x/../x/b.conf", Line: 2, Problem: "x"}, {File: "/etc/x/a.conf", Line: 9, Problem: "y"}, {File: "/etc/x/b.conf", Line: 2, Problem: "x"},
		{File: "/etc/x/b.conf", Line: 1, Problem: "z"}, {File: "/elsewhere/c.conf", Problem: "whole"}}
	var got []string
	for _, d := range Report(list) {
		got = append(got, d.String())
	}
	want := []string{"/elsewhere/c.conf: note: whole", "/etc/x/a.conf:9: note: y", "/etc/x/b.conf:1: note: z", "/etc/x/b.conf:2: note: x"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if list[0].File != "/etc/x/../x/b.conf" {
		t.Error("the list of the caller was changed")
	}
}

func TestNearestNames(t *testing.T) {
	names := []string{"Dial", "Playback", "BackGround", "PlayTones", "SIP"}
	for word, want := range map[string]string{"Dail": "Dial", "playbak": "Playback", "Backgruond": "BackGround", "Dialogue": "", "": "", "x": "", "SPI": "SIP"} {
		if got := Nearest(word, slices.Values(names)); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
