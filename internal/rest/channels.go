package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

var channelRoutes = []route{
	{"GET", "/channels", listChannels},
	{"POST", "/channels", originate},
	{"POST", "/channels/create", create},
	{"POST", "/channels/externalMedia", externalMedia},
	{"GET", "/channels/{channelId}", getChannel},
	{"POST", "/channels/{channelId}", originate},
	{"DELETE", "/channels/{channelId}", hangup},
	{"POST", "/channels/{channelId}/continue", continueInDialplan},
	{"POST", "/channels/{channelId}/move", moveChannel},
	{"POST", "/channels/{channelId}/redirect", redirect},
	{"POST", "/channels/{channelId}/answer", answerChannel},
	{"POST", "/channels/{channelId}/ring", signalled(media.Ringing)},
	{"DELETE", "/channels/{channelId}/ring", ringStop},
	{"POST", "/channels/{channelId}/progress", signalled(media.Progress)},
	{"POST", "/channels/{channelId}/dtmf", sendDTMF},
	{"POST", "/channels/{channelId}/mute", muted(true)},
	{"DELETE", "/channels/{channelId}/mute", muted(false)},
	{"POST", "/channels/{channelId}/hold", signalled(media.Hold)},
	{"DELETE", "/channels/{channelId}/hold", signalled(media.Unhold)},
	{"POST", "/channels/{channelId}/moh", startMusic},
	{"DELETE", "/channels/{channelId}/moh", stopSource},
	{"POST", "/channels/{channelId}/silence", startSilence},
	{"DELETE", "/channels/{channelId}/silence", stopSource},
	{"POST", "/channels/{channelId}/play", playOnChannel},
	{"POST", "/channels/{channelId}/play/{playbackId}", playOnChannel},
	{"POST", "/channels/{channelId}/record", recordChannel},
	{"GET", "/channels/{channelId}/variable", getVariable},
	{"POST", "/channels/{channelId}/variable", setVariable},
	{"GET", "/channels/{channelId}/variables", getVariables},
	{"POST", "/channels/{channelId}/variables", setVariables},
	{"POST", "/channels/{channelId}/snoop", snoop},
	{"POST", "/channels/{channelId}/snoop/{snoopId}", snoop},
	{"POST", "/channels/{channelId}/dial", dial},
	{"GET", "/channels/{channelId}/rtp_statistics", rtpStatistics},
	{"POST", "/channels/{channelId}/transfer_progress", transferProgress},
}

var (
	noChannel = refusal(http.StatusNotFound, "Channel not found")
	notOurs   = refusal(http.StatusConflict, "Channel not in Stasis application")
	notDown   = refusal(http.StatusConflict, "Channel is not in the 'Down' state")
	notCalled = refusal(http.StatusPreconditionFailed, "Channel in invalid state")
	tooMuch   = refusal(http.StatusInternalServerError, "Too many requests wait for the channel")
)

// channel returns the channel of a request, or nil.
func (r *request) channel() *channel.Channel {
	c := r.server.Hub.House.Channels.Find(r.path["channelId"])
	if c == nil || c.Snapshot().Internal {
		return nil
	}
	return c
}

// leg returns the leg of a request, or why there is none in an application.
func (r *request) leg() (*stasis.Leg, *answer) {
	c := r.channel()
	if c == nil {
		return nil, &noChannel
	}
	l := r.server.Hub.Leg(c.UniqueID())
	if l == nil {
		return nil, &notOurs
	}
	return l, nil
}

// called returns the leg of a request that has been called, or why there is none.
func (r *request) called() (*stasis.Leg, *answer) {
	l, wrong := r.leg()
	if wrong == nil && (l.Channel.State() == event.Down || !l.Called()) {
		return nil, &notCalled
	}
	return l, wrong
}

// ordered is the answer to an order that was queued, or not.
func ordered(err error) answer {
	switch {
	case err == nil:
		return nothing
	case errors.Is(err, stasis.ErrFull):
		return tooMuch
	case errors.Is(err, stasis.ErrNotDown):
		return notDown
	}
	return noChannel
}

func listChannels(s *Server, _ *request) answer {
	all := s.Hub.House.Channels.All()
	room := rooms.Get().(*[]byte)
	b := append((*room)[:0], '[')
	for _, c := range all {
		snapshot := c.Snapshot()
		if snapshot.Internal {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = stasis.AppendChannel(b, snapshot)
	}
	*room = append(b, ']')
	return answer{status: http.StatusOK, body: *room, room: room}
}

func getChannel(_ *Server, r *request) answer {
	c := r.channel()
	if c == nil {
		return noChannel
	}
	return said(stasis.AppendChannel(nil, c.Snapshot()))
}

// reasons are the words for why a channel is hung up, as causes.
var reasons = map[string]int{"normal": channel.CauseNormalClearing, "busy": channel.CauseUserBusy, "congestion": channel.CauseCongestion,
	"no_answer": channel.CauseNoAnswer, "timeout": channel.CauseNoUserResponse, "rejected": channel.CauseCallRejected,
	"unallocated": channel.CauseUnallocated, "normal_unspecified": channel.CauseNormalUnspecified, "number_incomplete": channel.CauseInvalidNumber,
	"codec_mismatch": channel.CauseBearerNotAvailable, "interworking": channel.CauseInterworking, "failure": 38,
	"answered_elsewhere": channel.CauseAnsweredElsewhere}

func hangup(s *Server, r *request) answer {
	c := r.channel()
	if c == nil {
		return noChannel
	}
	cause := channel.CauseNormalClearing
	reason, byReason := r.given("reason")
	code, byCode := r.given("reason_code")
	switch {
	case byReason && byCode:
		return refusal(http.StatusBadRequest, "The reason and reason_code query parameters can't both be specified")
	case byCode:
		if code != "" {
			n, ok := leading(code)
			if !ok {
				return refusal(http.StatusBadRequest, "Invalid reason for hangup reason code provided")
			}
			cause = n // whatever it is, as on the reference
		}
	case byReason && reason != "":
		known, ok := reasons[reason]
		if !ok {
			return refusal(http.StatusBadRequest, "Invalid reason for hangup reason provided")
		}
		cause = known
	}
	c.SetCause(cause)
	c.TellSoftHangup()
	c.Hangup(cause)
	return nothing
}

// place reads where in the dialplan a channel is to go.
func (r *request) place(from channel.Location) (channel.Location, *answer) {
	to := from
	if v := r.text("context"); v != "" {
		to = channel.Location{Context: v, Exten: "s", Priority: 1}
	}
	if v := r.text("extension"); v != "" {
		to.Exten, to.Priority = v, 1
	}
	if n := r.number("priority", 0); n > 0 {
		to.Priority = n
	}
	label := r.text("label")
	if label == "" {
		return to, nil
	}
	if n, err := strconv.Atoi(label); err == nil {
		to.Priority = n
		return to, nil
	}
	found, ok := r.server.Hub.House.Dialplan.Plan().FindLabel(to.Context, to.Exten, label, "")
	if !ok {
		wrong := refusal(http.StatusNotFound, "Requested label can not be found")
		return to, &wrong
	}
	to.Priority = found
	return to, nil
}

func continueInDialplan(_ *Server, r *request) answer {
	l, wrong := r.called()
	if wrong != nil {
		return *wrong
	}
	var to *channel.Location
	for _, name := range []string{"context", "extension", "priority", "label"} {
		if r.text(name) == "" {
			continue
		}
		place, wrong := r.place(l.Channel.Location())
		if wrong != nil {
			return *wrong
		}
		to = &place
	}
	return ordered(l.Continue(to))
}

func moveChannel(_ *Server, r *request) answer {
	l, wrong := r.leg()
	if wrong != nil {
		return *wrong
	}
	app, given := r.given("app")
	if !given {
		return refusal(http.StatusBadRequest, "Missing parameter app")
	}
	return ordered(l.Move(app, r.text("appArgs"))) // nobody is registered as "", which is told
}

var errNotRedirected = errors.New("the technology sends nobody elsewhere")

func redirect(_ *Server, r *request) answer {
	l, wrong := r.called()
	to := r.text("endpoint")
	switch {
	case wrong != nil:
		return *wrong
	case to == "":
		return refusal(http.StatusBadRequest, "Required parameter 'endpoint' not provided.")
	}
	technology, resource, _ := strings.Cut(to, "/")
	switch own := l.Channel.Technology(); {
	case resource == "":
		return refusal(http.StatusUnprocessableEntity, "Endpoint parameter '"+to+"' does not contain tech/resource")
	case !strings.EqualFold(technology, own):
		return refusal(http.StatusUnprocessableEntity, "Endpoint technology '"+technology+"' does not match channel technology '"+own+"'")
	}
	c := l.Channel
	return ordered(l.Do(func(ctx context.Context) {
		err := errNotRedirected
		if leg, ok := c.Leg().(channel.Transferrer); ok {
			err = leg.Transfer(ctx, resource)
		}
		if err != nil && ctx.Err() == nil { // the log has it alone, as on the reference
			r.server.Logger.Warn("a channel can't be redirected", "channel", c.Name(), "endpoint", to, "error", err)
		}
	}))
}

func answerChannel(_ *Server, r *request) answer {
	l, wrong := r.called()
	if wrong != nil {
		return *wrong
	}
	return ordered(l.Wait(r.Context(), func(context.Context) error { return l.Channel.Answer() }))
}

// signalled is an operation that tells the far end something.
func signalled(signal media.Signal) operation {
	return func(_ *Server, r *request) answer {
		l, wrong := r.called()
		if wrong != nil {
			return *wrong
		}
		return ordered(l.Do(func(context.Context) { _ = l.Channel.Signal(signal) }))
	}
}

func ringStop(_ *Server, r *request) answer {
	l, wrong := r.called()
	if wrong != nil {
		return *wrong
	}
	return ordered(l.Do(func(context.Context) { l.Channel.StopSource() }))
}

func sendDTMF(_ *Server, r *request) answer {
	l, wrong := r.called()
	keys := r.text("dtmf")
	switch {
	case wrong != nil:
		return *wrong
	case keys == "":
		return refusal(http.StatusBadRequest, "DTMF is required")
	}
	d := stasis.Keys{Text: keys, Before: r.span("before", 0), Between: r.span("between", 100), Length: r.span("duration", 100), After: r.span("after", 0)}
	return ordered(l.Send(d))
}

// span is a parameter in milliseconds.
func (r *request) span(name string, otherwise int) time.Duration {
	return time.Duration(max(0, r.number(name, otherwise))) * time.Millisecond
}

func muted(on bool) operation {
	return func(_ *Server, r *request) answer {
		l, wrong := r.called()
		if wrong != nil {
			return *wrong
		}
		var list []channel.Direction
		switch r.text("direction") {
		case "":
			return refusal(http.StatusBadRequest, "Direction is required")
		case "both":
			list = []channel.Direction{channel.In, channel.Out}
		case "in":
			list = []channel.Direction{channel.In}
		case "out":
			list = []channel.Direction{channel.Out}
		default:
			return refusal(http.StatusBadRequest, "Invalid direction specified")
		}
		return ordered(l.Do(func(context.Context) {
			for _, d := range list {
				l.Channel.SetMuted(d, on)
			}
		}))
	}
}

func startMusic(s *Server, r *request) answer {
	l, wrong := r.called()
	if wrong != nil {
		return *wrong
	}
	class := r.text("mohClass")
	return ordered(l.Do(func(context.Context) {
		src, err := s.Hub.House.Sounds.Music(class, l.Channel)
		if err != nil {
			s.Logger.Warn("there is no music", "channel", l.Channel.Name(), "class", class, "error", err)
			return
		}
		l.Channel.StartSource(src)
	}))
}

func startSilence(_ *Server, r *request) answer {
	l, wrong := r.called()
	if wrong != nil {
		return *wrong
	}
	return ordered(l.Do(func(context.Context) { l.Channel.StartSource(channel.Silence{}) }))
}

func stopSource(_ *Server, r *request) answer {
	l, wrong := r.called()
	if wrong != nil {
		return *wrong
	}
	return ordered(l.Do(func(context.Context) { l.Channel.StopSource() }))
}

func dial(s *Server, r *request) answer {
	l, wrong := r.leg()
	if wrong != nil {
		return *wrong
	}
	if l.Channel.State() != event.Down {
		return notDown
	}
	var caller *channel.Channel
	if id := r.text("caller"); id != "" {
		caller = s.Hub.House.Channels.Find(id) // none is no caller, as on the reference
	}
	return ordered(l.Dial(r.Context(), caller, time.Duration(max(0, r.number("timeout", 0)))*time.Second))
}

// transferStates are what may be told of the progress of a transfer.
var transferStates = []string{"channel_progress", "channel_answered", "channel_unavailable", "channel_declined"}

// A transferring leg has transfers that clients do.
type transferring interface{ TransferProgress(state string) }

// transferProgress tells a leg how the transfer goes that it asked for, and that a client does.
func transferProgress(_ *Server, r *request) answer {
	state := r.text("states")
	l, wrong := r.leg()
	switch {
	case wrong != nil:
		return *wrong
	case state == "":
		return refusal(http.StatusBadRequest, "states must not be empty")
	case !slices.Contains(transferStates, state):
		return refusal(http.StatusBadRequest, "Invalid states value")
	}
	if t, ok := l.Channel.Leg().(transferring); ok {
		t.TransferProgress(state)
	}
	return nothing
}
