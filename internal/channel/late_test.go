package channel_test

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A late variable is made when it is asked for, or at once if somebody listens.
func TestLateVariable(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		made := 0
		late := func() string { made++; return "value" }
		one, two := x.Leg(t, &channeltest.Leg{}), x.Leg(t, &channeltest.Leg{})
		one.SetVariableLate("_X", late)
		if made != 0 {
			t.Error("made before anybody asks")
		}
		two.InheritVariables(one.Channel)
		if v, ok := two.Variable("X"); v != "value" || !ok || made != 1 {
			t.Errorf("%q, %v, made %d times", v, ok, made)
		}
		var told []string
		defer one.Registry().Bus.Subscribe(event.Kinds(event.KindVarSet), func(e event.Stamped) {
			v := e.Event.(*event.VarSet)
			told = append(told, v.Name+"="+v.Value)
		})()
		one.SetVariableLate("Y", late)
		if len(told) != 1 || told[0] != "Y=value" || made != 2 {
			t.Errorf("told %q, made %d times", told, made)
		}
		one.End()
		two.End()
	})
}
