package call_test

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
)

func TestRoutine(t *testing.T) {
	caller := channel.Location{Context: "office", Exten: "100", Priority: 3}
	for text, want := range map[string]string{
		"7":                   "office,100,7",
		"c2(a^b)":             "office,100,c2(a,b)",
		"before^1(x)":         "office,before,1(x)",
		"house^before^c1":     "house,before,c1",
		"house^before^1(a^b)": "house,before,1(a,b)",
		"start(${EXTEN}^(1))": "office,100,start(${EXTEN},(1))",
	} {
		if got := call.Routine(caller, text); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}
