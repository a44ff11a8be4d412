package manager

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// handle is an action on its way: what actions of this package find as Session. A
// session has one and uses it again for each action.
type handle struct {
	session *session
	message message
	request command.ActionRequest

	ctx     context.Context //nolint:containedctx // of the action: it ends with the session or the request
	send    func([]byte)
	id      string // ActionID
	began   time.Time
	replied bool
	failed  bool
	b       []byte // what is being written
}

func newHandle(c *session, send func([]byte)) *handle {
	h := &handle{session: c, send: send, ctx: c.ctx}
	h.request = command.ActionRequest{
		Get:       func(key string) string { return h.message.get(key) },
		All:       func(key string) []string { return h.message.all(key) },
		Lines:     func() []command.Field { return h.message.fields },
		Session:   h,
		Reply:     func(response, text string, fields ...command.Field) { h.reply(response, text, fields) },
		Event:     h.event,
		ListStart: h.listStart,
		ListEnd:   h.listEnd,
		Can: func(class command.Class) bool {
			a := c.account.Load()
			return a != nil && a.Write&class != 0
		},
	}
	return h
}

// begin makes it that of another message.
func (h *handle) begin(m message) {
	h.message, h.id, h.began, h.replied, h.failed = m, m.get("ActionID"), time.Now(), false, false
	if a := h.session.account.Load(); a != nil {
		h.request.User = a.Name
	}
}

// head begins a message; the ActionID comes behind its first line.
func (h *handle) head(key, value string) {
	h.b = appendField(h.b[:0], key, value)
	if h.id != "" {
		h.b = appendEcho(h.b, "ActionID: ", h.id)
	}
}

func (h *handle) fields(list []command.Field) {
	for _, f := range list {
		h.b = appendField(h.b, f.Key, f.Value)
	}
}

func (h *handle) end() {
	h.b = append(h.b, "\r\n"...)
	h.send(h.b)
	if cap(h.b) > mostKept {
		h.b = nil
	}
}

// mostKept is how much of a buffer is kept for the next answer.
const mostKept = 1 << 10

func (h *handle) reply(response, text string, fields []command.Field) {
	if h.replied {
		return
	}
	h.replied, h.failed = true, response == "Error"
	// Some texts of the reference end with a line end of their own, a bare one: to who
	// reads lines the message ends there, and an empty line follows. Where there is no
	// text it follows the fields.
	text, more := strings.CutSuffix(text, "\n")
	more = more && !h.session.isJSON()
	h.head("Response", response)
	if text != "" {
		h.b = appendEcho(h.b, "Message: ", text)
		if more {
			h.b = append(h.b[:len(h.b)-2], "\n\r\n"...)
		}
	}
	h.fields(fields)
	if more && text == "" {
		h.b = append(h.b, "\r\n"...)
	}
	h.end()
}

func (h *handle) event(name string, fields ...command.Field) {
	if !slices.ContainsFunc(fields, func(f command.Field) bool { return f.Key == "ActionID" }) {
		h.head("Event", name)
		h.fields(fields)
		h.end()
		return
	}
	h.b = appendField(h.b[:0], "Event", name)
	for _, f := range fields {
		switch {
		case f.Key != "ActionID":
			h.b = appendField(h.b, f.Key, f.Value)
		case h.id != "":
			h.b = appendField(h.b, f.Key, h.id)
		}
	}
	h.end()
}

func (h *handle) listStart(text string) {
	h.replied = true
	h.head("Response", "Success")
	h.b = appendField(h.b, "EventList", "start")
	h.b = appendField(h.b, "Message", text)
	h.end()
}

func (h *handle) listEnd(event string, items int, fields ...command.Field) {
	h.head("Event", event)
	h.b = appendField(h.b, "EventList", "Complete")
	h.b = appendField(h.b, "ListItems", strconv.Itoa(items))
	h.fields(fields)
	h.end()
}
