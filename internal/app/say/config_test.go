package say

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
)

const rules = `[general]
mode = old
[spelled](!)
_digit:[0-9] => digits/${SAY}
_digit:[0-9]. => digit:${SAY:0:1}, digit:${SAY:1}
[en](spelled)
_[n]um:X => digits/${SAY}
_[n]um:XX => digits/${SAY:0:1}0 , num:${SAY:1}
_date:A:. => digits/day-${SAY:16:1}
_date:B:. => digits/mon-$[${SAY:4:2}-1]
_date:[de]:. => num:${SAY:6:2}
_datetime::. => date:AB 'digits/at' d:${SAY}
exact:1 => got/${SAY}
_dash:12 => dashed
_last:. => got/${SAY}
_loop:. => loop:${SAY}
[xx]
_[n]um:. => beep
`

func speech(t *testing.T, text string) *Speech {
	t.Helper()
	f, err := config.Parse(File, []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, problems := ReadConfig(f)
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	log := slog.New(slog.DiscardHandler)
	engine := dialplan.NewEngine(dialplan.Config{Channels: channel.NewRegistry(event.NewBus(), log, ""), Logger: log})
	s := &Speech{Env: engine.Env(context.Background(), nil), Logger: log}
	s.Configure(c)
	return s
}

func TestExpression(t *testing.T) {
	s := speech(t, rules)
	for _, c := range []struct{ language, text, want string }{
		{"en", "num:7", "7"}, {"en", "num:25", "20 5"}, {"en", "digit:123", "1 2 3"}, {"en", "num:123", ""}, {"en", "nothing:1", ""},
		{"en", "beep", ""}, {"en", "exact:1", "/got/1"}, {"en", "EXACT:1", ""}, {"en", "dash:1-2", "/dashed"}, {"en", "last:a:b:c", "/got/c"},
		{"en", " num:7 ", "7"}, {"en", "datetime::200604172030.00-1-106", "day-1 mon-3 at 10 7"}, {"en", "date:AB:200604172030.00-1-106", ""},
		{"xx", "num:5", "/beep"}, {"XX_YY", "num:5", "/beep"}, {"xx", "digit:5", "5"}, {"en_GB", "num:5", "5"}, {"qq", "num:5", "5"}, {"", "num:5", "5"},
	} {
		got, err := s.Expression(c.text, c.language)
		if err != nil || written(got) != c.want {
			t.Errorf("%s %s: %s, %v, want %s", c.language, c.text, written(got), err, c.want)
		}
	}
	if _, err := s.Expression("loop:1", "en"); err == nil {
		t.Error("a rule goes on without end")
	}
}

func TestMode(t *testing.T) {
	s := speech(t, rules)
	at := time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)
	for _, byRules := range []bool{false, true} {
		s.SetNew(byRules)
		number, moment := written(s.Number(7, "xx", "")), written(s.Moment(at, "en", ""))
		wants := map[bool][2]string{false: {"7", "day-2 mon-10 h-14 2 thousand 20 3 at 10 13 p-m"}, true: {"/beep", "day-2 mon-10 at 10 4"}}
		if want := wants[byRules]; number != want[0] || moment != want[1] {
			t.Errorf("by the rules of the file %v: %q and %q, want %q", byRules, number, moment, want)
		}
		if got := written(s.Ordinal(3, "xx", "")); got != "h-3" {
			t.Errorf("an ordinal number is %s", got)
		}
	}
}

func TestConfigThatIsWrong(t *testing.T) {
	f, err := config.Parse(File, []byte("[general]\nmode = newer\nmodus = new\n[en]\nnum => x\n_num:[ => x\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	_, problems := ReadConfig(f)
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	for _, want := range []string{"say.conf:2", "say.conf:3", "say.conf:5", "say.conf:6"} {
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("nothing is told of %s: %q", want, lines)
		}
	}
}

// The name of a language begins with that of its rules.
func TestNamesOfLanguages(t *testing.T) {
	for name, want := range map[string]string{"DE": "1-and 20", "de_AT": "1-and 20", "de-AT": "1-and 20", "den": "1-and 20", "es_MX": "21",
		"en_GB_x": "20 1", "mx": "20 1", "": "20 1", "d": "20 1", "zh_TW": "20 1"} {
		if got, _ := Number(21, name, ""); written(got) != want {
			t.Errorf("21 in %q is %s, want %s", name, written(got), want)
		}
	}
	if got := written(Moment(time.Unix(1795370400, 0).UTC(), time.Now(), "pt_br", "H")); got != "18 hours" {
		t.Errorf("18 h in pt_br is %s", got)
	}
}
