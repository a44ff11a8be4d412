package lua

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plan is a dialplan that notes what is run.
type plan struct {
	ran  []string
	away bool // the next application moves the leg
	fail error
}

func (p *plan) Known(name string) (string, bool) { return name, name != "nosuch" }
func (p *plan) Execute(_ context.Context, _ *channel.Channel, name, data string) error {
	p.ran = append(p.ran, name+"("+data+")")
	return p.fail
}
func (p *plan) Unwinds(*channel.Channel, channel.Location) bool { return p.away }
func (p *plan) Variable(c *channel.Channel, name string) (string, bool) {
	return c.Variable(name)
}

func (p *plan) Read(_ context.Context, _ *channel.Channel, text string) (string, error) {
	if strings.HasPrefix(text, "NONE(") {
		return "", errors.New("none")
	}
	return "<" + text + ">", nil
}

func (p *plan) Assign(_ context.Context, c *channel.Channel, name, value string) error {
	c.SetVariable(name, value)
	return nil
}

// read reads a file of a text.
func (p *plan) read(t *testing.T, text string) (*Book, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), File)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return (&House{Dialplan: p, Logger: slog.New(slog.DiscardHandler)}).Read(t.Context(), path)
}

const book = `
extensions = { office = {
  ["1"] = function(c, e)
    count = (count or 0) + 1
    channel.n = count
    app.noop(c, e, nil, channel.n:get(), channel.LEN("a", 2):get(), tostring(channel.NONE("x"):get()), tostring(channel.unset:get()))
    app.second()
  end;
  ["2"] = function() while true do end end;
  ["3"] = function() app.nosuch() end;
  ["4"] = function() channel.n = nil end;
  [5] = function() pcall(app.first) app.never() end;
  include = { "other" };
}; other = { _X. = nil } }`

func TestACallKeepsItsOwnVariables(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		p := &plan{}
		b, err := p.read(t, strings.Replace(book, "_X. = nil", "", 1))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"noop(office,1,,1,<LEN(a,2)>,nil,nil) second()", "noop(office,1,,2,<LEN(a,2)>,nil,nil) second()", "noop(office,1,,1,<LEN(a,2)>,nil,nil) second()"} {
			c := x.Find("Test/1")
			if i != 1 { // the second is of the same call
				c = x.Leg(t, &channeltest.Leg{}).Channel
			}
			c.SetLocation(channel.Location{Context: "office", Exten: "1", Priority: 1})
			p.ran = nil
			if err := b.call(c.Context(), c, [2]string{"office", "1"}); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(p.ran, " "); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	})
}

func TestWhatEndsAnExtension(t *testing.T) {
	sentinel := errors.New("hung up")
	for _, c := range []struct {
		name, exten string
		plan        plan
		want        string // what was run
		err         string
	}{
		{"there is no such application", "3", plan{}, "", "application 'nosuch' not found"},
		{"a variable can't be nil", "4", plan{}, "", "bad argument #3"},
		{"the leg goes elsewhere", "1", plan{away: true}, "noop(office,1,,1,<LEN(a,2)>,nil,nil)", ""},
		{"an application ends the call", "1", plan{fail: sentinel}, "noop(office,1,,1,<LEN(a,2)>,nil,nil)", sentinel.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
				b, err := c.plan.read(t, strings.Replace(book, "_X. = nil", "", 1))
				if err != nil {
					t.Fatal(err)
				}
				leg := x.Leg(t, &channeltest.Leg{}).Channel
				leg.SetLocation(channel.Location{Context: "office", Exten: c.exten, Priority: 1})
				err = b.call(leg.Context(), leg, [2]string{"office", c.exten})
				if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want %q", err, c.err)
				}
				if got := strings.Join(c.plan.ran, " "); got != c.want {
					t.Errorf("ran %s, want %s", got, c.want)
				}
			})
		})
	}
}

func TestAnEndlessLoopEndsWithItsStep(t *testing.T) {
	p := &plan{}
	b, err := p.read(t, strings.Replace(book, "_X. = nil", "", 1))
	if err != nil {
		t.Fatal(err)
	}
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		leg := x.Leg(t, &channeltest.Leg{}).Channel
		ended := errors.New("redirected")
		ctx, cancel := context.WithCancelCause(leg.Context())
		done := make(chan error)
		go func() { done <- b.call(ctx, leg, [2]string{"office", "2"}) }()
		cancel(ended)
		if err := <-done; !errors.Is(err, ended) {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestWhatIsNoDialplan(t *testing.T) {
	for text, want := range map[string]string{
		"extensions = {": "EOF", "x = 1": errNoTable.Error(), "error('no')": "no", book: "",
	} {
		_, err := (&plan{}).read(t, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: %v, want %s", text, err, want)
		}
	}
}

// A mistake costs the call, not the exchange.
func TestTheStateIsBounded(t *testing.T) {
	for text, want := range map[string]string{
		`local t = {} while true do t[#t+1] = string.rep("x", 1e6) end`:                                   errTooBig.Error(),
		`t = {} while true do t[#t+1] = {} end`:                                                           errTooBig.Error(),
		`t = {} while true do pcall(function() while true do t[#t+1] = string.rep("x", 1e6) end end) end`: errTooBig.Error(),
		`local t = {} local function add() t[#t+1] = string.rep("x", 1e6) return add() end add()`:         errTooBig.Error(),
		`local s = "x" while true do s = s .. s end`:                                                      errTooBig.Error(),
		`coroutine.wrap(function() local t = {} while true do t[#t+1] = string.rep("x", 1e6) end end)()`:  errTooBig.Error(),
		`local c = coroutine.create(function() local t = {} while true do t[string.rep("x", 1e5) .. #t] = 1 coroutine.yield() t[#t+1] = 1 end end) while true do coroutine.resume(c) end`: errTooBig.Error(),
		`string.rep("x", 1e12)`:                                                    errLong.Error(),
		`("x"):rep(1e6):gsub("x", ("y"):rep(1e6))`:                                 errLong.Error(),
		`s = ("x"):rep(1e6) t = {} for i = 1, 100 do t[i] = s end table.concat(t)`: errLong.Error(),
		`s = ("x"):rep(6e7) string.format("%s%s", s, s)`:                           errLong.Error(),
		`function f(n) return 1 + f(n + 1) end error(select(2, pcall(f, 1)), 0)`:   "stack overflow",
		`os.exit(0)`: errExit.Error(),
		`function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end error(f(15000))`: "15000", // as deep as on Asterisk
		`t = {} for i = 1, 1e4 do t[i] = "y" end error(#table.concat(t))`:                   "10000",
		`for i = 1, 100 do s = string.rep("x", 1e6) end error(#s)`:                          "1000000", // of which the last is kept
		`s = ("x"):rep(1e6) t = {} for i = 1, 1e5 do t[i] = s end error(#t)`:                "100000",  // which is one
		`error((("ab"):rep(2000):gsub("(a)(b)", "%2%1")):sub(1, 4))`:                        "baba",
	} {
		_, err := (&plan{}).read(t, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestACallGoesOnWithANewStateAfterOneThatWasTooLarge(t *testing.T) {
	p := &plan{}
	b, err := p.read(t, `extensions = { office = {
		["1"] = function() kept = 1 while true do app.noop(kept) end end;
		["2"] = function() app.second(kept) end } }`)
	if err != nil {
		t.Fatal(err)
	}
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		leg := x.Leg(t, &channeltest.Leg{}).Channel
		s, err := b.session(leg.Context(), leg)
		if err != nil {
			t.Fatal(err)
		}
		s.guard.exceeded = true
		if err := b.call(leg.Context(), leg, [2]string{"office", "1"}); err == nil || !strings.Contains(err.Error(), errTooBig.Error()) {
			t.Errorf("it ended with %v", err)
		}
		if err := b.call(leg.Context(), leg, [2]string{"office", "2"}); err != nil || strings.Join(p.ran, " ") != "second()" {
			t.Errorf("then ran %q, %v", p.ran, err)
		}
	})
}

func TestInstall(t *testing.T) {
	b, err := (&plan{}).read(t, `extensions = { a = { ["_1X"] = function() end; include = { "b" } }; b = { [20] = 1 } } hints = { c = { [1] = "Custom:x" } }`)
	if err != nil {
		t.Fatal(err)
	}
	p, err := dialplan.Empty().Edit(func(d *dialplan.Editor) error { b.Install(d); return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		context, exten string
		want           bool
	}{{"a", "12", true}, {"a", "20", true}, {"b", "20", true}, {"b", "12", false}, {"a", "2", false}} {
		if got := p.Exists(c.context, c.exten, 1, ""); got != c.want {
			t.Errorf("%s@%s: there is %v", c.exten, c.context, got)
		}
	}
	if h := p.Hint("c", "1"); h == nil || h.Application != "Custom:x" {
		t.Errorf("the hint is %v", h)
	}
	p, err = p.Edit(func(d *dialplan.Editor) error { (*Book)(nil).Install(d); return nil })
	if err != nil || len(p.Contexts()) != 0 || p.Exists("a", "12", 1, "") {
		t.Errorf("%d contexts are left, %v", len(p.Contexts()), err)
	}
}

func TestALoopInTheFileIsNotWaitedForForever(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	if err := os.WriteFile(path, []byte("while true do end"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := (&House{}).Read(ctx, path); err == nil {
		t.Error("it came to an end")
	}
}
