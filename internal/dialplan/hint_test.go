package dialplan

import "testing"

func TestPlaceHint(t *testing.T) {
	e := newHouse(t, `
[default]
include => inner
exten => 1,hint,PJSIP/one(One)
exten => _2XX,hint,Custom:${EXTEN}&PJSIP/${EXTEN:1}
[inner]
exten => 3,hint,MWI:three@default
`)
	for _, c := range []struct {
		exten string
		want  PlacedHint
	}{
		{"1", PlacedHint{Context: "default", Exten: "1", Devices: "PJSIP/one", Name: "One"}},
		{"201", PlacedHint{Context: "default", Exten: "201", Devices: "Custom:201&PJSIP/01"}},
		{"3", PlacedHint{Context: "inner", Exten: "3", Devices: "MWI:three@default"}},
	} {
		if got, ok := e.PlaceHint(t.Context(), c.exten, "default"); !ok || got != c.want {
			t.Errorf("%s: %+v %v, want %+v", c.exten, got, ok, c.want)
		}
	}
	if got, ok := e.PlaceHint(t.Context(), "4", "default"); ok {
		t.Errorf("4 has %+v, want no hint", got)
	}
}
