package ami

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An Originate is a call to make: Channel is called, and when it answers goes on at
// Exten in Context, or in an Application.
type Originate struct {
	Channel  string // PJSIP/100
	Context  string
	Exten    string
	Priority string // "1" if empty; a label is possible, too

	Application string // instead of an extension
	Data        string

	Timeout       time.Duration // for Channel to answer; the server's 30 s if 0
	CallerID      string        // Name <number>
	Account       string
	Variables     []Field  // of the channel; their order is kept
	Codecs        []string // the server's if none
	EarlyMedia    bool     // early media is as good as an answer
	ChannelID     string   // the unique id that the channel is to have
	OtherChannels string   // the unique id of the second half of a Local channel
}

// Originated is what became of a call.
type Originated struct {
	Channel  string
	Uniqueid string
	// Reason is Asterisk's: 4 answered, 5 busy, 3 no answer, 8 congestion, 0 no such
	// number or device, 1 hung up.
	Reason int
	Event  Message // OriginateResponse
}

// An OriginateError is the error of a call that was not answered.
type OriginateError struct{ Originated }

// Error names the reason.
func (e *OriginateError) Error() string {
	reason := map[int]string{0: "no such extension or number", 1: "hung up", 3: "no answer", 5: "busy", 8: "congested or unavailable"}[e.Reason]
	if reason == "" {
		reason = "reason " + strconv.Itoa(e.Reason)
	}
	return "ami: originate: " + reason
}

func (o *Originate) action() Message {
	m := Action("Originate", "Channel", o.Channel)
	add := func(key, value string) {
		if value != "" {
			m = append(m, Field{key, value})
		}
	}
	if o.Application != "" {
		add("Application", o.Application)
		add("Data", o.Data)
	} else {
		add("Context", o.Context)
		add("Exten", o.Exten)
		add("Priority", or(o.Priority, "1"))
	}
	if o.Timeout > 0 {
		add("Timeout", strconv.FormatInt(max(o.Timeout.Milliseconds(), 1), 10))
	}
	add("CallerID", o.CallerID)
	add("Account", o.Account)
	for _, v := range o.Variables {
		m = append(m, Field{"Variable", v.Key + "=" + v.Value})
	}
	add("Codecs", strings.Join(o.Codecs, ","))
	if o.EarlyMedia {
		add("EarlyMedia", "true")
	}
	add("ChannelId", o.ChannelID)
	add("OtherChannelId", o.OtherChannels)
	add("Async", "true")
	return m
}

// Originate makes a call and waits until it is answered or has failed. The error then
// is an [*OriginateError]; it is a [*ResponseError] of a call that was not even tried.
// The call goes on when ctx ends.
func (c *Client) Originate(ctx context.Context, o Originate) (Originated, error) {
	var done Originated
	answered := func(m Message) bool { return m.Event() == "OriginateResponse" }
	k, end, err := c.begin(ctx, o.action(), answered)
	if err != nil {
		return done, err
	}
	defer end()
	for {
		got, err := k.next(ctx)
		if err != nil {
			return done, err
		}
		for _, m := range got {
			if err := m.Err(); err != nil {
				return done, err
			}
			if !answered(m) {
				continue
			}
			done = Originated{Channel: m.Get("Channel"), Uniqueid: m.Get("Uniqueid"), Event: m}
			if done.Reason, err = strconv.Atoi(m.Get("Reason")); err != nil {
				return done, fmt.Errorf("ami: originate: the reason %q", m.Get("Reason"))
			}
			if m.Get("Response") != "Success" {
				return done, &OriginateError{done}
			}
			return done, nil
		}
	}
}
