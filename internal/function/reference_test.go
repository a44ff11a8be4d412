package function

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/internal/store"
	"github.com/rogpeppe/go-internal/txtar"
)

// silentLeg is a technology that does nothing.
type silentLeg struct{}

func (silentLeg) Call(context.Context) error { return nil }
func (silentLeg) Answer() error              { return nil }
func (silentLeg) Indicate(media.Frame) error { return nil }
func (silentLeg) Write(media.Frame) error    { return nil }
func (silentLeg) WriteFormat() *media.Format { return media.SLin }
func (silentLeg) Hangup(int)                 {}

// board is the states of devices, as the exchange hands them to functions.
type board struct{ *state.Board }

func (b board) Extension(exten, context string) (string, bool) {
	h, ok := b.Of(exten, context)
	return h.State.Device(), ok
}

// exchange is a dialplan with the functions of this package.
type exchange struct {
	*dialplan.Engine
	channels *channel.Registry
	house    *House
}

func newExchange(t *testing.T, extensions string) *exchange {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	channels := channel.NewRegistry(event.NewBus(), log, "")
	engine := dialplan.NewEngine(dialplan.Config{Channels: channels, Logger: log})
	f, err := config.Parse("extensions.conf", []byte(extensions), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan, problems := dialplan.Load(f, engine.Env(t.Context(), nil))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := engine.Reload(plan); err != nil {
		t.Fatal(err)
	}
	devices := board{state.NewBoard(channels.Bus, func(string) string { return state.Invalid })}
	devices.SetHints([]state.Hint{{Exten: "hinted", Context: "probe", Devices: "Custom:lamp"}}, false)
	h := &House{Channels: channels, Dialplan: engine, Devices: devices, Logger: log,
		Loaded: func(module string) bool { return module == "func_strings" }, Version: "22.10.1",
		SetZone: func(_ *channel.Channel, country string) error {
			if country != "es" {
				return errors.New("no such country")
			}
			return nil
		}}
	for _, row := range h.Functions() {
		engine.AddFunction(row)
	}
	return &exchange{engine, channels, h}
}

// leg makes a leg of which no dialplan runs.
func (x *exchange) leg(t *testing.T, exten string) *channel.Channel {
	t.Helper()
	c, err := x.channels.New(channel.Config{Name: "Test/" + exten + "-00000001", Technology: "Test", Leg: silentLeg{},
		State: event.Ring, Context: "probe", Exten: exten})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// deliberate are the answers that are meant to be others than the reference's.
var deliberate = map[string]string{
	// Garbage stays garbage there, and is an error here.
	"${BASE64_DECODE(YW Jj)}":     "",
	"${BASE64_DECODE(!!)}":        "",
	"${BASE64_DECODE(YWJj!ZGVm)}": "",
	// Integers have 64 bits here.
	"${MATH(10000000*10000000,int)}": "100000000000000",
	"${MATH(2147483647+1,int)}":      "2147483648",
	"${MATH(4294967296*2,hex)}":      "200000000",
	"${MATH(1<<40,int)}":             "1099511627776",
	"${MATH(1<<31,int)}":             "2147483648",
	"${MATH(3000000000+0,int)}":      "3000000000",
	"${JSON_DECODE(J,o)}":            "12345678901234",
	// The name of the zone that was asked for, not of the machine's.
	"${STRFTIME(1700000000,America/New_York,%F %T %z %Z)}": "2023-11-14 17:13:20 -0500 EST",
	"${STRFTIME(1720000000,Europe/Madrid,%F %T %Z)}":       "2024-07-03 11:46:40 CEST",
	// The recorded leg was a Local channel's second half, whose master was the first.
	"${MASTER_CHANNEL(q)}":    "qq",
	"${CHANNEL(channeltype)}": "Test",
}

// TestReference compares the functions with a recording of Asterisk.
func TestReference(t *testing.T) {
	data, err := os.ReadFile("testdata/functions.txtar")
	if err != nil {
		t.Fatal(err)
	}
	sections := txtar.Parse(data).Files
	extensions := string(sections[0].Data)
	for _, section := range sections[1:] {
		extensions += "exten => " + section.Name + ",1,NoOp()\n"
	}
	x := newExchange(t, extensions)
	database := store.New(x.house.Logger)
	database.Open(t.TempDir()+"/astdb.sqlite3", "")
	defer func() { _ = database.Close(context.Background()) }()
	x.house.Database = database
	for _, section := range sections[1:] {
		t.Run(section.Name, func(t *testing.T) {
			c := x.leg(t, section.Name)
			for _, line := range strings.Split(strings.TrimSuffix(string(section.Data), "\n"), "\n") {
				x.compare(t, c, line)
			}
			c.End()
		})
	}
	if err := x.channels.Shutdown(t.Context(), channel.CauseNormalClearing); err != nil {
		t.Error(err)
	}
}

// compare runs a line of a recording on the leg.
func (x *exchange) compare(t *testing.T, c *channel.Channel, line string) {
	t.Helper()
	if at := strings.LastIndexByte(line, '\t'); at >= 0 {
		text, want := line[:at], line[at+1:]
		if own, ok := deliberate[text]; ok {
			want = own
		}
		if got := x.Expand(t.Context(), c, text); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
		return
	}
	set, ok := strings.CutPrefix(strings.TrimSuffix(line, ")"), "Set(")
	if !ok {
		t.Fatalf("what is %q?", line)
	}
	name, value, _ := strings.Cut(x.Expand(t.Context(), c, set), "=")
	if err := x.Assign(t.Context(), c, strings.TrimSpace(name), value); err != nil {
		t.Errorf("%s: %v", line, err)
	}
}
