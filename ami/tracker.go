package ami

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// KeyResync is the key of events that no server sent: the differences that a client
// found after a reconnect. Its value is "yes".
const KeyResync = "Resync"

// records are things of one sort by their key, each in the lines that events tell of it.
type records map[string]Message

// sort is one sort of things that a tracker follows.
type sort int

const (
	channels sort = iota
	bridges
	members
	callers
	peers
	contacts
	devices
	hints
	sorts
)

// The lines that events tell of each sort.
var (
	channelKeys = []string{"Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
		"ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid"}
	bridgeKeys = []string{"BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName", "BridgeNumChannels",
		"BridgeVideoSourceMode"}
	memberKeys = []string{"Queue", "MemberName", "Interface", "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall",
		"LastPause", "LoginTime", "InCall", "Status", "Paused", "PausedReason", "Ringinuse", "Wrapuptime"}
	callerKeys  = []string{"Queue", "Position", "Channel", "Uniqueid", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName"}
	peerKeys    = []string{"ChannelType", "Peer", "PeerStatus"}
	contactKeys = []string{"URI", "ContactStatus", "AOR", "EndpointName"}
	deviceKeys  = []string{"Device", "State"}
	hintKeys    = []string{"Exten", "Context", "Hint", "Status", "StatusText"}
)

// A tracker knows what the server has, from its events. It is guarded by whoever
// uses it.
type tracker struct {
	things [sorts]records
	inside map[string]string // bridge of a channel, both by their unique ids
}

func newTracker() *tracker {
	t := &tracker{inside: map[string]string{}}
	for i := range t.things {
		t.things[i] = records{}
	}
	return t
}

// pick returns the lines of those keys that m has. Their texts are copied, since a
// record outlives its message by far.
func pick(m Message, keys []string) Message {
	out := make(Message, 0, len(keys))
	for _, key := range keys {
		if value, ok := m.Lookup(key); ok {
			out = append(out, Field{key, strings.Clone(value)})
		}
	}
	return out
}

// merge is the record old with what m says anew.
func merge(old, m Message, keys []string) Message {
	fresh := pick(m, keys)
	for _, f := range old {
		if _, ok := fresh.Lookup(f.Key); !ok {
			fresh = append(fresh, f)
		}
	}
	return fresh
}

func memberKey(m Message) string { return m.Get("Queue") + "\n" + m.Get("Interface") }
func callerKey(m Message) string { return m.Get("Queue") + "\n" + m.Get("Uniqueid") }
func hintKey(m Message) string   { return m.Get("Exten") + "@" + m.Get("Context") }
func contactKey(m Message) string {
	return m.Get("EndpointName") + "\n" + m.Get("URI")
}

// apply takes an event in, and tells whether it says anything new of what is followed;
// of all other events it says so, too.
func (t *tracker) apply(m Message) bool {
	switch m.Event() {
	case "Newchannel":
		return t.add(channels, m.Get("Uniqueid"), pick(m, channelKeys))
	case "Newstate", "NewCallerid", "NewConnectedLine", "NewAccountCode":
		id := m.Get("Uniqueid")
		if old := t.things[channels][id]; old != nil {
			return t.set(channels, id, merge(old, m, channelKeys))
		}
		return false
	case "Rename":
		id := m.Get("Uniqueid")
		if old := t.things[channels][id]; old != nil {
			return t.set(channels, id, old.Set("Channel", strings.Clone(m.Get("Newname"))))
		}
		return false
	case "Hangup":
		id := m.Get("Uniqueid")
		delete(t.inside, id)
		return t.remove(channels, id)
	case "BridgeCreate":
		return t.add(bridges, m.Get("BridgeUniqueid"), pick(m, bridgeKeys))
	case "BridgeDestroy":
		return t.remove(bridges, m.Get("BridgeUniqueid"))
	case "BridgeEnter", "BridgeLeave":
		return t.move(m)
	}
	return t.applyOther(m)
}

// move is a channel that enters or leaves a bridge.
func (t *tracker) move(m Message) bool {
	id, bridge := m.Get("Uniqueid"), m.Get("BridgeUniqueid")
	if m.Event() == "BridgeLeave" {
		if t.inside[id] != bridge {
			return false
		}
		delete(t.inside, id)
		return true
	}
	if t.inside[id] == bridge || t.things[channels][id] == nil {
		return false
	}
	t.inside[strings.Clone(id)] = strings.Clone(bridge)
	if old := t.things[bridges][bridge]; old != nil {
		t.set(bridges, bridge, merge(old, m, bridgeKeys)) // its technology may be another now
	}
	return true
}

// applyOther takes in events of queues, peers and devices.
func (t *tracker) applyOther(m Message) bool {
	switch m.Event() {
	case "QueueMemberAdded", "QueueMemberPause", "QueueMemberPenalty", "QueueMemberRinginuse", "QueueMemberStatus":
		return t.set(members, memberKey(m), pick(m, memberKeys))
	case "QueueMemberRemoved":
		return t.remove(members, memberKey(m))
	case "QueueCallerJoin":
		return t.set(callers, callerKey(m), pick(m, callerKeys))
	case "QueueCallerLeave":
		return t.remove(callers, callerKey(m))
	case "PeerStatus":
		return t.set(peers, m.Get("Peer"), pick(m, peerKeys))
	case "ContactStatus":
		if m.Get("ContactStatus") == "Removed" {
			return t.remove(contacts, contactKey(m))
		}
		return t.set(contacts, contactKey(m), pick(m, contactKeys))
	case "DeviceStateChange":
		return t.set(devices, m.Get("Device"), pick(m, deviceKeys))
	case "ExtensionStatus":
		return t.set(hints, hintKey(m), pick(m, hintKeys))
	}
	return true
}

func (t *tracker) add(s sort, key string, r Message) bool {
	if t.things[s][key] != nil || key == "" {
		return false
	}
	return t.set(s, key, r)
}

func (t *tracker) set(s sort, key string, r Message) bool {
	if slices.Equal(t.things[s][key], r) {
		return false
	}
	t.things[s][strings.Clone(key)] = r
	return true
}

func (t *tracker) remove(s sort, key string) bool {
	if t.things[s][key] == nil {
		return false
	}
	delete(t.things[s], key)
	return true
}

// keys are those of records in an order that is the same each time: unique ids
// begin with the time.
func (r records) keys() []string { return slices.Sorted(maps.Keys(r)) }

// population is how many channels a bridge has, as a text.
func (t *tracker) population(bridge string) string {
	n := 0
	for _, b := range t.inside {
		if b == bridge {
			n++
		}
	}
	return strconv.Itoa(n)
}

// waiting is how many callers a queue has, as a text.
func (t *tracker) waiting(queue string) string {
	n := 0
	for _, r := range t.things[callers] {
		if r.Get("Queue") == queue {
			n++
		}
	}
	return strconv.Itoa(n)
}
