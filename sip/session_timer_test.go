package sip

import (
	"testing"
	"time"
)

func TestSessionExpires(t *testing.T) {
	tests := []struct {
		text, want string
		ok         bool
	}{
		{"1800;refresher=uac", "1800;refresher=uac", true},
		{" 90 ; refresher=UAS", "90;refresher=uas", true},
		{"90;refresher=both", "90", true},
		{"", "0", false},
		{"-1", "0", false},
		{"99999999999", "0", false},
	}
	for _, test := range tests {
		v, ok := ParseSessionExpires(test.text)
		if v.String() != test.want || ok != test.ok {
			t.Errorf("%q: %s %v, want %s %v", test.text, v, ok, test.want, test.ok)
		}
	}
	v := SessionExpires{Interval: 90 * time.Second}
	if v.Refresh() != 45*time.Second || v.End() != 60*time.Second {
		t.Errorf("90 s: refresh after %v, end after %v, want 45 s and 60 s", v.Refresh(), v.End())
	}
}

func TestAnswerSessionExpires(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name      string
		asked     SessionExpires
		supports  bool
		most      time.Duration
		want      string
		tooSmall  bool
		preferred string
	}{
		{"as asked", SessionExpires{600 * s, "uac"}, true, 1800 * s, "600;refresher=uac", false, "uas"},
		{"shorter", SessionExpires{3600 * s, ""}, true, 1800 * s, "1800;refresher=uas", false, "uas"},
		{"client cannot", SessionExpires{}, false, 1800 * s, "1800;refresher=uas", false, "uac"},
		{"too small", SessionExpires{60 * s, ""}, true, 1800 * s, "0", true, "uas"},
		{"nobody wants", SessionExpires{}, true, 0, "0", false, "uas"},
	}
	for _, test := range tests {
		got, small := AnswerSessionExpires(test.asked, test.supports, test.most, 90*s, test.preferred)
		if got.String() != test.want || small != test.tooSmall {
			t.Errorf("%s: %s %v, want %s %v", test.name, got, small, test.want, test.tooSmall)
		}
	}
}
