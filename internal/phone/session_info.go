package phone

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// mediaType is the type of a message's body, lower case and without parameters.
func mediaType(m *sip.Message) string {
	kind, _, _ := strings.Cut(strings.ToLower(m.Get("Content-Type")), ";")
	return strings.TrimSpace(kind)
}

// info reads what an INFO within the call brings: a key, a flash, or nothing. The
// status is that with which the reference answers it.
func (s *session) info(r *sip.Message) (f media.Frame, ok bool, status int) {
	if len(r.Body) == 0 {
		return f, false, s.oneTouch(r)
	}
	if foreignInfo(r) {
		return f, false, choose(s.driver.technology == SIP, 415, 200)
	}
	signal, length := strings.TrimSpace(string(r.Body)), 100*time.Millisecond
	switch mediaType(r) {
	case "application/dtmf-relay":
		signal, length = relayedKey(string(r.Body), length)
	case "application/media_control+xml": // asks for a picture (RFC 5168)
		return media.Frame{Kind: media.Control, Signal: media.VideoUpdate}, true, 200
	}
	f, ok = keyFrame(signal, length)
	return f, ok, choose(ok || s.driver.technology == SIP, 200, 500)
}

// foreignInfo reports whether an INFO brings something that nobody here reads.
func foreignInfo(r *sip.Message) bool {
	return len(r.Body) > 0 && !slices.Contains([]string{"application/dtmf", "application/dtmf-relay", "application/media_control+xml"}, mediaType(r))
}

// relayedKey reads the lines of application/dtmf-relay.
func relayedKey(text string, otherwise time.Duration) (signal string, length time.Duration) {
	length = otherwise
	for _, line := range strings.FieldsFunc(text, func(c rune) bool { return c == '\r' || c == '\n' }) {
		key, value, _ := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "signal":
			signal = value
		case "duration":
			if ms, err := strconv.Atoi(value); err == nil && ms > 0 && ms < 10000 {
				length = time.Duration(ms) * time.Millisecond
			}
		}
	}
	return signal, length
}

// keyFrame is the frame of a key by its sign or its code (RFC 4733 §3.2), of which
// 16 is a flash; ok is false of what is no key.
func keyFrame(signal string, length time.Duration) (f media.Frame, ok bool) {
	if n, err := strconv.Atoi(signal); err == nil && n >= 10 && n <= 16 {
		signal = string("*#ABCD!"[n-10])
	}
	switch {
	case signal == "!":
		return media.Frame{Kind: media.Control, Signal: media.Flash}, true
	case len(signal) != 1 || !strings.Contains(keyCodes+"abcd", signal):
		return f, false
	}
	return media.Frame{Kind: media.DTMFEnd, Digit: strings.ToUpper(signal)[0], Duration: length, Value: media.Whole{}}, true
}

// text is the status with which the reference answers a MESSAGE within the call:
// chan_sip takes plain text, chan_pjsip whatever says what it is and is not empty.
func (s *session) text(r *sip.Message) (status int) {
	kind := mediaType(r)
	if s.driver.technology == SIP && kind != "text/plain" || kind == "" || s.driver.technology == PJSIP && len(r.Body) == 0 {
		return 415
	}
	return 202
}

// pictureWanted is the body that asks for a whole picture (RFC 5168 §7.1).
const pictureWanted = `<?xml version="1.0" encoding="utf-8" ?>` + "\r\n" +
	"<media_control>\r\n <vc_primitive>\r\n  <to_encoder>\r\n   <picture_fast_update/>\r\n  </to_encoder>\r\n </vc_primitive>\r\n</media_control>\r\n"

// askPicture asks the far end for a whole picture: by RTCP where feedback was agreed
// upon, else by INFO.
func (s *session) askPicture() error {
	if t := s.strandOf(streamNumber("video", 0)); t != nil && s.endpoint.UseAVPF {
		return t.rtp.RequestRefresh()
	}
	if s.driver.technology == PJSIP {
		s.driver.testEvent("AST_CONTROL_VIDUPDATE", "chan_pjsip.c", "transmit_info_with_vidupdate", event.Variable{Name: "Result", Value: "Success"})
	}
	return s.inCall(sip.Info, "application/media_control+xml", pictureWanted)
}
