package say

import (
	"cmp"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// A Speech is how an exchange says things: by the rules that are built in, or, with
// mode=new of say.conf, by those of that file. Its zero value knows the former only.
type Speech struct {
	// Env is in what the rules of say.conf are expanded, besides ${SAY}.
	Env    dialplan.Env
	Logger *slog.Logger

	config  atomic.Pointer[Config]
	byRules atomic.Bool
}

// Configure takes say.conf, and its mode.
func (s *Speech) Configure(c *Config) {
	s.config.Store(c)
	s.byRules.Store(c.New)
}

// SetNew says whether everything is said by the rules of say.conf.
func (s *Speech) SetNew(byRules bool) { s.byRules.Store(byRules) }

// New tells whether everything is said by the rules of say.conf.
func (s *Speech) New() bool { return s.byRules.Load() }

// Expression returns the prompts of an expression of say.conf, prefix:data or prefix:format:data. With an
// error they are those that come before what no rule is for.
func (s *Speech) Expression(text, language string) ([]string, error) {
	c := s.config.Load()
	if c == nil {
		return nil, fmt.Errorf("there is no %s", File)
	}
	x := &expander{phrases: c.of(language), env: s.Env}
	err := x.say(text, 0)
	return x.prompts, err
}

// rules returns what say.conf has of an expression.
func (s *Speech) rules(language, expression string) []string {
	prompts, err := s.Expression(expression, language)
	if err != nil && s.Logger != nil {
		s.Logger.Warn("not all can be said", "language", language, "error", err)
	}
	return prompts
}

// Number returns the prompts of a number; see the function of this name.
func (s *Speech) Number(n int, language, gender string) []string {
	if s.New() {
		return s.rules(language, fmt.Sprintf("num:%d", n))
	}
	prompts, ok := Number(n, language, gender)
	s.tell(ok, n, language)
	return prompts
}

// Ordinal returns the prompts of an ordinal number, for which say.conf is never asked.
func (s *Speech) Ordinal(n int, language, gender string) []string {
	prompts, ok := Ordinal(n, language, gender)
	s.tell(ok, n, language)
	return prompts
}

func (s *Speech) tell(ok bool, n int, language string) {
	if !ok && s.Logger != nil {
		s.Logger.Warn("the number is too large to be said", "number", n, "language", language)
	}
}

// Date returns the prompts of a day.
func (s *Speech) Date(at time.Time, language string) []string {
	return s.moment("date", at, language, "", "ABdY")
}

// Time returns the prompts of a time of day.
func (s *Speech) Time(at time.Time, language string) []string {
	return s.moment("time", at, language, "", "IMp")
}

// Moment returns the prompts of a time by a format; with "" by that of the language.
func (s *Speech) Moment(at time.Time, language, format string) []string {
	return s.moment("datetime", at, language, format, TimeFormat(language))
}

// moment says a time by a format, without one by the usual one of those that are built in.
func (s *Speech) moment(prefix string, at time.Time, language, format, usual string) []string {
	if s.New() {
		return s.rules(language, fmt.Sprintf("%s:%s:%s-%d-%3d", prefix, format, at.Format("200601021504.05"), at.Weekday(), at.YearDay()-1))
	}
	return Moment(at, time.Now().In(at.Location()), language, cmp.Or(format, usual))
}
