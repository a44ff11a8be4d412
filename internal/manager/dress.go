package manager

import (
	"bytes"
	"fmt"
	"html"
	"net/url"
	"strings"
)

// dress is how an answer is written over HTTP.
type dress int

const (
	asText dress = iota
	asHTML
	asXML
)

func (d dress) kind() string { return [...]string{"text/plain", "text/html", "text/xml"}[d] }

// write dresses messages. page is where they were asked for; a program may name its
// XML elements in the query (ajaxdest, ajaxobjtype).
func (d dress) write(messages []byte, page string, query url.Values) []byte {
	switch d {
	case asHTML:
		return htmlOf(messages, page)
	case asXML:
		return xmlOf(messages, orDefault(query.Get("ajaxdest"), "unknown"), orDefault(query.Get("ajaxobjtype"), "generic"))
	}
	return messages
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// eachMessage calls f with the lines of each message. A key that comes again gets the
// number of the time behind it, same says which are alike.
func eachMessage(messages []byte, same func(key string) string, f func(keys, values []string)) {
	for one := range bytes.SplitSeq(messages, []byte("\r\n\r\n")) {
		var keys, values []string
		times := map[string]int{}
		for line := range bytes.SplitSeq(one, []byte("\r\n")) {
			if len(line) == 0 {
				continue
			}
			key, value, ok := strings.Cut(string(line), ":")
			if !ok {
				key, value = "Opaque-data", key
			}
			key = same(key)
			if times[key]++; times[key] > 1 {
				key = fmt.Sprintf("%s-%d", key, times[key])
			}
			keys, values = append(keys, key), append(values, strings.TrimPrefix(value, " "))
		}
		if len(keys) > 0 {
			f(keys, values)
		}
	}
}

var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// xmlOf writes each message as an element whose attributes are the lines.
func xmlOf(messages []byte, id, object string) []byte {
	var b bytes.Buffer
	b.WriteString("<ajax-response>\n")
	eachMessage(messages, attribute, func(keys, values []string) {
		fmt.Fprintf(&b, "<response type='object' id='%s'><%s", escaped.Replace(xmlText(id)), attribute(object))
		for i, key := range keys {
			fmt.Fprintf(&b, " %s='%s'", key, escaped.Replace(xmlText(values[i])))
		}
		b.WriteString(" /></response>\n")
	})
	b.WriteString("</ajax-response>\n")
	return b.Bytes()
}

// attribute makes a name for XML of a key.
func attribute(key string) string {
	key = strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, key)
	if key == "" || '0' <= key[0] && key[0] <= '9' {
		key = "_" + key
	}
	return key
}

// xmlText is a text without what XML can't hold.
func xmlText(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// htmlOf writes messages as a table below a form for the next action.
func htmlOf(messages []byte, page string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!DOCTYPE html>
<title>Manager interface</title>
<h1>Manager interface</h1>
<form action="%s" method="post">
<p><label>Action <input name="action" list="actions"></label>
<datalist id="actions"><option>Login<option>Logoff<option>Command<option>WaitEvent<option>ListCommands</datalist>
<label>User <input name="username"></label> <label>Secret <input type="password" name="secret"></label>
<label>Command <input name="command"></label> <button>Send</button></p>
</form>
<table>
`, html.EscapeString(page))
	eachMessage(messages, func(key string) string { return key }, func(keys, values []string) {
		for i, key := range keys {
			fmt.Fprintf(&b, "<tr><td>%s</td><td>%s</td></tr>\n", escaped.Replace(key), escaped.Replace(values[i]))
		}
		b.WriteString("<tr><td colspan=\"2\"><hr></td></tr>\n")
	})
	b.WriteString("</table>\n")
	return b.Bytes()
}
