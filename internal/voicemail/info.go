package voicemail

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// info is what the .txt of a message says.
type info struct {
	mailbox           string // to whom it was left first
	context           string // of the dialplan, in which that was
	exten             string
	rdnis             string
	priority          int
	channel, callerID string
	time              time.Time
	category          string
	id                string
	flag              string // Urgent, PRIORITY
	duration          int    // seconds
	rest              []string
}

// dateFormat is how origdate is written.
const originDate = "Mon Jan _2 03:04:05 PM MST 2006"

// text is the file, its lines in the reference's order.
func (i *info) text() []byte { return i.textIn(i.time.Location()) }

func (i *info) textIn(where *time.Location) []byte {
	var b bytes.Buffer
	b.WriteString(";\n; Message Information file\n;\n[message]\n")
	line := func(key, value string) {
		fmt.Fprintf(&b, "%s=%s\n", key, strings.NewReplacer("\n", " ", "\r", " ").Replace(value))
	}
	line("origmailbox", i.mailbox)
	line("context", i.context)
	line("exten", i.exten)
	line("rdnis", i.rdnis)
	line("priority", strconv.Itoa(i.priority))
	line("callerchan", i.channel)
	line("callerid", i.callerID)
	line("origdate", i.time.In(where).Format(originDate))
	line("origtime", strconv.FormatInt(i.time.Unix(), 10))
	line("category", i.category)
	line("msg_id", i.id)
	line("flag", i.flag)
	line("duration", strconv.Itoa(i.duration))
	for _, other := range i.rest {
		b.WriteString(other + "\n")
	}
	return b.Bytes()
}

// readInfo reads the .txt of a message. Lines that are not known are kept.
func readInfo(path string) (*info, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	i := &info{}
	texts := map[string]*string{"origmailbox": &i.mailbox, "context": &i.context, "exten": &i.exten, "rdnis": &i.rdnis,
		"callerchan": &i.channel, "callerid": &i.callerID, "category": &i.category, "msg_id": &i.id, "flag": &i.flag}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		key, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, ";") {
			continue
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		n, _ := strconv.ParseInt(value, 10, 64) // what is no number is 0
		switch to := texts[key]; {
		case to != nil:
			*to = value
		case key == "priority":
			i.priority = int(n)
		case key == "origtime":
			i.time = time.Unix(n, 0)
		case key == "duration":
			i.duration = int(n)
		case key == "origdate":
		default:
			i.rest = append(i.rest, line)
		}
	}
	return i, nil
}

// caller parts "Name" <number>.
func (i *info) caller() (name, number string) { return partCaller(i.callerID) }

func partCaller(text string) (name, number string) {
	before, after, ok := strings.Cut(text, "<")
	if !ok {
		text = strings.Trim(strings.TrimSpace(text), `"`)
		if text != "" && strings.Trim(text, "+0123456789*#") == "" {
			return "", text
		}
		return text, ""
	}
	number, _, _ = strings.Cut(after, ">")
	return strings.Trim(strings.TrimSpace(before), `"`), strings.TrimSpace(number)
}
