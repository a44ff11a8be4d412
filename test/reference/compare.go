package main

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// anyValue stands for values that cannot be the same twice.
const anyValue = "(any)"

// unsteady are the keys, and the variables of VarSet, whose values are times,
// measurements and random tokens: that they are there is compared, and whether
// they are empty.
var unsteady = regexp.MustCompile(`^(EventTV|SessionID|SessionTV|Challenge|.*Time|Timestamp|Duration.*|BillableSeconds|Seconds|Uptime|Last[Rr]eload|LastCall|LastPause|ParkingTimeout|ParkingDuration|Logintime|CallStarted|RemoteAddress|AsteriskVersion|` +
	`RTP.*QOS.*|BRIDGEPVTCALLID|RTPAUDIOQOS.*|SIPCALLID|SIPURI|RoundtripUsec|Linkedid|RTT|CallI[Dd]|RegExpire|ServerUptime|StartTime|AnswerTime|DIALEDTIME.*|ANSWEREDTIME.*|QUEUEWAIT.*|QUEUETALKTIME|QUEUEHOLDTIME|QEHOLDTIME|Holdtime|Wait|RINGTIME.*|PROGRESSTIME.*|VM_MESSAGEFILE|MVM_FILENAME|MVM_DURATION|MVM_DUR|CoreStartup.*|CoreReload.*)$`)

// synopsis is the prose before the classes in ListCommands: each house has its own.
var synopsis = regexp.MustCompile(`^.*  (\(Priv: .*\))$`)

// listedCommand is a line of ListCommands.
var listedCommand = regexp.MustCompile(`(?m)^(\w+: ).*  (\(Priv: .*\))$`)

// withoutProse leaves the synopses of ListCommands out of what is kept.
func withoutProse(received []byte) []byte {
	return listedCommand.ReplaceAll(received, []byte("${1}"+ellipsis+"  ${2}"))
}

var (
	uniqueID = regexp.MustCompile(`\b\d{9,10}\.\d+\b`)
	uuid     = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
)

// messageID is the identity of a voicemail, which begins with when it was left.
var messageID = regexp.MustCompile(`\b\d{9,10}-\d{8}\b`)

// pageName is the conference of Page, whose name is a random number.
var (
	pageName = regexp.MustCompile(`^\d{5,10}$`)
	digits   = regexp.MustCompile(`\d{5,10}`)
)

// uptime is how long the exchange runs, on its console.
var uptime = regexp.MustCompile(`^((?:System uptime|Last reload): ).+$`)

// unsteadyRow is what differs in every run in the console's tables.
var unsteadyRow = regexp.MustCompile(`(?m)^( *(?:call_id|expiration_time|Expire|Last received voicemail|Last reset) *: ).+$|(exp\. )-?\d+s|( was )\d+( secs ago)|(\(wait: )\d+:\d+`)

func steadyTable(text string) string {
	return unsteadyRow.ReplaceAllString(text, "${1}${2}${3}${5}"+anyValue+"${4}")
}

// normalise replaces unique ids by the names of their channels and bridge ids
// by their number in order of appearance.
func normalise(messages []*Message) []*Message {
	channels, bridges, pages := map[string]string{}, bridgeNames(messages), map[string]string{}
	for _, m := range messages {
		if id, channel := m.get("Uniqueid"), m.get("Channel"); id != "" && channels[id] == "" {
			channels[id] = "id of " + channel
		}
		if name := m.get("Conference"); pageName.MatchString(name) && pages[name] == "" {
			pages[name] = fmt.Sprintf("page %d", len(pages)+1)
		}
	}
	out := make([]*Message, 0, len(messages))
	for _, m := range messages {
		steady := &Message{Lines: make([]Line, len(m.Lines))}
		random := unsteady.MatchString(m.get("Variable"))
		for i, line := range m.Lines {
			value := uniqueID.ReplaceAllStringFunc(steadyAGI(m, line), func(id string) string {
				if channels[id] == "" {
					return "id"
				}
				return channels[id]
			})
			value = uuid.ReplaceAllStringFunc(value, func(id string) string {
				if bridges[id] == "" {
					bridges[id] = fmt.Sprintf("uuid %d", len(bridges)+1)
				}
				return bridges[id]
			})
			value = messageID.ReplaceAllString(value, anyValue)
			value = digits.ReplaceAllStringFunc(value, func(n string) string { return cmp.Or(pages[n], n) })
			if line.Key == "Output" {
				value = uptime.ReplaceAllString(value, "${1}"+anyValue)
			}
			value = synopsis.ReplaceAllString(value, ellipsis+" $1")
			if m.get("Event") == "VoicemailBoxDetail" && line.Key == "Date" {
				value = anyValue
			}
			if value != "" && line.Key != "Linkedid" && (unsteady.MatchString(line.Key) || random && line.Key == "Value") {
				value = anyValue
			}
			steady.Lines[i] = Line{line.Key, value}
		}
		out = append(out, endOfHalf(steady))
	}
	return out
}

// news leaves out the device states that were so before: the reference tells
// them now once, now twice, and Asterisk 16 also when it first looks.
func news(messages []*Message) []*Message {
	states := map[string]string{}
	out := make([]*Message, 0, len(messages))
	for _, m := range messages {
		if unmatched(m) {
			continue
		}
		if m.get("Event") == "DeviceStateChange" && m.get("ActionID") == "" {
			device, state := m.get("Device"), m.get("State")
			before, known := states[device]
			states[device] = state
			if before == state || !known && state == "NOT_INUSE" {
				continue
			}
		}
		out = append(out, m)
	}
	return out
}

// about names the thing whose events have an order.
func about(m *Message) string {
	switch event := m.get("Event"); event {
	case "OriginateResponse", "HangupRequest", "DeviceStateChange":
		// told by a thread of its own on the reference, now before and now after its neighbours
		return event + " " + m.get("ActionID") + m.get("Channel") + m.get("Device") + " " + m.get("State")
	}
	for _, key := range []string{"Channel", "Channel1", "LocalOneChannel", "DestChannel", "BridgeUniqueid", "Device", "Presentity", "Peer", "EndpointName", "ActionID"} {
		if value := m.get(key); value != "" {
			return key + " " + value
		}
	}
	return "event " + m.get("Event")
}

// compare returns what differs, a line each; none when got tells the same story.
func compare(want, got []*Message) []string {
	var order []string
	wants, gots := group(normalise(news(want)), &order), group(normalise(news(got)), &order)
	report := lastStates(want, got)
	for _, subject := range order {
		report = append(report, compareSequence(subject, settle(wants[subject]), settle(gots[subject]))...)
	}
	return report
}

func group(messages []*Message, order *[]string) map[string][]*Message {
	groups := map[string][]*Message{}
	known := map[string]bool{}
	for _, subject := range *order {
		known[subject] = true
	}
	for _, m := range messages {
		if strings.HasPrefix(m.get("Device"), "Local/") {
			continue // the reference tells it or not, as it happens
		}
		subject := about(m)
		if !known[subject] {
			known[subject] = true
			*order = append(*order, subject)
		}
		groups[subject] = append(groups[subject], m)
	}
	return groups
}

// compareSequence aligns two sequences by the longest common run of titles,
// then compares the aligned messages key by key.
func compareSequence(subject string, want, got []*Message) []string {
	common := make([][]int, len(want)+1)
	for i := range common {
		common[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if want[i].title() == got[j].title() {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var report []string
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i].title() == got[j].title():
			if difference := compareLines(want[i], got[j]); difference != "" {
				report = append(report, fmt.Sprintf("%s: %s: %s", subject, want[i].title(), difference))
			}
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && common[i+1][j] >= common[i][j+1]:
			if !byChance(want[i]) {
				report = append(report, fmt.Sprintf("%s: missing: %s", subject, want[i].title()))
			}
			i++
		default:
			if !byChance(got[j]) {
				report = append(report, fmt.Sprintf("%s: extra:   %s", subject, got[j].title()))
			}
			j++
		}
	}
	return report
}

// loose are keys whose value is random, or depends on which of two threads of
// the reference was first.
func loose(event, key string) bool {
	switch event {
	case "TestEvent":
		return key == "AppLine"
	case "DialBegin", "DialState":
		return strings.HasPrefix(key, "DestChannelState")
	case "BridgeLeave":
		return key == "BridgeNumChannels"
	case "ChallengeResponseFailed", "InvalidPassword":
		return key == "Response" || strings.HasPrefix(key, "Received")
	}
	return false
}

// optional are keys that are there or not as fast as the machine is: the time of
// a round trip is told from a millisecond on.
func optional(event, key string) bool { return event == "PeerStatus" && key == "Time" }

// compareLines tells how two messages of one kind differ.
func compareLines(want, got *Message) string {
	var differences []string
	for _, line := range want.Lines {
		value, there := "", false
		for _, other := range got.Lines {
			if other.Key == line.Key && (!there || other.Value == line.Value) {
				value, there = other.Value, true
			}
		}
		switch {
		case optional(want.get("Event"), line.Key):
		case !there:
			differences = append(differences, "no "+line.Key)
		case value != line.Value && !loose(want.get("Event"), line.Key):
			differences = append(differences, fmt.Sprintf("%s is %q, want %q", line.Key, value, line.Value))
		}
	}
	for _, line := range got.Lines {
		if line.Key != "" && !want.has(line.Key) && !optional(want.get("Event"), line.Key) {
			differences = append(differences, "unknown key "+line.Key)
		}
	}
	if len(differences) == 0 && want.keys() != got.keys() {
		differences = append(differences, "order of keys is "+got.keys()+", want "+want.keys())
	}
	return strings.Join(differences, "; ")
}

func (m *Message) has(key string) bool {
	for _, line := range m.Lines {
		if line.Key == key {
			return true
		}
	}
	return false
}

func (m *Message) keys() string {
	var keys []string
	for _, line := range m.Lines {
		if !optional(m.get("Event"), line.Key) {
			keys = append(keys, line.Key)
		}
	}
	return strings.Join(keys, " ")
}
