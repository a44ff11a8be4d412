package phone

import (
	"github.com/octothorpe/octothorpe/sip"
)

// timerFor is the session timer that chan_sip gives the call of an INVITE of the other
// side, which it tells with every response to that; knows reports whether the other
// side keeps time, too. In the mode originate there is one in any case, and then it is
// ours to refresh.
func (s *session) timerFor(invite *sip.Message) (v sip.SessionExpires, knows bool) {
	e := s.endpoint
	knows = invite.Has("Supported", "timer") || invite.Has("Require", "timer")
	if e.Timers == TimersNo || !knows && e.Timers != TimersAlways {
		return sip.SessionExpires{}, knows
	}
	v = sip.SessionExpires{Interval: e.TimersExpires, Refresher: choose(knows, e.Peer.SessionRefresher, "uas")}
	if !knows {
		return v, false
	}
	if asked, ok := sip.ParseSessionExpires(invite.Get("Session-Expires")); ok && asked.Interval > 0 {
		v.Interval = min(v.Interval, asked.Interval)
		v.Refresher = orText(asked.Refresher, v.Refresher)
	}
	if least, err := invite.MinSE(); err == nil {
		v.Interval = max(v.Interval, least)
	}
	return v, true
}

// tellTimer adds the timer to a response to an INVITE of the other side, and begins
// with it when the response accepts.
func (s *session) tellTimer(invite, response *sip.Message) {
	if s.driver.technology != SIP || response.Status >= 300 || invite == nil {
		return
	}
	v, knows := s.timerFor(invite)
	if v.Interval == 0 {
		return
	}
	response.Add("Session-Expires", v.String())
	if response.Status < 200 {
		return
	}
	if knows {
		response.Add("Require", "timer")
	}
	s.keepAlive(v, v.Refresher == "uas")
}
