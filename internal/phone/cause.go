package phone

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// causes are the Q.850 causes for final responses, as the reference has them.
var causes = map[int]int{
	401: 21, 403: 21, 404: 1, 407: 21, 408: 18, 409: 41, 410: 22, 420: 3, 480: 19, 483: 19, 484: 28, 485: 1, 486: 17, 488: 58,
	500: 38, 501: 29, 502: 27, 503: 34, 504: 102, 505: 127, 600: 17, 603: 21, 604: 1, 606: 58,
}

// causeOfStatus returns the Q.850 cause for a final response.
func causeOfStatus(status int) int {
	if c, ok := causes[status]; ok {
		return c
	}
	switch status / 100 {
	case 3:
		return channel.CauseRedirected
	case 4, 6:
		return channel.CauseInterworking
	case 5:
		return channel.CauseCongestion
	}
	return channel.CauseNormalClearing
}

// endsBy is how the reference's SIP channels pass a final response on: by a
// signal, which leaves it to the caller to hang up, or by hanging up themselves.
func endsBy(status int) media.Signal {
	switch status {
	case 480, 486, 600, 603:
		return media.Busy
	case 401, 407, 410, 482, 500, 502, 503, 504:
		return media.Congestion
	}
	return media.NoSignal
}

// stillThere are the responses after which the reference's SIP channels tell the
// quality of the audio that there never was.
var stillThere = map[int]bool{400: true, 403: true, 404: true, 405: true, 408: true, 414: true, 415: true, 480: true, 481: true, 487: true,
	488: true, 491: true, 493: true, 501: true, 606: true}

// statusOfCause returns the final response that refuses a call with a cause.
func (d *Driver) statusOfCause(cause int) int {
	if cause == channel.CauseTimerExpiry || cause == channel.CauseTemporaryFailure {
		return 603
	}
	return statusOfCause(cause)
}

// reasonsSIP are chan_sip's own words for some of them.
var reasonsSIP = map[int]string{480: "Temporarily unavailable", 484: "Address incomplete", 486: "Busy here", 500: "Server internal failure", 603: "Declined"}

func statusOfCause(cause int) int {
	switch cause {
	case 1, 2, 3:
		return 404
	case channel.CauseUserBusy:
		return 486
	case channel.CauseNoUserResponse:
		return 408
	case channel.CauseNoAnswer, channel.CauseSubscriberAbsent, channel.CauseNormalUnspecified:
		return 480
	case channel.CauseCallRejected:
		return 403
	case 22:
		return 410
	case channel.CauseInvalidNumber:
		return 484
	case channel.CauseOutOfOrder:
		return 502
	case 29:
		return 501
	case channel.CauseCongestion, channel.CauseSwitchCongestion, channel.CauseNotImplemented:
		return 503
	case channel.CauseBearerNotAvailable:
		return 488
	case 38, channel.CauseTemporaryFailure, channel.CauseInterworking:
		return 500
	case channel.CauseTimerExpiry:
		return 504
	}
	return 603
}

// causeOfReason reads the Q.850 cause of a Reason header (RFC 3326), or returns otherwise.
func causeOfReason(m *sip.Message, otherwise int) int {
	for _, reason := range m.List("Reason") {
		protocol, params, _ := strings.Cut(reason, ";")
		if !strings.EqualFold(strings.TrimSpace(protocol), "Q.850") {
			continue
		}
		if text, ok := sip.Param(params, "cause"); ok {
			if n, err := strconv.Atoi(text); err == nil && n > 0 && n < 128 {
				return n
			}
		}
	}
	return otherwise
}

// toldCause is causeOfReason, where the module that reads it is loaded.
func (s *session) toldCause(m *sip.Message, otherwise int) int {
	if s.endpoint.can.lacks(moduleReasons) {
		return otherwise
	}
	return causeOfReason(m, otherwise)
}

// reasonless reports whether why a call ends is told by its status alone.
func (e *Endpoint) reasonless() bool { return e.SuppressQ850 || e.can.lacks(moduleReasons) }

// causeOf is the cause of a refusal: that of its status, or where use_q850_reason of
// sip.conf says so that of its Reason.
func (s *session) causeOf(r *sip.Message) int {
	cause := causeOfStatus(r.Status)
	if p := s.endpoint.Peer; s.driver.technology == SIP && p != nil && p.UseReason {
		return causeOfReason(r, cause)
	}
	return cause
}

// reason is the Reason header that tells a cause.
func reason(cause int) sip.Header {
	return sip.Header{Name: "Reason", Value: fmt.Sprintf("Q.850;cause=%d", cause)}
}
