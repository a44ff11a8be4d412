package phone

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/sip"
)

// headers are what the dialplan sees of a call's INVITE: all that came in, or
// what is to be added to the one that goes out. A header that the dialplan adds
// to the one that came in goes nowhere.
type headers struct{ list []sip.Header }

// find returns the places of a header, by its whole name whatever its case.
func (h *headers) find(name string) []int {
	var places []int
	for i := range h.list {
		if strings.EqualFold(h.list[i].Name, name) {
			places = append(places, i)
		}
	}
	return places
}

// read returns the value of the nth header of a name, from 1, or "". Numbers below
// 1 are the first.
func (h *headers) read(name string, n int) string {
	n = max(n, 1)
	if places := h.find(name); n <= len(places) {
		return h.list[places[n-1]].Value
	}
	return ""
}

func (h *headers) update(name string, n int, value string) bool {
	n = max(n, 1)
	places := h.find(name)
	if n > len(places) {
		return false
	}
	h.list[places[n-1]].Value = value
	return true
}

// remove takes the headers of a name away; with * at its end, of all names that
// begin so. It returns how many they were.
func (h *headers) remove(name string) int {
	prefix, many := strings.CutSuffix(name, "*")
	before := len(h.list)
	h.list = slices.DeleteFunc(h.list, func(e sip.Header) bool {
		if many {
			return hasPrefixFold(e.Name, prefix)
		}
		return strings.EqualFold(e.Name, name)
	})
	return before - len(h.list)
}

// names lists the names that begin with a prefix, one for each header.
func (h *headers) names(prefix string) string {
	var list []string
	for _, e := range h.list {
		if hasPrefixFold(e.Name, prefix) {
			list = append(list, e.Name)
		}
	}
	return strings.Join(list, ",")
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// addTo puts the headers into a request. One that a request has but once takes
// the place of ours.
func (h *headers) addTo(r *sip.Message) {
	for _, e := range h.list {
		switch strings.ToLower(e.Name) {
		case "user-agent", "max-forwards", "supported", "allow":
			r.Set(e.Name, e.Value)
		case "from", "to", "via", "call-id", "cseq", "content-length": // a second one would make the request invalid
		default:
			r.Add(e.Name, e.Value)
		}
	}
}

// ours finds the call of a leg that this driver has.
func (d *Driver) ours(c *channel.Channel) (*session, error) {
	if c == nil {
		return nil, errors.New("this function needs a channel")
	}
	s, ok := c.Leg().(*session)
	if !ok || s.driver != d {
		return nil, fmt.Errorf("this function requires a %s channel", d.technology)
	}
	return s, nil
}

// seen reads what the far end sent, or what we are to send.
func (s *session) seen(read func(h *headers)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.incoming && s.headers.list == nil && s.request != nil {
		s.headers.list = slices.Clone(s.request.Headers)
		if s.driver.technology == PJSIP {
			s.headers.tidy()
		}
	}
	read(&s.headers)
}

// tidy writes From and To as the reference hands them out: with quotes, and without
// the port of the URI.
func (h *headers) tidy() {
	for i, e := range h.list {
		if !strings.EqualFold(e.Name, "From") && !strings.EqualFold(e.Name, "To") {
			continue
		}
		if a, err := sip.ParseAddress(e.Value); err == nil {
			a.URI.Port = 0
			h.list[i].Value = a.String()
		}
	}
}

// headerArgs reads action,name[,number].
func headerArgs(text string) (action, name string, n int, err error) {
	args := command.SplitArgs(text, 0)
	action, name, n = strings.ToLower(command.Arg(args, 0)), strings.TrimSpace(command.Arg(args, 1)), 1
	switch {
	case action == "":
		return "", "", 0, errors.New("which action, read, add, update or remove?")
	case name == "":
		return "", "", 0, errors.New("which header?")
	}
	if text := command.Arg(args, 2); text != "" {
		if n, err = strconv.Atoi(strings.TrimSpace(text)); err != nil {
			return "", "", 0, fmt.Errorf("%q is no number of a header", text)
		}
	}
	return action, name, n, nil
}

func (d *Driver) readHeader(_ context.Context, c *channel.Channel, text string) (value string, err error) {
	s, err := d.ours(c)
	if err != nil {
		return "", err
	}
	action, name, n, err := headerArgs(text)
	if err != nil {
		return "", err
	}
	switch action {
	case "read":
		s.seen(func(h *headers) { value = h.read(name, n) })
	case "remove":
		s.seen(func(h *headers) { value = strconv.Itoa(h.remove(name)) })
	default:
		return "", fmt.Errorf("%q is neither read nor remove", action)
	}
	return value, nil
}

func (d *Driver) writeHeader(_ context.Context, c *channel.Channel, text, value string) error {
	s, err := d.ours(c)
	if err != nil {
		return err
	}
	s.seen(func(h *headers) { err = h.write(text, value) })
	return err
}

// write does what the arguments of a function say to which value is assigned.
func (h *headers) write(text, value string) error {
	action, name, n, err := headerArgs(text)
	if err != nil {
		return err
	}
	switch action {
	case "add":
		h.list = append(h.list, sip.Header{Name: name, Value: value})
	case "update":
		if !h.update(name, n, value) {
			return fmt.Errorf("there is no header %s", name)
		}
	case "remove":
		h.remove(name)
	default:
		return fmt.Errorf("%q is none of add, update, remove", action)
	}
	return nil
}

// readOnly does what the arguments of a function say that may only read.
func (h *headers) readOnly(text string) (string, error) {
	action, name, n, err := headerArgs(text)
	if err != nil {
		return "", err
	}
	if action != "read" {
		return "", fmt.Errorf("%q is not read", action)
	}
	return h.read(name, n), nil
}

func (d *Driver) listHeaders(_ context.Context, c *channel.Channel, prefix string) (value string, err error) {
	s, err := d.ours(c)
	if err == nil {
		s.seen(func(h *headers) { value = h.names(strings.TrimSpace(prefix)) })
	}
	return value, err
}

// answers are the headers of the 2xx that accepted our call.
func (s *session) answers() *headers {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.acceptedBy == nil {
		return &headers{}
	}
	return &headers{s.acceptedBy.Headers}
}

func (d *Driver) readResponse(_ context.Context, c *channel.Channel, text string) (string, error) {
	s, err := d.ours(c)
	if err != nil {
		return "", err
	}
	return s.answers().readOnly(text)
}

func (d *Driver) listResponse(_ context.Context, c *channel.Channel, prefix string) (string, error) {
	s, err := d.ours(c)
	if err != nil {
		return "", err
	}
	return s.answers().names(strings.TrimSpace(prefix)), nil
}

// readFromParameter reads a parameter of the From of a call that came in.
func (d *Driver) readFromParameter(_ context.Context, c *channel.Channel, text string) (string, error) {
	s, err := d.ours(c)
	if err != nil {
		return "", err
	}
	args := command.SplitArgs(text, 0)
	name := command.Arg(args, 2)
	if !strings.EqualFold(command.Arg(args, 0), "From") || name == "" {
		return "", errors.New("which parameter of From?")
	}
	s.mu.Lock()
	request := s.request
	s.mu.Unlock()
	if request == nil {
		return "", nil
	}
	var value string
	switch strings.ToLower(command.Arg(args, 1)) {
	case "header":
		value, _ = sip.Param(request.From.Params, name)
	case "uri":
		value, _ = request.From.URI.Param(name)
	default:
		return "", errors.New("a parameter is of the header or of the URI")
	}
	return value, nil
}

// writeFromParameter is PJSIP_HEADER_PARAM(From,{header|uri},name): a parameter
// of the From of a call that goes out.
func (d *Driver) writeFromParameter(_ context.Context, c *channel.Channel, text, value string) error {
	s, err := d.ours(c)
	if err != nil {
		return err
	}
	args := command.SplitArgs(text, 0)
	name := command.Arg(args, 2)
	switch {
	case !strings.EqualFold(command.Arg(args, 0), "From"):
		return errors.New("only parameters of From can be set")
	case name == "":
		return errors.New("which parameter?")
	}
	parameter := ";" + name
	if value != "" {
		parameter += "=" + value
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch strings.ToLower(command.Arg(args, 1)) {
	case "header":
		s.fromHeader += parameter
	case "uri":
		s.fromURI += parameter
	default:
		return errors.New("a parameter is of the header or of the URI")
	}
	return nil
}
