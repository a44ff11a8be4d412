package config

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func TestReaderCollectsWhatIsWrong(t *testing.T) {
	f, err := load(t, `[general]
enabled = yes
port = 5038
many = 70000
word = abc
limit = 1m30s
wait = 20
maybe = perhaps
transprot = udp
protocol = UDP
kind = what
tls = later
tls = again
bell = loud
weight = 0.5
old = 1
`)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(f)
	s := r.Section(f.Section("general"))
	got := fmt.Sprint(s.Bool("enabled", false), s.Int("port", 1, 1, 65535), s.Int("many", 2, 1, 65535), s.Int("word", 3, 0, math.MaxInt),
		s.Duration("limit", time.Second, 0, 0, time.Hour), s.Duration("wait", time.Millisecond, 0, 0, time.Hour), s.Bool("maybe", true),
		s.String("transport", "tcp"), s.Word("protocol", "", "tcp", "udp"), s.Word("kind", "none", "a", "b"), s.Float("weight", 1, 0, 1),
		s.String("absent", "default"), s.Has("absent"))
	if want := "true 5038 2 3 1m30s 20ms truetcpudpnone0.5defaultfalse"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s.Later("TLS is not spoken", "tls")
	s.Never("nobody rings", "bell")
	s.Meaningless("old")
	s.Done()
	var lines []string
	for _, d := range r.Diagnostics() {
		lines = append(lines, fmt.Sprintf("%d %s: %s (%s)", d.Line, d.Severity, d.Problem, d.Hint))
	}
	want := `4 error: many = 70000 is out of range (give one from 1 to 65535)
5 error: word = abc is no number (give a whole number)
8 warning: maybe = perhaps is neither yes nor no (write yes or no)
11 error: kind = what is not known (known are a, b)
9 warning: unknown option transprot (do you mean transport?)
12 warning: option tls is known and not honoured yet: TLS is not spoken ()
14 warning: option bell has no effect: nobody rings ()`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"secret", "secert", 1}, {"host", "hots", 1}, {"allow", "disallow", 3}, {"abc", "xyz", 3}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestTypedValues(t *testing.T) {
	f, err := load(t, "[a]\nyes=On\nno=f\nneither=x\nn=0x1F\nbad=9z\nsec=1.5\nd=250ms\n")
	if err != nil {
		t.Fatal(err)
	}
	a := f.Section("a")
	got := fmt.Sprint(a.Bool("yes", false), a.Bool("no", true), a.Bool("neither", true), a.Int("n", 0), a.Int("bad", 7),
		a.Duration("sec", time.Second, 0), a.Duration("d", time.Second, 0), a.Duration("bad", time.Second, time.Minute))
	if want := "true false true 31 7 1.5s 250ms 1m0s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var none *Section
	if none.Get("x") != "" || none.First("x") != "" || none.Int("x", 4) != 4 || len(none.All("x")) != 0 || none.Lines() != nil {
		t.Error("a nil section has options")
	}
}
