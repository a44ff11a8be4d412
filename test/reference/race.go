package main

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// What differs on the reference itself from run to run, as two of its threads
// race. Each rule here was seen on it with nothing changed between two runs.

// half is a half of a Local channel.
var half = regexp.MustCompile(`^(Local/.*);[12]$`)

// bridgeNames names the bridges by who entered them: of two that are made at the
// same moment either may be told first.
func bridgeNames(messages []*Message) map[string]string {
	entered := map[string]map[string]bool{}
	var order []string
	for _, m := range messages {
		id := m.get("BridgeUniqueid")
		if id == "" || m.get("Event") != "BridgeEnter" {
			continue
		}
		if entered[id] == nil {
			entered[id] = map[string]bool{}
			order = append(order, id)
		}
		entered[id][m.get("Channel")] = true
	}
	names, used := map[string]string{}, map[string]int{}
	for _, id := range order {
		var channels []string
		for channel := range entered[id] {
			channels = append(channels, channel)
		}
		sort.Strings(channels)
		name := "bridge of " + strings.Join(channels, ", ")
		if used[name]++; used[name] > 1 {
			name += fmt.Sprintf(" (%d)", used[name])
		}
		names[id] = name
	}
	return names
}

// besides are what a conference tells of a leg and what its bridge tells at the same time.
var besides = map[string]string{"ConfbridgeJoin": "BridgeEnter", "ConfbridgeLeave": "BridgeLeave"}

// settle puts into one order what two threads tell about one channel: that a
// redirected leg without a dialplan leaves its bridge, and where it goes.
func settle(messages []*Message) []*Message {
	out := append([]*Message(nil), messages...)
	for i := 1; i < len(out); i++ {
		going, leaving := out[i-1], out[i]
		if leaving.get("Event") == "BridgeLeave" && going.get("Event") == "Newexten" && going.get("Application") == "AppDial" {
			out[i-1], out[i] = leaving.with("Exten", ""), going
		}
	}
	return beside(out)
}

// beside puts what a conference tells of a leg behind what its bridge does.
func beside(list []*Message) []*Message {
	for i := 0; i < len(list); i++ {
		there, ok := besides[list[i].get("Event")]
		if !ok {
			continue
		}
		for _, j := range []int{i - 1, i + 1, i - 2, i - 3} {
			if j < 0 || j >= len(list) || list[j].get("Event") != there {
				continue
			}
			told := list[i]
			list = slices.Delete(list, i, i+1)
			if j < i {
				j++
			}
			list = slices.Insert(list, j, told)
			break
		}
	}
	return list
}

// endOfHalf leaves of the request to hang up a half of a Local channel what is
// the same for both: the half that ends first asks the other.
func endOfHalf(m *Message) *Message {
	if m.get("Event") != "HangupRequest" || !half.MatchString(m.get("Channel")) {
		return m
	}
	return &Message{Lines: []Line{{"Event", m.get("Event")}, {"Channel", half.FindStringSubmatch(m.get("Channel"))[1]}, {"Cause", m.get("Cause")}}}
}

// byChance tells of what is there or not: the first half of a Local channel
// learns how its call went if the second one ends before it, and of the states that
// a phone has one soon after the other some are told. The last one is: see lastStates.
func byChance(m *Message) bool {
	if m.get("Event") == "DeviceStateChange" && phoneDevice.MatchString(m.get("Device")) && m.get("ActionID") == "" {
		return true
	}
	return m.get("Variable") == "CHANLOCALSTATUS" && half.MatchString(m.get("Channel"))
}

var phoneDevice = regexp.MustCompile(`^(?:PJSIP|SIP)/`)

// lastStates compares what was told of each phone's state at last.
func lastStates(want, got []*Message) (report []string) {
	last := func(messages []*Message) map[string]string {
		states := map[string]string{}
		for _, m := range append(slices.Clone(want), got...) { // what is not told is as before
			if phoneDevice.MatchString(m.get("Device")) {
				states[m.get("Device")] = "NOT_INUSE"
			}
		}
		for _, m := range messages {
			if m.get("Event") == "DeviceStateChange" && phoneDevice.MatchString(m.get("Device")) {
				states[m.get("Device")] = m.get("State")
			}
		}
		return states
	}
	wants, gots := last(want), last(got)
	for device, state := range wants {
		if gots[device] != state {
			report = append(report, fmt.Sprintf("%s is %q at last, want %q", device, gots[device], state))
		}
	}
	return report
}

// untold are the test events of points of the reference's code that nothing here
// corresponds to.
var untold = []string{"CallIDChange", "RTP_PORT_ALLOCATED", "FEATURE_DETECTION"}

// unmatched tells of a test event that only the reference has.
func unmatched(m *Message) bool {
	return m.get("Event") == "TestEvent" && slices.Contains(untold, m.get("State"))
}

func (m *Message) with(key, value string) *Message {
	changed := &Message{Lines: append([]Line(nil), m.Lines...)}
	for i := range changed.Lines {
		if changed.Lines[i].Key == key {
			changed.Lines[i].Value = value
		}
	}
	return changed
}

// since22 lists the keys of answers that Asterisk 22 gives and 16 does not.
var since22 = []string{"CoreProcessedCalls"}

// asOf leaves out what a release does not tell yet.
func asOf(release string, messages []*Message) []*Message {
	if release != "16" {
		return messages
	}
	out := make([]*Message, 0, len(messages))
	for _, m := range messages {
		older := &Message{}
		for _, line := range m.Lines {
			if m.get("Event") == "" && slices.Contains(since22, line.Key) {
				continue
			}
			older.Lines = append(older.Lines, line)
		}
		out = append(out, older)
	}
	return out
}
