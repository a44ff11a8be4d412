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

// reasonCauses are the codes of RFC 4458 §2 for reasons that have one.
var reasonCauses = map[string]int{"cfu": 302, "cfb": 486, "cfnr": 408, "deflection": 480, "unavailable": 503}

// unknownCause is RFC 4458's code for a reason that is not known.
const unknownCause = 404

// diverted reads from an INVITE who sent the call on, and to whom.
func (d *Driver) diverted(m *sip.Message) (event.Redirection, bool) {
	if d.Model().can.lacks(moduleDiversions) {
		return event.Redirection{}, false
	}
	if v, ok := d.historyOf(m); ok {
		return v, true
	}
	v, ok := d.diversionOf(m)
	if ok {
		v.To = d.named(m.To)
	}
	return v, ok
}

// divertedBy reads from a 181 or 3xx that the call is sent on: by Diversion or
// History-Info, else it is the one that was called who does so.
func (d *Driver) divertedBy(m *sip.Message) event.Redirection {
	if v, ok := d.historyOf(m); ok {
		return v
	}
	v, ok := d.diversionOf(m)
	if m.Status >= 300 {
		return v // to a Contact
	}
	by := event.Redirection{From: d.named(m.To), Reason: "unknown", Count: 1}
	if ok {
		by.To = v.From // what is told with a 181 is where the call goes
	}
	return by
}

// diversionOf reads who diverted a call last, from the first Diversion header.
func (d *Driver) diversionOf(m *sip.Message) (event.Redirection, bool) {
	list := m.List("Diversion")
	if len(list) == 0 {
		return event.Redirection{}, false
	}
	a, err := sip.ParseAddress(list[0])
	if err != nil {
		return event.Redirection{}, false
	}
	v := event.Redirection{From: d.named(a), Reason: "unknown", Count: len(list)}
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

// historyOf reads the last entry of History-Info (RFC 7044) that has a cause: the
// call went there from the entry before it.
func (d *Driver) historyOf(m *sip.Message) (v event.Redirection, ok bool) {
	if d.technology != PJSIP {
		return v, false
	}
	var before sip.Address
	for _, text := range m.List("History-Info") {
		a, err := sip.ParseAddress(text)
		if err != nil {
			continue
		}
		if cause, there := a.URI.Param("cause"); there && !before.URI.IsZero() {
			v.From, v.To, v.Reason, ok = d.named(before), d.named(a), "unknown", true
			v.Count++
			for reason, code := range reasonCauses {
				if cause == strconv.Itoa(code) {
					v.Reason = reason
				}
			}
		}
		before = a
	}
	return v, ok
}

// named is the party of an address, whose user loses its options if they are to
// be ignored.
func (d *Driver) named(a sip.Address) event.Party {
	return event.Party{Number: event.Number{Valid: true, Text: d.Model().userOf(a.URI)},
		Name: event.Name{Valid: a.Display != "", Text: a.Display}}
}

// divert adds to an INVITE who sent the call on, as far as the endpoint wants to know.
func (s *session) divert(m *sip.Message, host string) {
	if s.endpoint.can.lacks(moduleDiversions) {
		return
	}
	v := s.ch.Snapshot().Redirect
	if !v.From.Number.Valid && s.behalf != nil {
		v = s.behalf.Snapshot().Redirect
	}
	if !v.From.Number.Valid || s.driver.technology == PJSIP && v.Count == 0 {
		return
	}
	if s.endpoint.SendDiversion && m.Get("Diversion") == "" {
		m.Add("Diversion", at(v.From, host, "").String()+";reason="+diversionReason(v.Reason))
	}
	if s.driver.technology == PJSIP && s.endpoint.SendHistoryInfo && m.Get("History-Info") == "" {
		history(m, v, host)
	}
}

// divertedFrom adds to chan_sip's 181 who sent the call on.
func (s *session) divertedFrom(m *sip.Message, host string) {
	if v := s.ch.Snapshot().Redirect; s.endpoint.SendDiversion && v.From.Number.Valid {
		m.Add("Diversion", at(v.From, host, "").String()+";reason="+diversionReason(v.Reason))
	}
}

// divertedTo adds to a response where the call was sent on to meanwhile, which the next
// one has in the same place.
func (s *session) divertedTo(m *sip.Message, host string) {
	s.mu.Lock()
	told := s.redirected
	s.mu.Unlock()
	if told {
		s.tellDiverted(m, host)
	}
}

func (s *session) tellDiverted(m *sip.Message, host string) {
	if s.endpoint.can.lacks(moduleDiversions) {
		return
	}
	v := s.ch.Snapshot().Redirect
	if s.endpoint.SendDiversion && v.To.Number.Valid && v.Count > 0 {
		value := at(v.To, host, "").String() + ";reason=" + diversionReason(v.Reason)
		if _, there := m.Lookup("Diversion"); there {
			m.Set("Diversion", value)
		} else {
			s.keep(m, "Diversion", value)
		}
	}
	if s.endpoint.SendHistoryInfo && v.From.Number.Valid {
		history(m, v, host)
	}
}

func history(m *sip.Message, v event.Redirection, host string) {
	m.Add("History-Info", at(v.From, host, "").String()+";index=1")
	if !v.To.Number.Valid {
		return
	}
	cause := reasonCauses[v.Reason]
	if cause == 0 {
		cause = unknownCause
	}
	m.Add("History-Info", at(v.To, host, ";cause="+strconv.Itoa(cause)).String()+";index=1.1")
}

// at is the address of a party at a host.
func at(p event.Party, host, params string) sip.Address {
	return sip.Address{Display: p.Name.Text, URI: sip.URI{Scheme: "sip", User: sip.EscapeUser(p.Number.Text), Host: host, Params: params}}
}

func diversionReason(name string) string {
	for _, r := range diversionReasons {
		if r[1] == name {
			return r[0]
		}
	}
	return "unknown"
}
