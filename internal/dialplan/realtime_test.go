package dialplan

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// rowsOf is a database of extensions, which counts how often it is asked.
func rowsOf(asked *int, rows ...RealtimeStep) RealtimeRows {
	return func(_ context.Context, family, within, exten string, begun, patterns bool) ([]RealtimeStep, error) {
		*asked++
		if family != "numbers" || within != "office" {
			return nil, errors.New("no such thing")
		}
		var list []RealtimeStep
		for _, r := range rows {
			if r.Exten == exten || begun && strings.HasPrefix(r.Exten, exten) || patterns && r.Exten[0] == '_' {
				list = append(list, r)
			}
		}
		return list, nil
	}
}

func TestRealtimeSwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := config.Parse("extensions.conf", []byte(`[in]
include => behind
exten => 300,1,NoOp()
[behind]
switch => Realtime/office@numbers
[exact]
switch => Realtime/office@numbers/p
`), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, problems := Load(f, nil)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		asked := 0
		p.realtime = NewRealtime(rowsOf(&asked, RealtimeStep{"100", "1", "Answer", ""}, RealtimeStep{"100", "2", "Dial", "PJSIP/${EXTEN}"},
			RealtimeStep{"_2XX", "1", "Echo", ""}, RealtimeStep{"1234", "1", "Echo", ""}, RealtimeStep{"hint", "hint", "SIP/1", ""}), func(string, error) {})
		for _, one := range []struct {
			context, exten string
			priority       int
			want           string
		}{{"in", "100", 1, "Answer"}, {"in", "100", 2, "Dial"}, {"in", "100", 3, ""}, {"in", "234", 1, "Echo"}, {"exact", "234", 1, ""},
			{"exact", "100", 2, "Dial"}, {"in", "300", 1, "NoOp"}, {"in", "999", 1, ""}, {"in", "hint", 1, ""}} {
			got := ""
			if _, found := p.Find(one.context, one.exten, one.priority, ""); found != nil {
				got = found.Application
			}
			if got != one.want {
				t.Errorf("%s@%s,%d is %q, want %q", one.exten, one.context, one.priority, got, one.want)
			}
		}
		if !p.MatchMore("in", "12", 1, "") || p.MatchMore("in", "1234", 1, "") || !p.MatchMore("in", "2", 1, "") {
			t.Error("digits that may lead to an extension of the database are not waited for, or others are")
		}
		before := asked
		p.Find("exact", "777", 1, "")
		p.Find("exact", "777", 1, "")
		if asked != before+1 {
			t.Errorf("the database was asked %d times for the same in a moment, want once", asked-before)
		}
		time.Sleep(realtimeKeep)
		p.Find("exact", "777", 1, "")
		if asked != before+2 {
			t.Error("what a database has said counts too long")
		}
	})
}

// A call runs in the extensions of a database and stays in its own context.
func TestRealtimeCall(t *testing.T) {
	h := newHouse(t, "[in]\nswitch => Realtime/office@numbers\nexten => h,1,NoOp(${CONTEXT})\n")
	h.watch(t)
	asked := 0
	h.realtime = NewRealtime(rowsOf(&asked, RealtimeStep{"100", "1", "NoOp", "${EXTEN}@${CONTEXT}"}, RealtimeStep{"100", "2", "NoOp", "${PRIORITY}"}),
		func(string, error) {})
	if err := h.Edit(func(*Editor) error { return nil }); err != nil {
		t.Fatal(err)
	}
	h.Run(h.leg(t, "100@in"))
	got := strings.Join(h.seen(), "\n")
	if want := "[100@in:1] NoOp(100@in)\n[100@in:2] NoOp(2)\n[h@in:1] NoOp(in)"; got != want {
		t.Errorf("the call went through\n%s\nwant\n%s", got, want)
	}
}
