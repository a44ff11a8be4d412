package main

import "strings"

// A Message is one answer or event of the manager interface, its lines in order.
type Message struct {
	Lines []Line
}

// A Line is a key and its value; a line without a colon has only a value.
type Line struct{ Key, Value string }

func parseMessage(lines []string) *Message {
	m := &Message{}
	for _, line := range lines {
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			key, value = "", line
		}
		m.Lines = append(m.Lines, Line{key, strings.TrimPrefix(value, " ")})
	}
	return m
}

// parseMessages reads what a scenario file keeps. An empty line more behind an answer is
// a line of it.
func parseMessages(data []byte) []*Message {
	var messages []*Message
	for _, block := range strings.Split(string(data), "\n\n") {
		if n := len(messages); n > 0 && strings.HasPrefix(block, "\n") && block != "\n" && messages[n-1].get("Response") != "" {
			messages[n-1].Lines = append(messages[n-1].Lines, Line{"", "(an empty line)"})
		}
		if block = strings.Trim(block, "\n"); block != "" {
			messages = append(messages, parseMessage(strings.Split(block, "\n")))
		}
	}
	return messages
}

// get returns the first value of a key, or "".
func (m *Message) get(key string) string {
	for _, line := range m.Lines {
		if line.Key == key {
			return line.Value
		}
	}
	return ""
}

// matches tells whether every KEY=VALUE holds; a value may end in * for any rest.
func (m *Message) matches(conditions []string) bool {
	for _, condition := range conditions {
		key, want, _ := strings.Cut(condition, "=")
		got := m.get(key)
		if prefix, open := strings.CutSuffix(want, "*"); open && strings.HasPrefix(got, prefix) && got != "" {
			continue
		}
		if got != want {
			return false
		}
	}
	return true
}

// title names a message in a report.
func (m *Message) title() string {
	if event := m.get("Event"); event != "" {
		for _, key := range []string{"Variable", "Application", "Cause-txt", "UserEvent", "DialStatus", "Digit"} {
			if value := m.get(key); value != "" {
				return event + " (" + key + " " + value + ")"
			}
		}
		return event
	}
	return "Response " + m.get("Response") + " " + m.get("Message")
}
