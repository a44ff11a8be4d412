package event

import "time"

// ARIRequest: A request of the REST interface has been answered.
type ARIRequest struct {
	Operation string   // "POST /channels/{channelId}/answer"
	Channel   *Channel // that it was about or that it made; nil if none
	WebSocket bool     // it came over one
	Status    int      // of HTTP
	Parent    string   // traceparent of who asked, W3C Trace Context; "" is none
	Began     time.Time
	Ended     time.Time
}

// Kind implements Event.
func (*ARIRequest) Kind() Kind { return KindARIRequest }

// ARIEvent: An application of the REST interface was told something.
type ARIEvent struct {
	Name        string // "StasisStart"
	Application string
	Channel     *Channel // that it was about first; nil if none
	Clients     int      // that were told
	Bytes       int      // of the message
	Happened    time.Time
	Told        time.Time
}

// Kind implements Event.
func (*ARIEvent) Kind() Kind { return KindARIEvent }
