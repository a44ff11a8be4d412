package phone

import (
	"context"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// A refresher keeps a call alive by requests within it, or ends it when those of
// the other side no longer come (RFC 4028). Its fields are under the session's mu.
type refresher struct {
	timer  *time.Timer
	agreed sip.SessionExpires
	ours   bool // we refresh
}

func wholeSeconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// timed reports whether calls of the endpoint have session timers.
func (s *session) timed() bool { return s.endpoint.Timers != TimersNo }

// offerTimer adds to an INVITE or UPDATE of ours what we want. chan_sip asks for a
// timer only in its mode originate, or to go on with one.
func (s *session) offerTimer(r *sip.Message) {
	if !s.timed() {
		return
	}
	v := sip.SessionExpires{Interval: max(s.endpoint.TimersExpires, s.endpoint.TimersMinSE)}
	s.mu.Lock()
	if s.driver.technology == SIP && s.endpoint.Timers != TimersAlways && s.refresh.agreed.Interval == 0 {
		s.mu.Unlock()
		return
	}
	if s.refresh.agreed.Interval > 0 {
		v = sip.SessionExpires{Interval: s.refresh.agreed.Interval, Refresher: "uac"}
	}
	s.mu.Unlock()
	r.Set("Session-Expires", v.String())
	r.Set("Min-SE", wholeSeconds(s.endpoint.TimersMinSE))
	if s.endpoint.Timers == TimersRequired {
		r.Add("Require", "timer")
	}
}

// tooBrief reports whether a request wants a shorter interval than the endpoint allows.
func tooBrief(e *Endpoint, r *sip.Message) bool {
	v, ok := sip.ParseSessionExpires(r.Get("Session-Expires"))
	if e.Technology == SIP && !r.Has("Supported", "timer") && !r.Has("Require", "timer") {
		return false // nobody keeps time
	}
	return ok && e.Timers != TimersNo && v.Interval < e.TimersMinSE
}

// briefly adds to a 422 what the endpoint allows (RFC 4028 §6).
func (e *Endpoint) briefly(a *sip.Message) *sip.Message {
	if a != nil {
		if e.Technology == SIP {
			a.Add("Date", date(time.Now()))
		}
		a.Add("Min-SE", wholeSeconds(e.TimersMinSE))
	}
	return a
}

// answerTimer adds to our 2xx what is agreed, and begins with it. A call that does
// not ask for a timer has none, unless it requires timers or the endpoint has them
// always: then we refresh, which the other side need not know of.
func (s *session) answerTimer(request, response *sip.Message) {
	if !s.timed() {
		return
	}
	e := s.endpoint
	asked, _ := sip.ParseSessionExpires(request.Get("Session-Expires"))
	required := request.To.Tag() == "" && request.Has("Require", "timer")
	if asked.Interval == 0 && !required && e.Timers != TimersAlways && e.Timers != TimersRequired {
		s.noTimer()
		return
	}
	knows := asked.Refresher == "uac" || request.Has("Supported", "timer")
	most, preferred := time.Duration(0), s.refresherAgain("uac")
	if asked.Interval == 0 {
		least, _ := request.MinSE() // zero: none, or nonsense
		most, preferred = max(e.TimersExpires, e.TimersMinSE, least), "uas"
	}
	v, small := sip.AnswerSessionExpires(asked, knows, most, e.TimersMinSE, preferred)
	if small || v.Interval == 0 {
		return
	}
	response.Add("Session-Expires", v.String())
	if v.Refresher == "uac" {
		response.Add("Require", "timer")
	}
	s.keepAlive(v, v.Refresher == "uas")
}

// refresherAgain is who answers for the next refresh where the request leaves it
// open: who did before, or the one named.
func (s *session) refresherAgain(otherwise string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refresh.agreed.Interval == 0 {
		return otherwise
	}
	return choose(s.refresh.ours, "uas", "uac")
}

// agreedTimer takes what the 2xx to a request of ours says. Without Session-Expires
// the other side keeps no time, and neither do we, but for chan_sip's mode originate.
func (s *session) agreedTimer(r *sip.Message) {
	if v, ok := sip.ParseSessionExpires(r.Get("Session-Expires")); ok && s.timed() && v.Interval > 0 {
		v.Interval = max(v.Interval, s.endpoint.TimersMinSE) // less is not theirs to say (RFC 4028 §9)
		s.keepAlive(v, v.Refresher != "uas")
		return
	}
	if s.driver.technology == SIP && s.endpoint.Timers == TimersAlways {
		s.keepAlive(sip.SessionExpires{Interval: s.endpoint.TimersExpires}, true)
		return
	}
	s.noTimer()
}

func (s *session) keepAlive(v sip.SessionExpires, ours bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refresh.timer != nil {
		s.refresh.timer.Stop()
	}
	if s.gone {
		return
	}
	s.refresh.agreed, s.refresh.ours = v, ours
	if ours {
		s.refresh.timer = time.AfterFunc(v.Refresh(), s.refreshNow)
	} else {
		s.refresh.timer = time.AfterFunc(v.End(), s.expired)
	}
}

func (s *session) noTimer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refresh.timer != nil {
		s.refresh.timer.Stop()
		s.refresh.timer = nil
	}
}

// expired ends a call that the other side did not refresh.
func (s *session) expired() {
	s.driver.log.Log(context.Background(), levelNotice, "The session timer of a call has expired", "channel", s.ch.Name())
	s.tellTimeout("SIPSessionTimer")
	s.ch.Hangup(channel.CauseNormalClearing)
}

// refreshNow asks the other side whether the call is still there: by UPDATE, which
// needs no description, or where it knows none by INVITE with the last one.
func (s *session) refreshNow() {
	s.mu.Lock()
	if s.gone { // the call ended as its timer went off
		s.mu.Unlock()
		return
	}
	dialog := s.dialog
	end := s.refresh.agreed.Interval - s.refresh.agreed.Refresh()
	s.refresh.timer = time.AfterFunc(end, s.expired) // if no answer comes
	s.mu.Unlock()
	if dialog == nil {
		return
	}
	if s.driver.technology == PJSIP && s.takesUpdate() {
		s.renew(renewal{method: sip.Update, plain: true})
		return
	}
	s.renew(renewal{method: sip.Invite, again: true})
}
