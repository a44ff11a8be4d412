package dialplan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestRunsAsTheReference(t *testing.T) {
	runAsRecorded(t, "run.txtar")
}

func TestMacrosRunAsTheReference(t *testing.T) { runAsRecorded(t, "macro.txtar") }

// runAsRecorded makes the calls of a recording.
func runAsRecorded(t *testing.T, file string) {
	t.Helper()
	files := sections(t, file)
	for _, f := range files[1:] {
		t.Run(f.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, string(files[0].Data))
				h.watch(t)
				h.Run(h.leg(t, f.Name))
				want := lines(f.Data)
				if want[0] == "" {
					want = nil
				}
				if got := h.seen(); !slices.Equal(got, want) {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if n := h.channels.Count(); n != 0 {
					t.Errorf("%d channels are left", n)
				}
			})
		})
	}
}

const digitPlan = `[m]
exten => s,1,Answer()
same => n,WaitExten(3)
same => n,NoOp(late)
exten => 1,1,NoOp(one)
exten => 12,1,NoOp(twelve)
exten => _3XX,1,NoOp(${EXTEN})
exten => i,1,NoOp(invalid ${INVALID_EXTEN})
exten => t,1,NoOp(timeout)
`

func TestDigitsDialExtensions(t *testing.T) {
	for _, c := range []struct {
		digits string
		want   string
		within time.Duration
	}{
		{"12", "[12@m:1] NoOp(twelve)", 0},
		{"1", "[1@m:1] NoOp(one)", 5 * time.Second},
		{"345", "[345@m:1] NoOp(345)", 0},
		{"34", "[i@m:1] NoOp(invalid 34)", 5 * time.Second},
		{"9", "[i@m:1] NoOp(invalid 9)", 0},
		{"", "[s@m:3] NoOp(late)", 3 * time.Second},
	} {
		t.Run(c.digits, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, digitPlan)
				h.watch(t)
				leg := h.leg(t, "s@m")
				began := time.Now()
				h.Start(leg)
				synctest.Wait()
				dial(leg, c.digits)
				<-leg.LegContext().Done()
				synctest.Wait()
				if got := time.Since(began); got != c.within {
					t.Errorf("it took %v, want %v", got, c.within)
				}
				if got := h.seen(); got[len(got)-1] != c.want {
					t.Errorf("last step %s, want %s", got[len(got)-1], c.want)
				}
			})
		})
	}
}

func TestWithoutAutoFallThroughDigitsAreAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "[general]\nautofallthrough=no\n[m]\nexten => s,1,NoOp()\nexten => 5,1,NoOp(five)\nsame => n,Hangup()\nexten => t,1,NoOp(timeout)\nsame => n,Hangup()\n")
		h.watch(t)
		leg := h.leg(t, "s@m")
		h.Start(leg)
		synctest.Wait()
		dial(leg, "5")
		<-leg.LegContext().Done()
		began := time.Now()
		late := h.leg(t, "s@m")
		h.Start(late)
		<-late.LegContext().Done()
		synctest.Wait()
		if got := time.Since(began); got != defaultResponseTimeout {
			t.Errorf("waited %v, want %v", got, defaultResponseTimeout)
		}
		want := []string{"[s@m:1] NoOp()", "[5@m:1] NoOp(five)", "[5@m:2] Hangup()", "[s@m:1] NoOp()", "[t@m:1] NoOp(timeout)", "[t@m:2] Hangup()"}
		if got := h.seen(); !slices.Equal(got, want) {
			t.Errorf("steps %q, want %q", got, want)
		}
	})
}

func TestRedirectMovesALegThatSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "[a]\nexten => s,1,Wait(1000)\nsame => n,NoOp(not here)\n[b]\nexten => 7,1,NoOp(there)\nsame => n,Wait(1000)\nsame => n,NoOp(after)\n")
		h.watch(t)
		leg := h.leg(t, "s@a")
		h.Start(leg)
		synctest.Wait()
		if err := leg.Interrupt(channel.Interrupt{Location: &channel.Location{Context: "b", Exten: "7", Priority: 1}}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		errand := false
		if err := leg.Interrupt(channel.Interrupt{Errand: func(context.Context, *channel.Channel) { errand = true }}); err != nil {
			t.Fatal(err)
		}
		<-leg.LegContext().Done()
		synctest.Wait()
		want := []string{"[s@a:1] Wait(1000)", "[7@b:1] NoOp(there)", "[7@b:2] Wait(1000)", "[7@b:3] NoOp(after)"}
		if got := h.seen(); !slices.Equal(got, want) || !errand {
			t.Errorf("steps %q, errand run %v, want %q and true", got, errand, want)
		}
	})
}

func TestHangupEndsTheStepAndRunsH(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "[a]\nexten => s,1,Wait(1000)\nsame => n,NoOp(not here)\nexten => h,1,NoOp(${HANGUPCAUSE})\n")
		h.watch(t)
		leg := h.leg(t, "s@a")
		h.Start(leg)
		synctest.Wait()
		leg.Hangup(17)
		synctest.Wait()
		want := []string{"[s@a:1] Wait(1000)", "[h@a:1] NoOp(17)"}
		if got := h.seen(); !slices.Equal(got, want) {
			t.Errorf("steps %q, want %q", got, want)
		}
		if n := h.channels.Count(); n != 0 {
			t.Errorf("%d channels are left", n)
		}
	})
}

func TestHangupHandlersRunOnLegsWithoutDialplanToo(t *testing.T) {
	h := newHouse(t, "[hdl]\nexten => s,1,NoOp(${ARG1})\nsame => n,Return()\n")
	h.watch(t)
	var told []string
	t.Cleanup(h.bus.Subscribe(event.Kinds(event.KindGeneric), func(s event.Stamped) {
		told = append(told, s.Event.(*event.Generic).Name) //nolint:forcetypeassert // the only kind that is asked for
	}))
	leg := h.leg(t, "s@a")
	ctx := context.Background()
	for _, item := range []string{"hangup_handler_push)=hdl,s,1(first", "hangup_handler_push)=hdl,s,1(second", "hangup_handler_pop)=hdl,s,1(third", "hangup_handler_push)=hdl,s,1(fourth"} {
		item, value, _ := strings.Cut(item, ")=")
		if err := h.Write(ctx, leg, "CHANNEL("+item+")", value+")"); err != nil {
			t.Fatal(err)
		}
	}
	leg.End()
	want := []string{"[s@hdl:1] NoOp(fourth)", "[s@hdl:2] Return()", "[s@hdl:1] NoOp(third)", "[s@hdl:2] Return()", "[s@hdl:1] NoOp(first)", "[s@hdl:2] Return()"}
	if got := h.seen(); !slices.Equal(got, want) {
		t.Errorf("steps %q, want %q", got, want)
	}
	if got := strings.Join(told, " "); strings.Count(got, "Push") != 4 || strings.Count(got, "Run") != 3 || strings.Count(got, "Pop") != 1 {
		t.Errorf("told %s", got)
	}
}

func TestSubroutineComesBack(t *testing.T) {
	h := newHouse(t, `[sub]
exten => s,1,Set(LOCAL(X)=in)
same => n,Gosub(deep,1(${ARG1}))
same => n,Return(${GOSUB_RETVAL}${X})
exten => deep,1,Return(<${ARG1}>)
exten => lost,1,NoOp()
exten => self,1,Gosub(self,1)
`)
	leg := h.leg(t, "s@a")
	defer leg.End()
	before := leg.Location()
	ctx := leg.Context()
	if err := h.Subroutine(ctx, leg, "sub,s,1(a,b)"); err != nil {
		t.Fatal(err)
	}
	if got, _ := leg.Variable("GOSUB_RETVAL"); got != "<a>in" {
		t.Errorf("it returned %q, want <a>in", got)
	}
	if got := h.Expand(ctx, leg, "${EVAL_SUB(sub,s,1(q))}"); got != "<q>in" {
		t.Errorf("EVAL_SUB = %q, want <q>in", got)
	}
	for _, place := range []string{"sub,lost,1", "sub,nowhere,1", "sub,self,1", ""} {
		if err := h.Subroutine(ctx, leg, place); err == nil {
			t.Errorf("%q came back without an error", place)
		}
	}
	for _, name := range []string{"ARG1", "ARGC", "X"} {
		if v, ok := leg.Variable(name); ok {
			t.Errorf("%s is left behind: %q", name, v)
		}
	}
	if got := leg.Location(); got != before {
		t.Errorf("the leg is at %v, want %v", got, before)
	}
}

func TestReturnWithoutGosub(t *testing.T) {
	h := newHouse(t, "")
	leg := h.leg(t, "s@a")
	defer leg.End()
	if err := h.Return(leg, ""); !errors.Is(err, ErrNoGosub) {
		t.Errorf("Return = %v, want ErrNoGosub", err)
	}
	if err := h.Pop(leg); !errors.Is(err, ErrNoGosub) {
		t.Errorf("Pop = %v, want ErrNoGosub", err)
	}
}

// Calls go on in the new plan with their next step, and none sees half of one.
func TestReloadWhileCallsRun(t *testing.T) {
	text := func(v int) string {
		return fmt.Sprintf("[a]\nexten => s,1,Check(%d,1)\nsame => n,Check(%d,2)\nsame => n,Goto(s,1)\n", v, v)
	}
	h := newHouse(t, text(0))
	var seen sync.Map
	h.AddApplication(Application{Row: command.Row{Name: "Check"}, Run: func(_ context.Context, _ *channel.Channel, data string) error {
		seen.Store(data, true)
		return nil
	}})
	var legs []*channel.Channel
	for range 4 {
		legs = append(legs, h.leg(t, "s@a"))
	}
	for _, leg := range legs {
		h.Start(leg)
	}
	for v := 1; v <= 20; v++ {
		p, _ := loadText(t, text(v))
		if err := h.Reload(p); err != nil {
			t.Fatal(err)
		}
		for {
			if _, ok := seen.Load(fmt.Sprintf("%d,2", v)); ok {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.channels.Shutdown(ctx, 16); err != nil {
		t.Fatal(err)
	}
}

func TestArgumentsAreBounded(t *testing.T) {
	h := newHouse(t, "[a]\nexten => s,1,Set(X=0123456789abcdef)\nsame => n,Set(I=0)\nsame => n,While($[${I} < 40])\nsame => n,Set(X=${X}${X})\nsame => n,Set(I=$[${I}+1])\nsame => n,EndWhile()\nsame => n,NoOp(${X})\n")
	h.watch(t)
	h.Run(h.leg(t, "s@a"))
	got := h.seen()
	if last := got[len(got)-1]; len(last) > maxData+30 || !strings.HasPrefix(last, "[s@a:7] NoOp(0123") {
		t.Errorf("the last step has %d bytes: %.40s", len(last), last)
	}
}

func TestBuiltinVariables(t *testing.T) {
	h := newHouse(t, "[a]\nexten => 100,hint,PJSIP/100(Front desk)\nexten => 100,1,NoOp(${EXTEN}|${CONTEXT}|${PRIORITY}|${CHANNEL}|${HANGUPCAUSE}|${HINT}|${HINTNAME}|${G}|${UNIQUEID})\n")
	h.SetGlobal("G", "global")
	h.watch(t)
	leg := h.leg(t, "100@a")
	leg.SetVariable("EXTEN", "mine")
	h.Run(leg)
	if got, want := h.seen()[0], "[100@a:1] NoOp(100|a|1|Test/1|0|PJSIP/100|Front desk|global|"+leg.UniqueID()+")"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// As testdata/reference/hangup-handlers.txtar of package manager recorded it.
func TestHangupHandlersAsTheyAreShown(t *testing.T) {
	h := newHouse(t, "[a]\nexten => s,1,Set(CHANNEL(hangup_handler_push)=word)\nsame => n,Set(CHANNEL(hangup_handler_push)=t,lab(x))\n"+
		"same => n,Set(CHANNEL(hangup_handler_push)=b,s,1)\nsame => n,Look()\n[b]\nexten => s,1,NoOp()\n")
	var got []string
	h.AddApplication(Application{Row: command.Row{Name: "Look"}, Run: func(_ context.Context, c *channel.Channel, _ string) error {
		got = h.HangupHandlers(c)
		return nil
	}})
	leg := h.leg(t, "s@a")
	h.Run(leg)
	if want := []string{"b,s,1", "a,t,lab(x)", "a,s,word"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if left := h.HangupHandlers(leg); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	if at, want := leg.Location(), (channel.Location{Context: "a", Exten: "s", Priority: 5}); at != want {
		t.Errorf("the leg ended at %v, want %v", at, want)
	}
}

func TestBackgroundHandsItsKeyOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "[m]\nexten => s,1,Menu()\nsame => n,NoOp(nobody pressed)\nexten => 42,1,NoOp(${EXTEN})\n")
		h.watch(t)
		h.AddApplication(Application{Row: command.Row{Name: "Menu"}, Run: func(ctx context.Context, c *channel.Channel, _ string) error {
			f, err := c.Read(ctx)
			for ; err == nil && f.Kind != media.DTMFEnd; f, err = c.Read(ctx) {
			}
			if err == nil {
				h.Pressed(c, f.Digit)
			}
			return err
		}})
		leg := h.leg(t, "s@m")
		h.Start(leg)
		synctest.Wait()
		dial(leg, "42")
		<-leg.LegContext().Done()
		synctest.Wait()
		if got, want := h.seen(), []string{"[s@m:1] Menu()", "[42@m:1] NoOp(42)"}; !slices.Equal(got, want) {
			t.Errorf("steps %q, want %q", got, want)
		}
	})
}

// The loop of the project's benchmarks: While and five Set with MATH, LEN and a substring.
const loopPlan = `[loop]
exten => s,1,Set(i=0)
same => n,While($[${i} < ${TURNS}])
same => n,Set(i=${MATH(${i}+1,i)})
same => n,Set(a=text ${i})
same => n,Set(b=${LEN(${a})})
same => n,Set(c=${a:0:4})
same => n,Set(d=$[${b} + ${i}])
same => n,EndWhile()
`

// BenchmarkLoop tells the time of one priority as ns/priority.
func BenchmarkLoop(b *testing.B) {
	h := newHouse(b, loopPlan)
	leg := h.leg(b, "s@loop")
	leg.SetVariable("TURNS", fmt.Sprint(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	h.Run(leg)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/7, "ns/priority")
}

func BenchmarkLoopHeard(b *testing.B) {
	h := newHouse(b, loopPlan)
	defer h.bus.Subscribe(event.All, func(event.Stamped) {})()
	leg := h.leg(b, "s@loop")
	leg.SetVariable("TURNS", fmt.Sprint(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	h.Run(leg)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/7, "ns/priority")
}
