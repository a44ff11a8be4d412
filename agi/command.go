package agi

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// A ChannelState is the state of a call, as ChannelStatus returns it.
type ChannelState int

// The states of a call.
const (
	Down ChannelState = iota
	Reserved
	OffHook
	Dialing
	Ring
	Ringing
	Up
	Busy
)

// Answer answers the call.
func (s *Session) Answer(ctx context.Context) error {
	_, err := s.done(ctx, "ANSWER")
	return err
}

// Hangup hangs up the call, or the channel of a name.
func (s *Session) Hangup(ctx context.Context, channel string) error {
	_, err := s.done(ctx, "HANGUP", given(channel)...)
	return err
}

// given is an optional argument.
func given(arguments ...string) []string {
	for len(arguments) > 0 && arguments[len(arguments)-1] == "" {
		arguments = arguments[:len(arguments)-1]
	}
	return arguments
}

// ChannelStatus returns the state of the call, or of the channel of a name.
func (s *Session) ChannelStatus(ctx context.Context, channel string) (ChannelState, error) {
	r, err := s.done(ctx, "CHANNEL STATUS", given(channel)...)
	return ChannelState(r.Int()), err
}

// NoOp does nothing but wait for the exchange.
func (s *Session) NoOp(ctx context.Context) error {
	_, err := s.Command(ctx, "NOOP")
	return err
}

// Verbose writes a line to the exchange's log, of a level from 1 to 4.
func (s *Session) Verbose(ctx context.Context, message string, level int) error {
	_, err := s.Command(ctx, "VERBOSE", message, strconv.Itoa(level))
	return err
}

// Exec runs a dialplan application. The arguments are joined by commas.
func (s *Session) Exec(ctx context.Context, application, arguments string) (result int, err error) {
	r, err := s.Command(ctx, "EXEC", append([]string{application}, given(arguments)...)...)
	switch {
	case err != nil:
	case r.Result == "-2":
		err = fmt.Errorf("%w: EXEC: there is no application %s", ErrFailed, application)
	case r.Result == "-1" && s.HungUp():
		err = ErrHangup
	}
	return r.Int(), err
}

// Gosub runs a subroutine of the dialplan and waits until it returns.
func (s *Session) Gosub(ctx context.Context, where, extension, priority, arguments string) error {
	_, err := s.done(ctx, "GOSUB", append([]string{where, extension, priority}, given(arguments)...)...)
	return err
}

// GetVariable returns a variable of the call; ok is false where it is not set.
func (s *Session) GetVariable(ctx context.Context, name string) (value string, ok bool, err error) {
	return s.value(ctx, "GET VARIABLE", name)
}

// GetFullVariable returns what a text like ${CALLERID(num)} comes to, on the call or
// on the channel of a name. ok is false where there is no such channel.
func (s *Session) GetFullVariable(ctx context.Context, text, channel string) (value string, ok bool, err error) {
	return s.value(ctx, "GET FULL VARIABLE", append([]string{text}, given(channel)...)...)
}

func (s *Session) value(ctx context.Context, name string, arguments ...string) (string, bool, error) {
	r, err := s.Command(ctx, name, arguments...)
	return r.Data, err == nil && r.Result == "1", err
}

// SetVariable sets a variable of the call, or writes a function. A line end in the value
// becomes a blank: a command is one line.
func (s *Session) SetVariable(ctx context.Context, name, value string) error {
	_, err := s.Command(ctx, "SET VARIABLE", name, value)
	return err
}

// DatabaseGet returns a value of the exchange's database; ok is false without one.
func (s *Session) DatabaseGet(ctx context.Context, family, key string) (value string, ok bool, err error) {
	return s.value(ctx, "DATABASE GET", family, key)
}

// DatabasePut stores a value.
func (s *Session) DatabasePut(ctx context.Context, family, key, value string) error {
	return s.one(ctx, "DATABASE PUT", family, key, value)
}

// DatabaseDel deletes a key.
func (s *Session) DatabaseDel(ctx context.Context, family, key string) error {
	return s.one(ctx, "DATABASE DEL", family, key)
}

// DatabaseDelTree deletes a family, or what lies below a key of it.
func (s *Session) DatabaseDelTree(ctx context.Context, family, key string) error {
	_, err := s.Command(ctx, "DATABASE DELTREE", append([]string{family}, given(key)...)...)
	return err
}

// one is Command for what answers 1 when it was done.
func (s *Session) one(ctx context.Context, name string, arguments ...string) error {
	r, err := s.Command(ctx, name, arguments...)
	if err == nil && r.Result != "1" {
		err = s.failure(name)
	}
	return err
}

// SetCallerID sets who calls: a number, or "Name <number>".
func (s *Session) SetCallerID(ctx context.Context, text string) error {
	_, err := s.Command(ctx, "SET CALLERID", text)
	return err
}

// SetContext sets the context in which the dialplan goes on afterwards.
func (s *Session) SetContext(ctx context.Context, where string) error {
	_, err := s.Command(ctx, "SET CONTEXT", where)
	return err
}

// SetExtension sets the extension at which the dialplan goes on afterwards.
func (s *Session) SetExtension(ctx context.Context, extension string) error {
	_, err := s.Command(ctx, "SET EXTENSION", extension)
	return err
}

// SetPriority sets the priority, or label, at which the dialplan goes on afterwards.
func (s *Session) SetPriority(ctx context.Context, priority string) error {
	_, err := s.Command(ctx, "SET PRIORITY", priority)
	return err
}

// SetAutoHangup has the call hung up in a time of whole seconds; 0 takes that back.
func (s *Session) SetAutoHangup(ctx context.Context, after time.Duration) error {
	_, err := s.Command(ctx, "SET AUTOHANGUP", strconv.Itoa(int(after/time.Second)))
	return err
}

// SetMusic begins or ends music on hold, of a class or of the usual one.
func (s *Session) SetMusic(ctx context.Context, on bool, class string) error {
	state := "OFF"
	if on {
		state = "ON"
	}
	_, err := s.Command(ctx, "SET MUSIC", append([]string{state}, given(class)...)...)
	return err
}

// SendText sends a text message to the phone, where it takes some.
func (s *Session) SendText(ctx context.Context, text string) error {
	_, err := s.done(ctx, "SEND TEXT", text)
	return err
}

// SendImage sends an image to the phone, where it takes some.
func (s *Session) SendImage(ctx context.Context, image string) error {
	_, err := s.done(ctx, "SEND IMAGE", image)
	return err
}

// ReceiveChar waits for a character of text from the phone. 0 is none in time.
func (s *Session) ReceiveChar(ctx context.Context, timeout time.Duration) (rune, error) {
	r, err := s.done(ctx, "RECEIVE CHAR", milliseconds(timeout))
	return rune(r.Int()), err
}

// ReceiveText waits for a text message from the phone.
func (s *Session) ReceiveText(ctx context.Context, timeout time.Duration) (string, error) {
	r, err := s.done(ctx, "RECEIVE TEXT", milliseconds(timeout))
	return r.Data, err
}

// TDDMode turns sending and receiving for the deaf on ("on", "off", "mate").
func (s *Session) TDDMode(ctx context.Context, mode string) error {
	_, err := s.done(ctx, "TDD MODE", mode)
	return err
}

// AsyncBreak ends AsyncAGI: the dialplan goes on.
func (s *Session) AsyncBreak(ctx context.Context) error {
	_, err := s.Command(ctx, "ASYNCAGI BREAK")
	return err
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
