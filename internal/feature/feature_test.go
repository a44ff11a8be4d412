package feature_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/feature"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is an exchange whose dialplan has the extension 123, and whose Local channels
// do what the test says.
type house struct {
	*channeltest.Exchange
	*feature.House
	mu    sync.Mutex
	notes []string
	one   *channeltest.Channel // who may transfer
	two   *channeltest.Channel
	talk  *bridge.Bridge
}

func (h *house) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes = append(h.notes, fmt.Sprintf(format, args...))
}

func (h *house) noted() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.notes
	h.notes = nil
	return strings.Join(list, "; ")
}

func (h *house) Exists(l channel.Location, _ string) bool { return l.Exten == "123" }
func (h *house) MatchMore(_, digits, _ string) bool {
	return len(digits) < 3 && strings.HasPrefix("123", digits)
}
func (h *house) Expand(_ context.Context, _ *channel.Channel, text string) string { return text }
func (h *house) Start(c *channel.Channel)                                         { h.Go(c.Name(), func() { h.Run(c) }) }
func (h *house) Run(c *channel.Channel) {
	h.note("%s runs at %s", c.Name(), c.Location().Exten)
	<-c.LegContext().Done()
	c.End()
}
func (h *house) Farewell(*channel.Channel) {}
func (h *house) Execute(_ context.Context, c *channel.Channel, application, data string) error {
	h.note("%s does %s(%s)", c.Name(), application, data)
	return nil
}
func (h *house) Subroutine(_ context.Context, c *channel.Channel, place string) error {
	h.note("%s goes through %s", c.Name(), place)
	return nil
}
func (h *house) Prompt(ctx context.Context, c *channel.Channel, name, _ string) (byte, error) {
	h.note("%s hears %s", c.Name(), name)
	return 0, nil
}
func (h *house) Aside(_ *bridge.Bridge, c *channel.Channel, name string) {
	h.note("%s hears %s", c.Name(), name)
}
func (h *house) DialTone(*channel.Channel) {}

// locals makes Local channels of the test's.
type locals struct{ *channeltest.Driver }

func (locals) Technology() string { return "Local" }

// in runs a test with two legs that talk, of which the first may ask for all.
func in(t *testing.T, conf string, behave func(c *channeltest.Channel), test func(t *testing.T, h *house)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		h := &house{Exchange: x}
		calls := &call.Calls{Channels: x.Registry, Bridges: bridge.NewRegistry(x.Registry), Dialplan: h, Logger: slog.New(slog.DiscardHandler)}
		x.Register(locals{&channeltest.Driver{Exchange: x, Behave: func(_ string, c *channeltest.Channel) { behave(c) }}})
		x.Register(&channeltest.Driver{Exchange: x, Behave: func(_ string, c *channeltest.Channel) { c.Accept() }})
		f, err := config.Parse("features.conf", []byte(conf), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		settings, problems := feature.Read(f)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		h.House = &feature.House{Calls: calls, Dialplan: h, Voice: h, Logger: calls.Logger}
		h.Configure(settings)
		if h.talk, err = calls.Bridges.Create(bridge.Options{Dissolve: true}); err != nil {
			t.Fatal(err)
		}
		h.one, h.two = x.Leg(t, &channeltest.Leg{}), x.Leg(t, &channeltest.Leg{})
		h.one.SetVariable("DYNAMIC_FEATURES", "tell#many#ask#note")
		calls.Impart(h.talk, h.one.Channel, bridge.JoinOptions{Features: h.Of(h.one.Channel, "th")})
		calls.Impart(h.talk, h.two.Channel, bridge.JoinOptions{})
		synctest.Wait()
		test(t, h)
	})
}

const conf = `[general]
atxfernoanswertimeout = 20
[featuremap]
blindxfer = #1
atxfer = *2
disconnect = *0
[applicationmap]
tell = *5,self,NoOp(hello)
say = *6,peer,Playback,tt-monkeys
ask = *81,self,Gosub,"marks,s,1(a,b)",default
note = *82,self/both,Gosub(marks,s,1(c))
[many]
say = *7
`

// press presses keys, slowly enough.
func (h *house) press(c *channeltest.Channel, keys string) {
	for i := range len(keys) {
		c.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: keys[i]})
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: keys[i]})
		time.Sleep(200 * time.Millisecond)
	}
	synctest.Wait()
}

// together returns who is in the bridge of a leg.
func (h *house) together(c *channel.Channel) string {
	b := h.Calls.Bridges.Find(c.BridgeID())
	if b == nil {
		return "nobody"
	}
	var names []string
	for _, other := range b.Channels() {
		names = append(names, other.Name())
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func answers(c *channeltest.Channel) { c.Accept() }
func isSilent(*channeltest.Channel)  {}

func TestDisconnect(t *testing.T) {
	in(t, conf, isSilent, func(t *testing.T, h *house) {
		h.press(h.one, "*0")
		if !h.one.HungUp() || !h.two.HungUp() {
			t.Error("they are still there")
		}
	})
}

func TestApplicationsByKeys(t *testing.T) {
	in(t, conf, isSilent, func(t *testing.T, h *house) {
		h.press(h.one, "*5")
		h.press(h.one, "*7")
		h.press(h.one, "*6")
		if got, want := h.noted(), "Test/1 does NoOp(hello); Test/2 does Playback(tt-monkeys)"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got := h.two.Far.Keys(); got != "*6" {
			t.Errorf("the other heard the keys %q", got)
		}
		if by, _ := h.two.Variable("DYNAMIC_WHO_ACTIVATED"); by != "Test/1" {
			t.Errorf("it was activated by %q", by)
		}
	})
}

// What stands in quotes is one argument, and Gosub runs until it returns.
func TestSubroutinesByKeys(t *testing.T) {
	in(t, conf, isSilent, func(t *testing.T, h *house) {
		h.press(h.one, "*81")
		h.press(h.one, "*82")
		if got, want := h.noted(), "Test/1 goes through marks,s,1(a,b); Test/1 goes through marks,s,1(c)"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func TestBlindTransfer(t *testing.T) {
	in(t, conf, isSilent, func(t *testing.T, h *house) {
		h.press(h.one, "#1123")
		if got, want := h.noted(), "Test/1 hears pbx-transfer; Test/2 runs at 123"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if !h.one.HungUp() || h.two.HungUp() {
			t.Error("who transfers is there, or who is transferred is not")
		}
	})
}

func TestWhoTransferredGoesOn(t *testing.T) {
	for _, place := range []string{"after^77^3", "after,77,3"} {
		in(t, conf, isSilent, func(t *testing.T, h *house) {
			h.one.SetVariable("GOTO_ON_BLINDXFR", place)
			h.press(h.one, "#1123")
			got := h.noted()
			if !strings.Contains(got, "Test/1 runs at 77") || !strings.Contains(got, "Test/2 runs at 123") || h.one.Location().Context != "after" {
				t.Errorf("%s: %s, in %v", place, got, h.one.Location())
			}
		})
	}
}

func TestATransferToNowhere(t *testing.T) {
	for _, code := range []string{"#1", "*2"} {
		in(t, "[general]\ntransferdialattempts=2\n"+strings.TrimPrefix(conf, "[general]\n"), isSilent, func(t *testing.T, h *house) {
			h.press(h.one, code+"9")
			time.Sleep(4 * time.Second)
			synctest.Wait()
			if got, want := h.noted(), "Test/1 hears pbx-transfer; Test/1 hears pbx-invalid; Test/1 hears privacy-incorrect"; got != want {
				t.Errorf("%s: %s, want %s", code, got, want)
			}
			if got := h.together(h.one.Channel); got != "Test/1 Test/2" {
				t.Errorf("%s: they talk no more: %s", code, got)
			}
		})
	}
}

func TestAttendedTransfer(t *testing.T) {
	const target = "Test/123@"
	for name, c := range map[string]struct {
		behave   func(*channeltest.Channel)
		conf     string
		then     func(h *house)
		together string // with the second leg at the end
	}{
		"who transfers hangs up":  {answers, "", func(h *house) { h.one.Hangup(16) }, "Test/123@ Test/2"},
		"it completes":            {answers, "", func(h *house) { h.press(h.one, "*2") }, "Test/123@ Test/2"},
		"it gives up":             {answers, "", func(h *house) { h.press(h.one, "*1") }, "Test/1 Test/2"},
		"it gives up before":      {isSilent, "", func(h *house) { h.press(h.one, "*1") }, "Test/1 Test/2"},
		"all three":               {answers, "", func(h *house) { h.press(h.one, "*3") }, "Test/1 Test/123@ Test/2"},
		"the target hangs up":     {answers, "", func(h *house) { h.Made("123@").Hangup(16) }, "Test/1 Test/2"},
		"nobody answers":          {isSilent, "", func(*house) { time.Sleep(21 * time.Second) }, "Test/1 Test/2"},
		"it swaps":                {answers, "", func(h *house) { h.press(h.one, "*4") }, "Test/1 Test/2"},
		"it swaps and hangs up":   {answers, "", func(h *house) { h.press(h.one, "*4"); h.one.Hangup(16) }, "Test/123@ Test/2"},
		"it swaps twice":          {answers, "", func(h *house) { h.press(h.one, "*4*4*1") }, "Test/1 Test/2"},
		"blonde, and answered":    {isSilent, "", func(h *house) { h.one.Hangup(16); synctest.Wait(); h.Made("123@").Accept() }, "Test/123@ Test/2"},
		"blonde, dropped at once": {isSilent, "atxferdropcall=yes\n", func(h *house) { h.one.Hangup(16) }, "Test/123@ Test/2"},
		"blonde, and called back": {isSilent, "", func(h *house) { h.one.Hangup(16); time.Sleep(22 * time.Second) }, "Test/1 Test/2"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, strings.Replace(conf, "[featuremap]", c.conf+"[featuremap]", 1), c.behave, func(t *testing.T, h *house) {
				h.press(h.one, "*2123")
				if got := h.together(h.one.Channel); got != "Test/1 "+target {
					t.Fatalf("who transfers is with %s", got)
				}
				if got := h.two.Far.Told(); !slices.Contains(got, "Hold") {
					t.Errorf("the other was told %v", got)
				}
				c.then(h)
				synctest.Wait()
				if got := h.together(h.two.Channel); got != c.together {
					t.Errorf("they are %s, want %s", got, c.together)
				}
			})
		})
	}
}

func TestWhoTransferredMayDoSoAgain(t *testing.T) {
	for name, then := range map[string]string{"it gave up": "*1", "it swapped and gave up": "*4*1", "all three": "*3", "it swapped, all three": "*4*3"} {
		in(t, conf, answers, func(t *testing.T, h *house) {
			h.press(h.one, "*2123"+then)
			h.press(h.one, "*5")
			if got := h.noted(); !strings.HasSuffix(got, "Test/1 does NoOp(hello)") {
				t.Errorf("%s: %s", name, got)
			}
		})
	}
}

func TestTheOtherHangsUpDuringTheConsultation(t *testing.T) {
	in(t, conf, answers, func(t *testing.T, h *house) {
		h.press(h.one, "*2123")
		h.two.Hangup(16)
		synctest.Wait()
		if got := h.together(h.one.Channel); got != "Test/1 Test/123@" {
			t.Errorf("who transfers is with %s", got)
		}
		h.noted()
		if h.press(h.one, "*5"); h.noted() != "Test/1 does NoOp(hello)" {
			t.Error("it can ask for nothing any more")
		}
		h.one.Hangup(16)
		synctest.Wait()
		if !h.Made("123@").HungUp() {
			t.Error("the target is left over")
		}
	})
}

// Those who wait hear no music any more when who transfers leaves while it dials.
func TestWhoTransfersLeavesAsItDials(t *testing.T) {
	for _, code := range []string{"#1", "*2"} {
		in(t, conf, isSilent, func(t *testing.T, h *house) {
			three := h.Leg(t, &channeltest.Leg{})
			h.Calls.Impart(h.talk, three.Channel, bridge.JoinOptions{})
			h.press(h.one, code+"1")
			h.one.RemoteHangup(channel.CauseNormalClearing)
			synctest.Wait()
			if got := h.together(h.two.Channel); got != "Test/2 Test/3" {
				t.Fatalf("%s: %s are left", code, got)
			}
			for _, c := range []*channeltest.Channel{h.two, three} {
				told := c.Far.Told()
				if last := len(told) - 1; last < 1 || told[last] != media.Unhold.String() {
					t.Errorf("%s: %s was told %q", code, c.Name(), told)
				}
			}
		})
	}
}

// When who transferred is called back it is a call as every other again.
func TestWhoTransferredIsCalledBack(t *testing.T) {
	in(t, conf, isSilent, func(t *testing.T, h *house) {
		h.press(h.one, "*2123")
		h.one.RemoteHangup(channel.CauseNormalClearing)
		time.Sleep(21 * time.Second)
		synctest.Wait()
		if got := h.together(h.two.Channel); got != "Test/1 Test/2" || !h.talk.Settled() {
			t.Errorf("%s talk, settled %v", got, h.talk.Settled())
		}
	})
}

func TestWhatOthersDoByKeys(t *testing.T) {
	in(t, conf, isSilent, func(t *testing.T, h *house) {
		g := strings.Replace(conf, "[featuremap]", "[featuremap]\nparkcall=#7\nautomixmon=*3", 1)
		f, err := config.Parse("features.conf", []byte(g), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		settings, _ := feature.Read(f)
		h.Configure(settings)
		for _, c := range []struct {
			letters, want string
			parks         bool
		}{{"k", "", false}, {"k", "parkcall", true}, {"x", "", true}, {"h", "disconnect", true}} {
			h.Park = nil
			if c.parks {
				h.Park = func(context.Context, *bridge.Bridge, *channel.Channel) {}
			}
			got := ""
			if list := h.Of(h.two.Channel, c.letters); list != nil {
				got = list.List[0].Name
			}
			if got != c.want {
				t.Errorf("%s, parking %v: %q, want %q", c.letters, c.parks, got, c.want)
			}
		}
	})
}

func TestFunctions(t *testing.T) {
	in(t, conf, isSilent, func(t *testing.T, h *house) {
		table := map[string]feature.Function{}
		for _, f := range h.Functions() {
			table[f.Name] = f
		}
		c := h.one.Channel
		for _, step := range []struct{ function, name, set, want string }{
			{"FEATURE", "atxferdropcall", "", "0"}, // the reference says so
			{"FEATURE", "atxferdropcall", "yes", "4294967295"},
			{"FEATURE", "transferdigittimeout", "", "3"},
			{"FEATURE", "transferdigittimeout", "5", "5"},
			{"FEATURE", "featuredigittimeout", "xx", "1000"},
			{"FEATURE", "atxferloopdelay", "99999999999", "10"},
			{"FEATURE", "inherit", "", "no"},
			{"FEATURE", "inherit", "yes", "yes"},
			{"FEATUREMAP", "atxfer", "", "*2"},
			{"FEATUREMAP", "atxfer", "*9", "*9"},
			{"FEATUREMAP", "parkcall", "", ""},
			{"FEATUREMAP", "nonsense", "*9", ""},
		} {
			f := table[step.function]
			if step.set != "" {
				_ = f.Write(t.Context(), c, step.name, step.set)
			}
			if got, _ := f.Read(t.Context(), c, step.name); got != step.want {
				t.Errorf("%s(%s)=%s is %q, want %q", step.function, step.name, step.set, got, step.want)
			}
		}
		next := h.Leg(t, &channeltest.Leg{})
		h.Inherit(c, next.Channel)
		if got, _ := table["FEATUREMAP"].Read(t.Context(), next.Channel, "atxfer"); got != "*9" {
			t.Errorf("it is inherited as %q", got)
		}
		next.End()
	})
}

// Keys are found for a feature by its name, of whichever kind it is.
func TestKeysOfAFeature(t *testing.T) {
	in(t, conf, isSilent, func(t *testing.T, h *house) {
		c := h.one.Channel
		for _, step := range []struct{ dynamic, name, want string }{
			{"", "atxfer", "*2"}, {"", "parkcall", ""}, {"", "tell", ""}, {"tell", "tell", "*5"}, {"", "nonsense", ""},
		} {
			c.SetVariable("DYNAMIC_FEATURES", step.dynamic)
			if got := h.Keys(c, step.name); got != step.want {
				t.Errorf("the keys of %s with %q are %q, want %q", step.name, step.dynamic, got, step.want)
			}
		}
	})
}

// Resolve knows whole places only.
func (h *house) Resolve(_ *channel.Channel, place string) (channel.Location, error) {
	parts := strings.Split(place, ",")
	if len(parts) != 3 {
		return channel.Location{}, errors.New("no place: " + place)
	}
	n, err := strconv.Atoi(parts[2])
	return channel.Location{Context: parts[0], Exten: parts[1], Priority: n}, err
}
