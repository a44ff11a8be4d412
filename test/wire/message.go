package wire

import "strings"

// A message is SIP as text: what is compared is what was on the wire, so nothing
// here is clever about it.
type message struct {
	start   string
	headers [][2]string
	body    string
}

func read(text string) *message {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := &message{start: lines[0], body: body}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		m.headers = append(m.headers, [2]string{name, strings.TrimPrefix(value, " ")})
	}
	return m
}

func (m *message) String() string {
	var b strings.Builder
	b.WriteString(m.start + "\r\n")
	for _, h := range m.headers {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	return b.String() + "\r\n" + m.body
}

func (m *message) isRequest() bool { return !strings.HasPrefix(m.start, "SIP/2.0 ") }

func (m *message) status() string {
	if m.isRequest() {
		return ""
	}
	return strings.Fields(m.start + " . .")[1]
}

// method is that of the request, also where m answers it.
func (m *message) method() string {
	if m.isRequest() {
		return strings.Fields(m.start + " .")[0]
	}
	_, method, _ := strings.Cut(m.get("CSeq"), " ")
	return method
}

func (m *message) get(name string) string {
	for _, h := range m.headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

func (m *message) all(name string) []string {
	var values []string
	for _, h := range m.headers {
		if strings.EqualFold(h[0], name) {
			values = append(values, h[1])
		}
	}
	return values
}

func (m *message) add(name, value string) { m.headers = append(m.headers, [2]string{name, value}) }

// put replaces a header that is there once, or adds it.
func (m *message) put(name, value string) {
	for i, h := range m.headers {
		if strings.EqualFold(h[0], name) {
			m.headers[i] = [2]string{name, value}
			return
		}
	}
	m.add(name, value)
}

func (m *message) remove(name string) {
	var kept [][2]string
	for _, h := range m.headers {
		if !strings.EqualFold(h[0], name) {
			kept = append(kept, h)
		}
	}
	m.headers = kept
}

// tag is the tag of a From or To.
func tag(address string) string {
	_, after, ok := strings.Cut(address, ";tag=")
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(after, ";")
	return value
}

// uri is what stands between < and >.
func uri(address string) string {
	_, after, ok := strings.Cut(address, "<")
	if !ok {
		value, _, _ := strings.Cut(address, ";")
		return value
	}
	value, _, _ := strings.Cut(after, ">")
	return value
}
