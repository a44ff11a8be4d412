package external

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// What a program and the leg tell each other beside media: text messages of a name and
// what belongs to it, "MEDIA_START channel:x format:ulaw", or JSON.

// A field is something that is told with an event.
type field struct {
	name  string
	value any // a string, an int or a bool
}

// tell tells the program an event. The leg is part of all of them, where the reference has it.
func (l *mediaLeg) tell(event string, fields ...field) {
	if !l.json {
		text := event
		if event == "DTMF_END" || event == "ERROR" || event == "STATUS" { // the leg is behind the key, and before all else
			leg := field{"channel_id", l.c.UniqueID()}
			if event == "DTMF_END" {
				fields = append(fields, leg)
			} else {
				fields = append([]field{leg}, fields...)
			}
		}
		for _, f := range fields {
			if f.name == "correlation_id" {
				text += " " + fmt.Sprint(f.value)
				continue
			}
			if f.name != "channel_variables" {
				text += " " + f.name + ":" + fmt.Sprint(f.value)
			}
		}
		l.put(outward{websocket.MessageText, []byte(text)})
		return
	}
	all := append([]byte(`{"event":`), quoted(event)...)
	if event != "MEDIA_START" {
		all = append(append(all, `,"channel_id":`...), quoted(l.c.UniqueID())...)
	}
	for _, f := range fields {
		all = append(append(append(all, ','), quoted(f.name)...), ':')
		all = append(all, quoted(f.value)...)
	}
	l.put(outward{websocket.MessageText, append(all, '}')})
}

// quoted is a value in JSON.
func quoted(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // none of those that are told
		return []byte("null")
	}
	return b
}

// say tells notices.
func (l *mediaLeg) say(told ...notice) {
	for _, n := range told {
		if n.id == "" {
			l.tell(n.event)
			continue
		}
		l.tell(n.event, field{"correlation_id", n.id})
	}
}

// start tells the program what it is connected to.
func (l *mediaLeg) start() {
	s := l.snapshot()
	fields := []field{{"connection_id", l.id}, {"channel", s.Name}, {"channel_id", s.UniqueID}, {"format", l.format.Name},
		{"optimal_frame_size", l.out.size}, {"ptime", 20}}
	if l.json {
		variables := map[string]string{}
		for _, v := range l.c.Variables() {
			variables[v.Name] = v.Value
		}
		fields = append(fields, field{"channel_variables", variables})
	}
	l.tell("MEDIA_START", fields...)
}

// A command is what a program asks for.
type command struct {
	Name string `json:"command"`
	ID   string `json:"correlation_id"`
}

// obey does what the program asks for, and reports false if that ends the leg.
func (l *mediaLeg) obey(text string) bool {
	var c command
	if l.json {
		if json.Unmarshal([]byte(text), &c) != nil {
			l.tell("ERROR", field{"error_text", "Unable to parse JSON command"})
			return true
		}
	} else {
		c.Name, c.ID, _ = strings.Cut(strings.TrimSpace(text), " ")
	}
	switch strings.ToUpper(c.Name) {
	case "ANSWER":
		l.answer()
	case "HANGUP":
		l.c.RemoteHangup(channel.CauseNormalClearing)
		return false
	case "START_MEDIA_BUFFERING":
		l.out.buffer(true)
	case "STOP_MEDIA_BUFFERING":
		l.say(l.out.buffer(false)...)
		l.out.mark(notice{"MEDIA_BUFFERING_COMPLETED", c.ID})
	case "MARK_MEDIA":
		l.out.mark(notice{"MEDIA_MARK_PROCESSED", c.ID})
	case "FLUSH_MEDIA":
		l.say(l.out.flush()...)
	case "PAUSE_MEDIA":
		l.out.pause(true)
	case "CONTINUE_MEDIA":
		l.out.pause(false)
	case "REPORT_QUEUE_DRAINED":
		l.out.report()
	case "GET_STATUS":
		s := l.out.state()
		l.tell("STATUS", field{"queue_length", s.frames}, field{"xon_level", goOnBelow}, field{"xoff_level", stopFrom},
			field{"queue_full", s.full}, field{"bulk_media", s.bulk}, field{"media_paused", s.paused})
	case "SET_MEDIA_DIRECTION":
		l.tell("ERROR", field{"error_text", "SET_MEDIA_DIRECTION is not supported"})
	default:
		l.driver.Logger.Warn("a program sends a command that is not known", "channel", l.c.Name(), "command", strconv.Quote(c.Name))
	}
	return true
}
