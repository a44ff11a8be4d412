package ami_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/octothorpe/octothorpe/ami"
)

type part struct {
	Name string `ami:"Channel"`
}

type answer struct {
	part
	Dest   part              `ami:"Dest,prefix"`
	Cause  int               `ami:"Cause"`
	Load   float64           `ami:"Load"`
	On     bool              `ami:"On"`
	Off    bool              `ami:"Off"`
	Pairs  map[string]string `ami:"ChanVariable"`
	Lines  []string          `ami:"Output"`
	Raw    ami.Message       `ami:",message"`
	Other  string
	hidden string `ami:"Cause"`
}

func TestUnmarshal(t *testing.T) {
	m := ami.Parse("event: X\ncause:  16 \nCause: 17\nLoad: 0.5\nOn: Yes\nOff: No\nChanVariable: a=1\nChanVariable: b=x=y\n" +
		"Output: one\nOutput: two\nDestChannel: D\nChannel: C\n\n")
	a := answer{Other: "kept"}
	if err := ami.Unmarshal(m, &a); err != nil {
		t.Fatal(err)
	}
	if a.Cause != 16 || a.Load != 0.5 || !a.On || a.Off || a.Name != "C" || a.Dest.Name != "D" || a.Other != "kept" || a.hidden != "" {
		t.Errorf("%+v", a)
	}
	if !maps.Equal(a.Pairs, map[string]string{"a": "1", "b": "x=y"}) || !slices.Equal(a.Lines, []string{"one", "two"}) {
		t.Errorf("%v %q", a.Pairs, a.Lines)
	}
	if a.Raw.Event() != "X" {
		t.Errorf("the message itself is %q", a.Raw)
	}
}

// What is wrong with a message is no error, what is wrong with a type is.
func TestUnmarshalErrors(t *testing.T) {
	var a answer
	if err := ami.Unmarshal(ami.Parse("Cause: many\nLoad: \nOn: maybe\n"), &a); err != nil || a.Cause != 0 || a.Load != 0 || a.On {
		t.Errorf("%+v, %v", a, err)
	}
	var wrong struct {
		C chan int `ami:"C"`
	}
	for _, v := range []any{&wrong, a, nil, new(int), (*answer)(nil)} {
		if ami.Unmarshal(nil, v) == nil {
			t.Errorf("%T is accepted", v)
		}
	}
}
