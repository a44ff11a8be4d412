package lua

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// A Dialplan is what Lua needs of the executor.
type Dialplan interface {
	// Known reports whether there is an application, and returns its name.
	Known(application string) (string, bool)
	Execute(ctx context.Context, c *channel.Channel, application, data string) error
	// Unwinds reports whether the dialplan goes elsewhere once what runs has returned.
	Unwinds(c *channel.Channel, at channel.Location) bool
	// Variable returns a variable; Read reads "NAME(args)"; Assign sets either.
	Variable(c *channel.Channel, name string) (string, bool)
	Read(ctx context.Context, c *channel.Channel, text string) (string, error)
	Assign(ctx context.Context, c *channel.Channel, name, value string) error
}

// A House runs Lua for one exchange. It may be used concurrently.
type House struct {
	Dialplan Dialplan
	Logger   *slog.Logger
}

// A session is the state of one call. It belongs to the owner of the leg.
type session struct {
	book    *Book
	state   *lua.LState
	guard   *guard
	c       *channel.Channel
	ctx     context.Context //nolint:containedctx // of the extension that runs
	at      channel.Location
	told    channel.Location // where the last application was told of
	served  bool             // autoservice, as far as the dialplan knows
	unwound error            // what the extension ends with, set when it is to end
}

// sessionKey is under which a leg keeps its session.
type sessionKey struct{}

// errUnwound ends the Lua code of an extension that the dialplan leaves.
var errUnwound = errors.New("the dialplan goes elsewhere")

// call runs the function of an extension.
func (b *Book) call(ctx context.Context, c *channel.Channel, key [2]string) error {
	s, err := b.session(ctx, c)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		b.house.Logger.Error("extensions.lua did not run", "channel", c.Name(), "error", err)
		return err
	}
	before := *s
	s.ctx, s.at, s.unwound = ctx, c.Location(), nil
	s.guard.Context = ctx
	defer func() { s.ctx, s.at, s.unwound = before.ctx, before.at, before.unwound }()
	f := s.function(key)
	if f == nil {
		return fmt.Errorf("extensions.lua has no function for %s@%s any more", key[1], key[0])
	}
	err = s.state.CallByParam(lua.P{Fn: f, Protect: true}, lua.LString(s.at.Context), lua.LString(s.at.Exten))
	switch {
	case s.unwound != nil && !errors.Is(s.unwound, errUnwound):
		return s.unwound
	case s.unwound != nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		if s.guard.exceeded && before.ctx == nil { // nobody waits in it for an application
			s.forget()
		}
		b.house.Logger.Error("an extension in Lua failed", "channel", c.Name(), "extension", s.at.Exten, "context", s.at.Context, "error", err)
	}
	return err
}

// session returns the state of a call, which is made when it comes to the file first.
func (b *Book) session(ctx context.Context, c *channel.Channel) (*session, error) {
	if s, ok := c.Value(sessionKey{}).(*session); ok {
		return s, nil // with the file as it was then
	}
	s := &session{book: b, state: newState(), c: c, served: true}
	s.guard = watch(ctx, s.state)
	s.open()
	if err := b.run(s.state); err != nil {
		s.state.Close()
		return nil, err
	}
	c.SetValue(sessionKey{}, s)
	c.AtEnd(s.forget)
	return s, nil
}

// forget ends the state; the call's next extension begins with a new one.
func (s *session) forget() {
	if s.state != nil {
		s.state.Close()
	}
	s.state, s.guard = nil, nil
	s.c.SetValue(sessionKey{}, nil)
}

// function finds the function of an extension in the call's own tables: the file may have
// changed them.
func (s *session) function(key [2]string) lua.LValue {
	extensions, _ := s.state.GetGlobal("extensions").(*lua.LTable)
	if extensions == nil {
		return nil
	}
	in, _ := field(extensions, key[0]).(*lua.LTable)
	if in == nil {
		return nil
	}
	return field(in, key[1])
}

// field finds a key, also where it stands as a number.
func field(t *lua.LTable, key string) (found lua.LValue) {
	if found = t.RawGetString(key); found != lua.LNil {
		return found
	}
	t.ForEach(func(k, v lua.LValue) {
		if k.String() == key {
			found = v
		}
	})
	return found
}
