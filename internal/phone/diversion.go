package phone

import (
	"strconv"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// diversionReasons are those of RFC 5806 §6 and of its users, with the names that
// REDIRECTING has for them.
var diversionReasons = [...][2]string{{"unknown", "unknown"}, {"user-busy", "cfb"}, {"no-answer", "cfnr"}, {"unavailable", "unavailable"},
	{"unconditional", "cfu"}, {"time-of-day", "time_of_day"}, {"do-not-disturb", "dnd"}, {"deflection", "deflection"},
	{"follow-me", "follow_me"}, {"out-of-service", "out_of_order"}, {"away", "away"}}

// diversionOf reads who diverted a call last, from the first Diversion header.
func (d *Driver) diversionOf(m *sip.Message) (event.Redirection, bool) {
	list := m.List("Diversion")
	if len(list) == 0 || d.technology != PJSIP {
		return event.Redirection{}, false
	}
	a, err := sip.ParseAddress(list[0])
	if err != nil {
		return event.Redirection{}, false
	}
	v := event.Redirection{Reason: "unknown", Count: len(list)}
	v.From.Number = event.Number{Valid: true, Text: d.Model().user(a.URI.UserText())}
	v.From.Name = event.Name{Valid: a.Display != "", Text: a.Display}
	if reason, ok := sip.Param(a.Params, "reason"); ok {
		for _, r := range diversionReasons {
			if r[0] == reason {
				v.Reason = r[1]
			}
		}
	}
	if text, ok := sip.Param(a.Params, "counter"); ok {
		if n, err := strconv.Atoi(text); err == nil && n > v.Count && n < 1000 {
			v.Count = n
		}
	}
	return v, true
}

// divert adds who diverted the call, if somebody did and the endpoint wants to know.
func (s *session) divert(m *sip.Message, host string) {
	v := s.ch.Snapshot().Redirect
	if !v.From.Number.Valid && s.behalf != nil {
		v = s.behalf.Snapshot().Redirect
	}
	if s.driver.technology != PJSIP || !s.endpoint.SendDiversion || !v.From.Number.Valid || m.Get("Diversion") != "" {
		return
	}
	a := sip.Address{Display: v.From.Name.Text, URI: sip.URI{Scheme: "sip", User: sip.EscapeUser(v.From.Number.Text), Host: host}}
	reason := "unknown"
	for _, r := range diversionReasons {
		if r[1] == v.Reason {
			reason = r[0]
		}
	}
	m.Add("Diversion", a.String()+";reason="+reason)
}
