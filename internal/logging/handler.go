package logging

import (
	"context"
	"log/slog"
	"slices"
	"strings"
)

// handler is the slog.Handler of a Logger.
type handler struct {
	logger *Logger
	attrs  []slog.Attr
	group  string
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	l := h.logger
	b, _ := bit(level)
	if b == debugBit && int(l.deepest.Load()) < depth(level) || b == traceBit && l.trace.Load() <= 0 {
		return false
	}
	return Levels(l.wanted.Load())&b != 0
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.attrs = slices.Clip(h.attrs)
	for _, a := range attrs {
		a.Key = h.group + a.Key
		next.attrs = append(next.attrs, a)
	}
	return &next
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	next := *h
	next.group = h.group + name + "."
	return &next
}

// Handle implements slog.Handler. It never waits.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	e := h.entry(r)
	if e.bit == debugBit && depth(r.Level) > h.logger.debugOf(e.at.file, r.PC) {
		return nil
	}
	h.logger.send(&e)
	return nil
}

// entry takes a record apart.
func (h *handler) entry(r slog.Record) entry {
	e := entry{time: r.Time, level: r.Level, verbosity: -1, at: placeOf(r.PC)}
	e.bit, e.name = bit(r.Level)
	if e.bit == verboseBit {
		e.verbosity = 1
	}
	var fields strings.Builder
	for _, a := range h.attrs {
		e.take(a, "", &fields)
	}
	r.Attrs(func(a slog.Attr) bool {
		e.take(a, h.group, &fields)
		return true
	})
	switch find := h.logger.callOf.Load(); {
	case !h.logger.callIDs.Load():
		e.callID = ""
	case e.callID == "" && e.channel != "" && find != nil:
		if id := (*find)(e.channel); id != "" {
			e.callID = "[" + id + "]"
		}
	}
	e.message = clean(r.Message, e.lines) + fields.String()
	return e
}

// take reads an attribute of a line's head, or writes another one behind the message.
func (e *entry) take(a slog.Attr, group string, fields *strings.Builder) {
	v := a.Value.Resolve()
	switch {
	case a.Equal(slog.Attr{}):
	case a.Key == verbosityKey && v.Kind() == slog.KindInt64:
		if e.verbosity >= 0 {
			e.verbosity = int(v.Int64())
		}
	case a.Key == linesKey:
		e.lines = true
	case a.Key == callIDKey:
		if id := v.String(); id != "" {
			e.callID = "[" + clean(id, false) + "]"
		}
	case a.Key == placeKey:
		if at, ok := v.Any().(place); ok {
			at.file, at.function = clean(at.file, false), clean(at.function, false)
			e.at = at
		}
	case v.Kind() == slog.KindGroup:
		for _, inner := range v.Group() {
			next := group
			if a.Key != "" {
				next += a.Key + "."
			}
			e.take(inner, next, fields)
		}
	default:
		if a.Key == channelKey && group == "" && v.Kind() == slog.KindString {
			e.channel = v.String()
		}
		fields.WriteByte(' ')
		fields.WriteString(group)
		fields.WriteString(a.Key)
		fields.WriteByte('=')
		fields.WriteString(quoted(v))
	}
}
