package app

import (
	"strings"
	"testing"
)

func TestTableIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range (&House{}).Applications() {
		key := strings.ToLower(a.Name)
		switch {
		case seen[key]:
			t.Errorf("%s is there twice", a.Name)
		case a.Run == nil, a.Module == "", a.Synopsis == "":
			t.Errorf("%s lacks its function, module or synopsis", a.Name)
		case !strings.HasPrefix(a.Syntax, a.Name+"("):
			t.Errorf("%s has the syntax %q", a.Name, a.Syntax)
		}
		seen[key] = true
	}
}

func TestClearHash(t *testing.T) {
	in(t, "[test]\nexten => s,1,NoOp()\n", func(t *testing.T, x *exchange) {
		leg := &testLeg{}
		c := x.idle(t, leg)
		c.SetVariable("~HASH~one~a~", "1")
		c.SetVariable("~HASH~one~b~", "2")
		c.SetVariable("~HASH~two~a~", "3")
		if err := clearHash(t.Context(), c, "one"); err != nil {
			t.Fatal(err)
		}
		if v := c.Variables(); len(v) != 1 || v[0].Value != "3" {
			t.Errorf("left are %v", v)
		}
		c.End()
	})
}
