package app

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/app/say"
)

// TestSay compares what is said with what Asterisk 22 plays.
func TestSay(t *testing.T) {
	text, err := os.ReadFile("testdata/say.tsv")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		field := strings.Split(line, "\t")
		language, application, args, want := field[0], field[1], strings.Split(field[2], ","), field[3]
		got, ok := said(language, application, field[2], args)
		if !ok {
			continue
		}
		compared++
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s %s(%s)\n got %s\nwant %s", language, application, field[2], text, want)
		}
	}
	if compared < 250 {
		t.Errorf("only %d lines were compared", compared)
	}
}

func said(language, application, whole string, args []string) ([]string, bool) {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch application {
	case "SayNumber":
		n, _ := strconv.Atoi(args[0])
		names, _ := say.Number(n, language, arg(1))
		return names, arg(1) != "x"
	case "SayOrdinal":
		n, _ := strconv.Atoi(args[0])
		names, _ := say.Ordinal(n, language, "")
		return names, n != 0
	case "SayMoney":
		return moneyPrompts(whole, func(n int) []string { return (&say.Speech{}).Number(n, language, "") }), true
	case "SayDigits":
		return say.Digits(whole), true
	case "SayAlpha":
		return say.Letters(whole), true
	case "SayPhonetic":
		return say.Phonetic(whole), true
	case "SayUnixTime":
		n, _ := strconv.ParseInt(args[0], 10, 64)
		zone, err := time.LoadLocation(arg(1))
		if err != nil {
			zone = time.UTC
		}
		format := arg(2)
		if format == "" {
			format = say.TimeFormat(language)
		}
		now := time.Date(2026, 11, 21, 6, 30, 0, 0, zone)
		return say.Moment(time.Unix(n, 0).In(zone), now, language, format), true
	}
	return nil, false
}

// TestSayDay compares the day as it is said with what Asterisk 22 plays, where
// that is right.
func TestSayDay(t *testing.T) {
	now := time.Date(2026, 11, 21, 6, 27, 59, 0, time.UTC)
	for _, c := range []struct {
		language string
		days     int
		want     string
	}{
		{"en", 0, "digits/today"}, {"en", -1, "digits/yesterday"}, {"en", 1, "digits/tomorrow"},
		{"en", -2, "digits/day-4"}, {"en", -6, "digits/day-0"}, {"en", 5, "digits/day-4"},
		{"en", -7, "digits/day-6 digits/mon-10 digits/h-14"}, {"en", 6, "digits/day-5 digits/mon-10 digits/20 digits/h-7"},
		{"en", -30, "digits/day-4 digits/mon-9 digits/20 digits/h-2"}, {"en", -31, "digits/mon-9 digits/20 digits/h-1"},
		{"en", 31, "digits/mon-11 digits/20 digits/h-2"}, {"en", -200, "digits/mon-4 digits/h-5 digits/2 digits/thousand digits/20 digits/6"},
		{"es", 0, "digits/today"}, {"es", -1, "digits/yesterday"},
		{"es", -2, "digits/es-el digits/day-4 digits/19 digits/es-de digits/mon-10 digits/es-de digits/2 digits/thousand digits/26"},
	} {
		got := strings.Join(say.Moment(now.AddDate(0, 0, c.days), now, c.language, "Q"), " ")
		if got != c.want {
			t.Errorf("%s %d days: got %s, want %s", c.language, c.days, got, c.want)
		}
	}
}
