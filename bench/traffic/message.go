package traffic

import (
	"bytes"
	"strconv"
)

// message is a datagram. What is asked of it is searched for; nothing is kept.
type message []byte

// status is the code of a response, 0 of a request.
func (m message) status() int {
	if len(m) < 12 || !bytes.HasPrefix(m, []byte("SIP/2.0 ")) {
		return 0
	}
	n, _ := strconv.Atoi(string(m[8:11]))
	return n
}

// method is that of a request.
func (m message) method() string {
	name, _, _ := bytes.Cut(m[:min(len(m), 16)], []byte(" "))
	return string(name)
}

// field is the value of the first header of a name, written as here.
func (m message) field(name string) []byte {
	var key [32]byte
	k := append(append(append(key[:0], "\r\n"...), name...), ':')
	at := bytes.Index(m, k)
	if at < 0 {
		return nil
	}
	value, _, _ := bytes.Cut(m[at+len(k):], []byte("\r\n"))
	return bytes.TrimSpace(value)
}

// appendFields adds all headers of a name, as they stand.
func (m message) appendFields(b []byte, name string) []byte {
	key := []byte("\r\n" + name + ":")
	for rest := m; ; {
		at := bytes.Index(rest, key)
		if at < 0 {
			return b
		}
		rest = rest[at+2:]
		end := bytes.Index(rest, []byte("\r\n"))
		if end < 0 {
			return b
		}
		b = append(b, rest[:end+2]...)
		rest = rest[end:]
	}
}

// contact is the URI of the Contact header.
func (m message) contact() []byte {
	value := m.field("Contact")
	if _, after, ok := bytes.Cut(value, []byte("<")); ok {
		value, _, _ = bytes.Cut(after, []byte(">"))
	}
	return value
}

// mediaPort is the port of the audio stream in the SDP, or 0.
func (m message) mediaPort() int {
	_, after, ok := bytes.Cut(m, []byte("\r\nm=audio "))
	if !ok {
		return 0
	}
	text, _, _ := bytes.Cut(after, []byte(" "))
	n, _ := strconv.Atoi(string(text))
	return n
}

// parameter is a quoted or plain value of a challenge.
func parameter(value []byte, name string) string {
	at := bytes.Index(value, []byte(name+"="))
	if at < 0 {
		return ""
	}
	rest := value[at+len(name)+1:]
	if len(rest) > 0 && rest[0] == '"' {
		text, _, _ := bytes.Cut(rest[1:], []byte(`"`))
		return string(text)
	}
	text, _, _ := bytes.Cut(rest, []byte(","))
	return string(text)
}

// number is what comes first in a Call-ID of ours, or -1.
func (m message) number() int {
	text, _, _ := bytes.Cut(m.field("Call-ID"), []byte("-"))
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return -1
	}
	return n
}

// appendResponse answers a request. extra is what stands between its headers and its body.
func (m message) appendResponse(b []byte, status, tag, extra string, body []byte) []byte {
	b = append(append(append(b, "SIP/2.0 "...), status...), "\r\n"...)
	b = m.appendFields(b, "Via")
	b = m.appendFields(b, "Record-Route")
	b = m.appendFields(b, "From")
	to := m.field("To")
	b = append(append(b, "To: "...), to...)
	if !bytes.Contains(to, []byte(";tag=")) {
		b = append(append(b, ";tag="...), tag...)
	}
	b = append(b, "\r\n"...)
	b = m.appendFields(b, "Call-ID")
	b = m.appendFields(b, "CSeq")
	b = append(b, extra...)
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}
