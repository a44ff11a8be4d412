package ari

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A place is how far the events of a server that counts them have come.
type place struct{ sequence string }

// note notes the place of an event. Those without one have none.
func (p *place) note(e Event) {
	if sequence := e.Head().Sequence; sequence != "" {
		p.sequence = sequence
	}
}

// reconnect opens the WebSocket again: where the last one ended, if the server can.
func (c *Client) reconnect() (*link, error) {
	c.telling.Lock()
	since := c.place.sequence
	c.telling.Unlock()
	if since != "" {
		l, err := c.open(c.ctx, url.Values{"sequence": {"true"}, "since": {since}})
		if err == nil {
			l.again, l.resumed = true, l.stream.since == since // another server may stand at the address now
			if !l.resumed {
				c.forgetPlace()
			}
			return l, nil
		}
		switch Status(err) {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone, http.StatusPreconditionFailed,
			http.StatusRequestedRangeNotSatisfiable:
			// It has not kept them, or is another server now.
		default:
			return nil, err
		}
		c.forgetPlace()
	}
	l, err := c.open(c.ctx, url.Values{"sequence": {"true"}})
	if err == nil {
		l.again = true
	}
	return l, err
}

func (c *Client) forgetPlace() {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.place = place{}
}

// A snapshot is what the server says there is.
type snapshot struct {
	channels   map[string]Channel // nil if it would not say
	bridges    map[string]Bridge
	playbacks  map[string]bool
	recordings map[string]bool
	stored     map[string]bool // recordings that have become files
	missing    []string
}

// resync asks what there is while live events are held back, tells what is different from
// what was known, and then the events that were held.
func (c *Client) resync(l *link) error {
	ctx, cancel := context.WithTimeout(l.ctx, 6*c.config.Timeout)
	defer cancel()
	if err := c.subscriptions.repeat(ctx, c); err != nil {
		return fmt.Errorf("ari: resynchronise: %w", err)
	}
	now, err := c.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("ari: resynchronise: %w", err)
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	c.publish(&Reconnected{Header: ours("Reconnected"), Missing: now.missing})
	known := map[telling]bool{} // what the held events will tell
	for _, e := range c.held {
		known[tellingOf(e)] = true
	}
	c.told = map[telling]bool{}
	for _, e := range c.differences(now) {
		if key := tellingOf(e); !known[key] {
			c.told[key] = true
			c.state.apply(e, c.follows)
			c.publish(e)
		}
	}
	for _, e := range c.held {
		c.state.apply(e, c.follows)
		c.publish(e)
	}
	c.holding, c.held = false, nil
	return nil
}

// A telling is that something was told of a thing.
type telling struct {
	kind  string
	thing thing
}

func tellingOf(e Event) telling {
	k := telling{kind: e.EventType()}
	e.about(func(t thing, _ any) {
		if k.thing == (thing{}) && t.kind == subject(e) {
			k.thing = t
		}
	})
	return k
}

// again tells whether an event was told when it was found out already: it was on its way
// while the client asked. telling is held.
func (c *Client) again(e Event) bool {
	if len(c.told) == 0 {
		return false
	}
	key := tellingOf(e)
	switch e.(type) {
	case *StasisEnd:
		defer delete(c.told, telling{"StasisStart", key.thing})
	case *StasisStart, *ChannelDestroyed, *BridgeDestroyed, *PlaybackFinished, *RecordingFinished, *RecordingFailed:
	default:
		return false // of those another is another
	}
	told := c.told[key]
	delete(c.told, key)
	return told
}

// subject is what an event of ours is mainly about.
func subject(e Event) string {
	switch e.(type) {
	case *BridgeDestroyed:
		return "Bridge"
	case *PlaybackFinished:
		return "Playback"
	case *RecordingFinished, *RecordingFailed:
		return "LiveRecording"
	}
	return "Channel"
}

// snapshot asks what there is.
func (c *Client) snapshot(ctx context.Context) (*snapshot, error) {
	s := &snapshot{playbacks: map[string]bool{}, recordings: map[string]bool{}, stored: map[string]bool{}}
	c.telling.Lock()
	playbacks, recordings := slices.Sorted(maps.Keys(c.state.playbacks)), slices.Sorted(maps.Keys(c.state.recordings))
	c.telling.Unlock()
	var refused *Error
	if channels, err := c.Channels.List(ctx); err == nil {
		s.channels = map[string]Channel{}
		for _, one := range channels {
			s.channels[one.ID] = one
		}
	} else if errors.As(err, &refused) {
		s.missing = append(s.missing, "GET /channels")
	} else {
		return nil, err
	}
	if bridges, err := c.Bridges.List(ctx); err == nil {
		s.bridges = map[string]Bridge{}
		for _, one := range bridges {
			s.bridges[one.ID] = one
		}
	} else if errors.As(err, &refused) {
		s.missing = append(s.missing, "GET /bridges")
	} else {
		return nil, err
	}
	there := func(list map[string]bool, id string, err error) error {
		list[id] = Status(err) != http.StatusNotFound
		if errors.As(err, &refused) {
			return nil
		}
		return err
	}
	for _, id := range playbacks {
		_, err := c.Playbacks.Get(ctx, id)
		if err := there(s.playbacks, id, err); err != nil {
			return nil, err
		}
	}
	for _, name := range recordings {
		_, err := c.Recordings.GetLive(ctx, name)
		if err := there(s.recordings, name, err); err != nil {
			return nil, err
		}
		if s.recordings[name] {
			continue
		}
		_, err = c.Recordings.GetStored(ctx, name)
		if err := there(s.stored, name, err); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// differences are the events that would have told what is different. telling is held.
func (c *Client) differences(now *snapshot) []Event {
	var list []Event
	header := func(kind, app string) Header {
		h := ours(kind)
		h.Application, h.Resync = or(app, c.app()), true
		return h
	}
	for _, id := range slices.Sorted(maps.Keys(c.state.playbacks)) {
		p := c.state.playbacks[id]
		if there, asked := now.playbacks[id]; asked && !there {
			p.State = "done"
			list = append(list, &PlaybackFinished{Header: header("PlaybackFinished", ""), Playback: p})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.state.recordings)) {
		r := c.state.recordings[name]
		switch there, asked := now.recordings[name]; {
		case !asked || there:
		case now.stored[name]:
			r.State = "done"
			list = append(list, &RecordingFinished{Header: header("RecordingFinished", ""), Recording: r})
		default:
			r.State = "failed"
			list = append(list, &RecordingFailed{Header: header("RecordingFailed", ""), Recording: r})
		}
	}
	if now.bridges != nil {
		list = append(list, c.bridgeDifferences(now, header)...)
	}
	if now.channels != nil {
		list = append(list, c.channelDifferences(now, header)...)
	}
	return list
}

func (c *Client) bridgeDifferences(now *snapshot, header func(kind, app string) Header) (list []Event) {
	for _, id := range slices.Sorted(maps.Keys(c.state.bridges)) {
		before := c.state.bridges[id]
		bridge, there := now.bridges[id]
		if !there {
			bridge = before
			bridge.Channels = nil
		}
		for _, one := range before.Channels {
			if !slices.Contains(bridge.Channels, one) {
				list = append(list, &ChannelLeftBridge{Header: header("ChannelLeftBridge", ""), Bridge: bridge, Channel: c.channelNow(now, one)})
			}
		}
		for _, one := range bridge.Channels {
			if !slices.Contains(before.Channels, one) {
				entered := c.channelNow(now, one)
				list = append(list, &ChannelEnteredBridge{Header: header("ChannelEnteredBridge", ""), Bridge: bridge, Channel: &entered})
			}
		}
		if !there {
			list = append(list, &BridgeDestroyed{Header: header("BridgeDestroyed", ""), Bridge: bridge})
		}
	}
	return list
}

// channelNow is what is known of a channel.
func (c *Client) channelNow(now *snapshot, id string) Channel {
	if channel, ok := now.channels[id]; ok {
		return channel
	}
	if before := c.state.channels[id]; before != nil {
		return before.Channel
	}
	return Channel{ID: id}
}

func (c *Client) channelDifferences(now *snapshot, header func(kind, app string) Header) (list []Event) {
	for _, id := range slices.Sorted(maps.Keys(c.state.channels)) {
		before := c.state.channels[id]
		channel, there := now.channels[id]
		if !there {
			if before.app != "" {
				list = append(list, &StasisEnd{Header: header("StasisEnd", before.app), Channel: before.Channel})
			}
			list = append(list, &ChannelDestroyed{Header: header("ChannelDestroyed", before.app), Channel: before.Channel, CauseTxt: "Unknown"})
			continue
		}
		if channel.State != before.State {
			list = append(list, &ChannelStateChange{Header: header("ChannelStateChange", before.app), Channel: channel})
		}
		if before.app != "" && (channel.Dialplan.AppName != "Stasis" || c.config.Share) { // others have it now who share the application
			list = append(list, &StasisEnd{Header: header("StasisEnd", before.app), Channel: channel})
		}
	}
	if c.config.Share {
		return list // another client's, perhaps; of what is ours now the server tells
	}
	apps := c.Apps()
	for _, id := range slices.Sorted(maps.Keys(now.channels)) {
		channel := now.channels[id]
		before := c.state.channels[id]
		args := strings.Split(channel.Dialplan.AppData, ",")
		if channel.Dialplan.AppName == "Stasis" && slices.Contains(apps, args[0]) && (before == nil || before.app == "") {
			list = append(list, &StasisStart{Header: header("StasisStart", args[0]), Channel: channel, Args: args[1:]})
		}
	}
	return list
}
