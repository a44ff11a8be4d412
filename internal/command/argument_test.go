package command

import (
	"reflect"
	"testing"
)

func TestSplitArgs(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  []string
	}{
		{"", 0, nil},
		{"a,b,,c", 0, []string{"a", "b", "", "c"}},
		{"a,b,c", 2, []string{"a", "b,c"}},
		{`f(a,b),"x,y",z\,w`, 0, []string{"f(a,b)", "x,y", "z,w"}},
		{"[1,2],3", 0, []string{"[1,2]", "3"}},
	} {
		if got := SplitArgs(c.text, c.limit); !reflect.DeepEqual(got, c.want) {
			t.Errorf("SplitArgs(%q, %d) = %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestParseFlags(t *testing.T) {
	got := ParseFlags("tL(60000:(1)0)m(jazz)g")
	want := Flags{'t': "", 'L': "60000:(1)0", 'm': "jazz", 'g': ""}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ParseFlags = %q, want %q", got, want)
	}
}
