package channel_test

import (
	"fmt"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
)

func TestInheritance(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		one, two, three := x.Leg(t, &channeltest.Leg{}), x.Leg(t, &channeltest.Leg{}), x.Leg(t, &channeltest.Leg{})
		one.SetVariable("plain", "p")
		one.SetVariable("_once", "o")
		one.SetVariable("__ever", "e")
		one.SetVariable("__own", "parent")
		two.SetVariable("own", "mine")
		two.InheritVariables(one.Channel)
		three.InheritVariables(two.Channel)
		for _, c := range []struct {
			leg  *channeltest.Channel
			want string
		}{
			{two, "plain= once=o ever=e own=mine"},
			{three, "plain= once= ever=e own=parent"},
		} {
			got := ""
			for i, name := range []string{"plain", "once", "ever", "own"} {
				v, _ := c.leg.Variable(name)
				if i > 0 {
					got += " "
				}
				got += name + "=" + v
			}
			if got != c.want {
				t.Errorf("%s has %q, want %q", c.leg.Name(), got, c.want)
			}
		}
		one.End()
		two.End()
		three.End()
	})
}

func TestVariablesTheNewestFirst(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		for _, name := range []string{"a", "b", "a"} {
			c.SetVariable(name, "1")
		}
		if got := fmt.Sprint(c.Variables()); got != "[{a 1} {b 1}]" {
			t.Errorf("variables %s", got)
		}
		c.PushVariable("a", "2")
		if v, _ := c.Variable("a"); v != "2" {
			t.Errorf("the pushed variable is %q", v)
		}
		c.PopVariable("a")
		if v, _ := c.Variable("a"); v != "1" {
			t.Errorf("the hidden variable is %q", v)
		}
		c.DropVariable("_a")
		if _, ok := c.Variable("a"); ok {
			t.Error("a dropped variable is still set")
		}
		c.End()
	})
}

func TestHidingAVariableDoesNotLetItBeInherited(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		one, two := x.Leg(t, &channeltest.Leg{}), x.Leg(t, &channeltest.Leg{})
		one.SetVariable("__v", "1")
		one.SetVariable("v", "2")
		two.InheritVariables(one.Channel)
		if v, ok := two.Variable("v"); ok {
			t.Errorf("v=%q was inherited, though it was set anew without underscores", v)
		}
		one.End()
		two.End()
	})
}

func TestVariablesAreTold(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		told := channeltest.Listen(t, x.Bus, event.KindVarSet)
		c := x.Leg(t, &channeltest.Leg{})
		c.SetVariable("__v", "1")
		c.PushVariable("l", "2")
		c.PopVariable("l")
		got := ""
		for _, s := range told.Events() {
			e := s.Event.(*event.VarSet) //nolint:forcetypeassert // the only kind
			got += e.Name + "=" + e.Value + " "
		}
		if want := "__v=1 LOCAL(l)=2 l= "; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
		c.End()
	})
}
