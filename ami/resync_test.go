package ami_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/ami/amitest"
)

// exchange is a server with things in it, which answers what a snapshot asks.
type exchange struct {
	amitest.Server
	mu    sync.Mutex
	lists map[string]string // answers by action: events, between empty lines
	asked func(action string)
}

func newExchange() *exchange {
	x := &exchange{lists: map[string]string{}}
	x.Answer = func(s *amitest.Session, action ami.Message) {
		name := action.Get("Action")
		x.mu.Lock()
		text, known := x.lists[name]
		asked := x.asked
		x.mu.Unlock()
		if asked != nil {
			asked(name)
		}
		if !known {
			s.Reply(action, "Error", "Permission denied")
			return
		}
		var items []ami.Message
		for _, item := range strings.Split(text, "\n\n") {
			if m := ami.Parse(strings.TrimSpace(item)); m != nil {
				items = append(items, m)
			}
		}
		s.List(action, name+"Complete", items...)
	}
	return x
}

func (x *exchange) has(lists map[string]string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lists = lists
}

const (
	before = `Event: CoreShowChannel
Channel: PJSIP/1
ChannelState: 6
CallerIDNum: 1
Uniqueid: 1.1
Linkedid: 1.1
BridgeId: b1

Event: CoreShowChannel
Channel: PJSIP/2
ChannelState: 6
Uniqueid: 1.2
Linkedid: 1.1
BridgeId: b1

Event: CoreShowChannel
Channel: PJSIP/3
ChannelState: 4
CallerIDNum: 3
Uniqueid: 1.3
Linkedid: 1.3`
	after = `Event: CoreShowChannel
Channel: PJSIP/3
ChannelState: 6
CallerIDNum: 33
Uniqueid: 1.3
Linkedid: 1.3
BridgeId: b2

Event: CoreShowChannel
Channel: PJSIP/4
ChannelState: 6
Uniqueid: 1.4
Linkedid: 1.3
BridgeId: b2`
	queueBefore = `Event: QueueParams
Queue: sales

Event: QueueMember
Queue: sales
Name: Ana
Location: PJSIP/1
Status: 1
Paused: 0

Event: QueueMember
Queue: sales
Name: Ben
Location: PJSIP/2
Status: 1
Paused: 0

Event: QueueEntry
Queue: sales
Position: 1
Channel: PJSIP/1
Uniqueid: 1.1`
	queueAfter = `Event: QueueMember
Queue: sales
Name: Ana
Location: PJSIP/1
Status: 1
Paused: 1

Event: QueueMember
Queue: sales
Name: Eva
Location: PJSIP/5
Status: 1
Paused: 0

Event: QueueEntry
Queue: sales
Position: 1
Channel: PJSIP/3
Uniqueid: 1.3`
)

// told are the events of a subscription up to now, in a short form.
func told(t *testing.T, s *ami.Subscription) []string {
	t.Helper()
	synctest.Wait()
	s.Close()
	var list []string
	for m, err := range s.All(t.Context()) {
		if err != nil {
			break
		}
		text := m.Event()
		for _, key := range []string{"Missing", "Queue", "MemberName", "Uniqueid", "Channel", "ChannelState", "Position", "Count", "Cause",
			"BridgeUniqueid", "BridgeNumChannels", "EndpointName", "ContactStatus", "Peer", "PeerStatus", "Device", "State", "Exten", "Status", "Sequence"} {
			if value, ok := m.Lookup(key); ok {
				text += " " + value
			}
		}
		if m.Get("Resync") == "yes" {
			text += " *"
		}
		list = append(list, text)
	}
	return list
}

func TestResync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange()
		x.has(map[string]string{
			"CoreShowChannels":  before,
			"BridgeList":        "Event: BridgeListItem\nBridgeUniqueid: b1\nBridgeType: basic\nBridgeNumChannels: 2",
			"QueueStatus":       queueBefore,
			"SIPpeers":          "Event: PeerEntry\nChanneltype: SIP\nObjectName: a\nStatus: OK (3 ms)\n\nEvent: PeerEntry\nChanneltype: SIP\nObjectName: b\nStatus: UNREACHABLE",
			"PJSIPShowContacts": "Event: ContactList\nObjectName: x;@1\nUri: sip:x\nEndpoint: x\nStatus: Reachable\n\nEvent: ContactList\nObjectName: y;@1\nUri: sip:y\nEndpoint: y\nStatus: Reachable",
			"DeviceStateList":   "Event: DeviceStateChange\nDevice: PJSIP/1\nState: INUSE",
		})
		c := dial(t, &x.Server, func(c *ami.Config) { c.Resync = true })
		s := c.Subscribe(ami.SubscribeOptions{})
		x.has(map[string]string{
			"CoreShowChannels":   after,
			"BridgeList":         "Event: BridgeListItem\nBridgeUniqueid: b2\nBridgeType: basic\nBridgeNumChannels: 2",
			"QueueStatus":        queueAfter,
			"SIPpeers":           "Event: PeerEntry\nChanneltype: SIP\nObjectName: a\nStatus: UNREACHABLE\n\nEvent: PeerEntry\nChanneltype: SIP\nObjectName: b\nStatus: UNKNOWN\nIPaddress: -none-",
			"PJSIPShowContacts":  "Event: ContactList\nObjectName: x;@1\nUri: sip:x\nEndpoint: x\nStatus: Unreachable",
			"DeviceStateList":    "Event: DeviceStateChange\nDevice: PJSIP/1\nState: NOT_INUSE",
			"ExtensionStateList": "",
		})
		x.Cut()
		time.Sleep(time.Second)
		got := strings.Join(told(t, s), "\n")
		want := strings.TrimSpace(`
Disconnected
Reconnected
QueueCallerLeave sales 1.1 PJSIP/1 6 1 1 *
BridgeLeave 1.1 PJSIP/1 6 b1 0 *
Hangup 1.1 PJSIP/1 6 0 *
BridgeLeave 1.2 PJSIP/2 6 b1 0 *
Hangup 1.2 PJSIP/2 6 0 *
BridgeDestroy b1 0 *
Newstate 1.3 PJSIP/3 6 *
NewCallerid 1.3 PJSIP/3 6 *
Newchannel 1.4 PJSIP/4 6 *
BridgeCreate b2 0 *
BridgeEnter 1.3 PJSIP/3 6 b2 2 *
BridgeEnter 1.4 PJSIP/4 6 b2 2 *
QueueCallerJoin sales 1.3 PJSIP/3 6 1 1 *
QueueMemberRemoved sales Ben 1 *
QueueMemberPause sales Ana 1 *
QueueMemberAdded sales Eva 1 *
ContactStatus y Removed *
ContactStatus x Unreachable *
PeerStatus SIP/a Unreachable *
DeviceStateChange PJSIP/1 NOT_INUSE *`)
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		c.Close()
	})
}

// Events move what is known: only what happened in between is told.
func TestResyncFollowsEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange()
		x.has(map[string]string{"CoreShowChannels": before})
		c := dial(t, &x.Server, func(c *ami.Config) { c.Resync = true })
		for _, e := range []string{
			"Event: Hangup\nUniqueid: 1.1", "Event: BridgeLeave\nUniqueid: 1.2\nBridgeUniqueid: b1", "Event: Hangup\nUniqueid: 1.2",
			"Event: Newstate\nUniqueid: 1.3\nChannelState: 6", "Event: NewCallerid\nUniqueid: 1.3\nCallerIDNum: 33",
			"Event: Newchannel\nUniqueid: 1.4\nChannel: PJSIP/temporary\nChannelState: 6",
			"Event: Rename\nUniqueid: 1.4\nChannel: PJSIP/temporary\nNewname: PJSIP/4",
			"Event: BridgeEnter\nUniqueid: 1.3\nBridgeUniqueid: b2", "Event: BridgeEnter\nUniqueid: 1.4\nBridgeUniqueid: b2",
		} {
			x.Send(ami.Parse(e))
		}
		x.has(map[string]string{"CoreShowChannels": after})
		synctest.Wait()
		s := c.Subscribe(ami.SubscribeOptions{})
		x.Cut()
		time.Sleep(time.Second)
		got := strings.Join(told(t, s), "\n")
		want := "Disconnected\nReconnected BridgeList,QueueStatus,SIPpeers,PJSIPShowContacts,DeviceStateList,ExtensionStateList"
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		c.Close()
	})
}

// Events that come while the snapshot is taken are told behind it, and none of them
// twice.
func TestResyncHoldsEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange()
		x.has(map[string]string{"CoreShowChannels": before})
		c := dial(t, &x.Server, func(c *ami.Config) { c.Resync = true })
		s := c.Subscribe(ami.SubscribeOptions{})
		x.mu.Lock()
		x.lists = map[string]string{"CoreShowChannels": after}
		x.asked = func(action string) {
			if action != "CoreShowChannels" {
				return
			}
			for _, e := range []string{
				"Event: Hangup\nUniqueid: 1.1",                                          // the snapshot lacks it: told by the difference
				"Event: Newchannel\nUniqueid: 1.4\nChannel: PJSIP/4",                    // the snapshot has it: told by the difference
				"Event: Newchannel\nUniqueid: 1.9\nChannel: PJSIP/9\nChannelState: 0",   // came and
				"Event: Hangup\nUniqueid: 1.9\nChannel: PJSIP/9\nCause: 16",             // went
				"Event: VarSet\nUniqueid: 1.3\nVariable: X",                             // is not followed
				"Event: Hangup\nUniqueid: 1.4\nChannel: PJSIP/4\nCause: 17\nCause-txt:", // news behind the snapshot
			} {
				x.Send(ami.Parse(e))
			}
		}
		x.mu.Unlock()
		x.Cut()
		time.Sleep(time.Second)
		var got []string
		for _, e := range told(t, s) {
			if strings.Contains(e, "Newchannel") || strings.Contains(e, "Hangup") || strings.Contains(e, "VarSet") {
				got = append(got, e)
			}
		}
		want := []string{"Hangup 1.1 PJSIP/1 6 0 *", "Hangup 1.2 PJSIP/2 6 0 *", "Newchannel 1.4 PJSIP/4 6 *",
			"Newchannel 1.9 PJSIP/9 0", "Hangup 1.9 PJSIP/9 16", "VarSet 1.3", "Hangup 1.4 PJSIP/4 17"}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		c.Close()
	})
}

// A server that keeps its events tells what was missed: no snapshot is taken, unless
// it does not know any more.
func TestResyncBySequence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange()
		x.has(map[string]string{"CoreShowChannels": before})
		lists := x.Answer
		var mu sync.Mutex
		var asked []string
		forgets := false
		x.Answer = func(s *amitest.Session, action ami.Message) {
			mu.Lock()
			defer mu.Unlock()
			if action.Get("Action") != "Events" {
				asked = append(asked, action.Get("Action"))
				lists(s, action)
				return
			}
			asked = append(asked, strings.TrimSpace("Events "+action.Get("EventMask")+" "+action.Get("Sequence")+" "+action.Get("Since")))
			switch {
			case action.Get("Since") == "":
				s.Reply(action, "Success", "", "Events", "On", "Sequence", "e-10")
			case forgets:
				s.Reply(action, "Error", "The events since then are not known any more")
			default:
				s.Reply(action, "Success", "", "Events", "On", "Missed", "2", "Sequence", "e-13")
				s.Send(ami.Parse("Event: Newchannel\nUniqueid: 9\nPeer: Sequence of a user\nSequence: e-12\n"))
				s.Send(ami.Parse("Event: Hangup\nUniqueid: 9\nSequence: e-13\n"))
			}
		}
		c := dial(t, &x.Server, func(c *ami.Config) { c.Resync = true; c.Events = "call" })
		x.Send(ami.Parse("Event: Newstate\nUniqueid: 1.3\nSequence: e-11\n"))
		synctest.Wait()
		s := c.Subscribe(ami.SubscribeOptions{})
		reset := func(forget bool) {
			mu.Lock()
			defer mu.Unlock()
			forgets, asked = forget, nil
		}
		were := func(n int) string {
			mu.Lock()
			defer mu.Unlock()
			return strings.Join(asked[:min(n, len(asked))], "; ")
		}
		reset(false)
		x.Cut()
		time.Sleep(time.Second)
		if got, want := were(9), "Events call yes e-11"; got != want {
			t.Errorf("asked %q, want %q", got, want)
		}
		if got, want := strings.Join(told(t, s), "; "), "Disconnected; Reconnected; Newchannel 9 Sequence of a user; Hangup 9"; got != want {
			t.Errorf("told %q, want %q", got, want)
		}

		reset(true)
		x.has(map[string]string{"CoreShowChannels": after})
		s = c.Subscribe(ami.SubscribeOptions{Events: []string{"Hangup"}})
		x.Cut()
		time.Sleep(time.Second)
		if got, want := were(3), "Events call yes e-13; Events call yes; CoreShowChannels"; got != want {
			t.Errorf("asked %q, want %q", got, want)
		}
		if got, want := strings.Join(told(t, s), "; "), "Hangup 1.1 PJSIP/1 6 0 *; Hangup 1.2 PJSIP/2 6 0 *"; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
		c.Close()
	})
}

// A server with brokeneventsaction does not answer to Events.
func TestResyncWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange()
		x.has(map[string]string{"CoreShowChannels": before})
		lists := x.Answer
		x.Answer = func(s *amitest.Session, action ami.Message) {
			if action.Get("Action") != "Events" {
				lists(s, action)
			}
		}
		began := time.Now()
		c := dial(t, &x.Server, func(c *ami.Config) { c.Resync = true })
		if took := time.Since(began); took > time.Second {
			t.Errorf("connected after %v", took)
		}
		if err := c.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		c.Close()
	})
}
