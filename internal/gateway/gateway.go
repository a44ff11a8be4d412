package gateway

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/socket"
)

// A Dialplan is what programs may ask of the executor.
type Dialplan interface {
	app.Dialplan
	// Variable returns a built-in variable, one of the leg or a global one.
	Variable(c *channel.Channel, name string) (string, bool)
	// Read reads a function, NAME(args).
	Read(ctx context.Context, c *channel.Channel, text string) (string, error)
	// Jump makes the dialplan go on at a place when the application has returned.
	Jump(c *channel.Channel, l channel.Location)
}

// Config is what a Gateway works with. All is needed.
type Config struct {
	House    *app.House
	Dialplan Dialplan
	Bus      *event.Bus
	Logger   *slog.Logger
	// Scripts is the folder of scripts whose name is no path: astagidir.
	Scripts string
	// Environment is what scripts get besides the exchange's own environment: AST_….
	Environment []string
	// Version is agi_version.
	Version string
	// TLS is that of connections to agis:// addresses; nil trusts whom the machine trusts.
	TLS *tls.Config
	// Names finds the addresses of servers; nil is the machine's own.
	Names *net.Resolver
}

// A Gateway runs AGI sessions.
type Gateway struct {
	Config
	debug atomic.Bool
	ids   atomic.Int64 // of sessions, where the reference has threads

	life context.Context // ends with Close
	end  context.CancelFunc

	spare spare         // connections between two calls
	ended socket.Closer // of connections whose sessions have ended

	scripts scripts // their figures
}

// New returns a gateway.
func New(g Config) *Gateway {
	if g.Names == nil {
		g.Names = net.DefaultResolver
	}
	x := &Gateway{Config: g}
	x.life, x.end = context.WithCancel(context.Background())
	x.ids.Store(time.Now().UnixNano() >> 10)
	return x
}

// Close ends all sessions, since the exchange stops. The applications return.
func (g *Gateway) Close() {
	g.end()
	g.spare.close()
	g.ended.Flush()
}

// Applications are the rows of AGI and its kin.
func (g *Gateway) Applications() []app.Application {
	row := func(name, synopsis string) command.Row {
		return command.Row{Name: name, Module: "res_agi", Synopsis: synopsis, Syntax: name + "(command[,argument…])"}
	}
	return []app.Application{
		{Row: row("AGI", "Hand the call to a program"), Run: g.run(false)},
		{Row: row("EAGI", "Hand the call to a program that hears it"), Run: g.run(true)},
		{Row: row("DeadAGI", "Hand a call that is hung up to a program; AGI does so, too"), Run: g.run(false)},
	}
}

// run makes an application. enhanced ones give the program the caller's voice.
func (g *Gateway) run(enhanced bool) func(context.Context, *channel.Channel, string) error {
	return func(ctx context.Context, c *channel.Channel, data string) error {
		args := command.SplitArgs(data, 0)
		if command.Arg(args, 0) == "" {
			g.Logger.Warn("AGI requires an argument (script)", "channel", c.Name())
			return app.ErrHangup
		}
		s := &session{g: g, c: c, step: ctx, args: args[1:], enhanced: enhanced, dead: c.HungUp()}
		s.request, s.keep = keepable(args[0])
		status := s.serve()
		c.SetVariable("AGISTATUS", status.String())
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil
	}
}

// A status is how a session ended, as AGISTATUS says.
type status uint8

const (
	success status = iota
	failure
	notFound
	hungUp
)

func (s status) String() string {
	return [...]string{"SUCCESS", "FAILURE", "NOTFOUND", "HANGUP"}[s]
}
