package dialplan

import (
	"strings"
	"testing"
	"testing/synctest"
)

const localPlan = `
[a]
exten => m,1,Set(q=1)
same => n,NoOp(A<${LOCAL(q)}>)
same => n,Set(LOCAL(y)=9)
same => n,NoOp(B<${LOCAL(y)}${y}>)
same => n,Gosub(s,1(x))
same => n,NoOp(G<${LOCAL(q)}${LOCAL(z)}>)
exten => s,1,NoOp(C<${LOCAL(q)}>)
same => n,Set(LOCAL(z)=2)
same => n,NoOp(D<${LOCAL(z)}${LOCAL(ARG1)}>)
same => n,Gosub(t,1)
same => n,Set(z=5)
same => n,NoOp(F<${LOCAL(z)}${z}>)
same => n,Return()
exten => t,1,NoOp(E<${LOCAL(z)}|${z}>)
same => n,Return()
`

// What is wanted is what Asterisk 22 said.
func TestLocalIsOfTheNewestGosub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, localPlan)
		h.watch(t)
		h.Start(h.leg(t, "m@a"))
		synctest.Wait()
		var got []string
		for _, step := range h.seen() {
			if _, said, ok := strings.Cut(step, "NoOp("); ok {
				got = append(got, strings.TrimSuffix(said, ")"))
			}
		}
		want := "A<> B<> C<> D<2x> E<|2> F<55> G<>"
		if strings.Join(got, " ") != want {
			t.Errorf("said %q, want %q", strings.Join(got, " "), want)
		}
	})
}
