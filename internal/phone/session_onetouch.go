package phone

import (
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// oneTouch follows the key of a phone that begins and ends recording, which it tells by
// INFO with Record. It stands for the keys of the endpoint's feature: they are heard as
// if they had been pressed. It returns the status of the answer.
func (s *session) oneTouch(r *sip.Message) (status int) {
	e, name := s.endpoint, ""
	if code := r.Get("X-ClientCode"); code != "" && e.Peer != nil {
		return s.clientCode(code)
	}
	switch strings.ToLower(strings.TrimSpace(r.Get("Record"))) {
	case "on":
		name = e.RecordOn
	case "off":
		name = e.RecordOff
	default:
		return 200
	}
	find := s.driver.hooks.FeatureKeys
	if find == nil || s.driver.technology == PJSIP && !e.OneTouchRecording {
		return 403
	}
	keys := find(s.ch, name)
	if keys == "" {
		return 403
	}
	for _, key := range keys {
		if f, ok := keyFrame(string(key), 100*time.Millisecond); ok {
			s.ch.Deliver(f)
		}
	}
	return 200
}

// clientCode takes the code of a client on whose account the call is, which phones tell
// by INFO with X-ClientCode: the record of the call keeps it (useclientcode).
func (s *session) clientCode(code string) (status int) {
	if !s.endpoint.Peer.ClientCode {
		return 403
	}
	if assign := s.driver.hooks.Assign; assign != nil {
		assign(s.ch, "CDR(userfield)", code)
	}
	return 200
}
