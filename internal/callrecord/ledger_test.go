package callrecord

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// scene is an exchange of channels that are only told of.
type scene struct {
	t       *testing.T
	bus     *event.Bus
	ledger  *Ledger
	legs    map[string]*event.Channel
	bridges map[string]*event.Bridge
	done    []*Record
	born    time.Time
}

func newScene(t *testing.T, change func(g *Settings)) *scene {
	t.Helper()
	s := &scene{t: t, bus: event.NewBus(), legs: map[string]*event.Channel{}, bridges: map[string]*event.Bridge{}, born: time.Now()}
	s.ledger = NewLedger(s.bus, slog.New(slog.NewTextHandler(io.Discard, nil)), func(list []*Record) { s.done = append(s.done, list...) })
	g := Defaults()
	g.Unanswered = true
	if change != nil {
		change(g)
	}
	s.ledger.Configure(g)
	t.Cleanup(s.ledger.Close)
	return s
}

// as changes a channel and returns it as it is now.
func (s *scene) as(name string, change func(c *event.Channel)) *event.Channel {
	c := *s.legs[name]
	change(&c)
	s.legs[name] = &c
	return &c
}

// play runs a script, a word or more a line: new, out, run, up, dial, end, in, leave, hangup.
func (s *scene) play(script string) {
	s.t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
		w := append(strings.Fields(line), "", "", "", "")
		s.do(w[0], w[1], w[2], w[3])
	}
}

func (s *scene) do(verb, name, two, three string) {
	switch verb {
	case "new", "out":
		s.born = s.born.Add(time.Millisecond)
		s.legs[name] = &event.Channel{Name: name, UniqueID: name, LinkedID: "linked", Exten: name, Context: "c", Created: s.born, AMAFlags: 3, Outgoing: verb == "out"}
		s.bus.Publish(&event.Newchannel{Channel: s.legs[name]})
	case "run": // run NAME EXTEN APPLICATION
		c := s.as(name, func(c *event.Channel) { c.Exten, c.Application = two, three })
		s.bus.Publish(&event.Newexten{Channel: c, Extension: two, Application: three})
	case "h":
		s.as(name, func(c *event.Channel) { c.Ending = true })
		s.do("run", name, "h", "NoOp")
	case "up":
		s.bus.Publish(&event.Newstate{Channel: s.as(name, func(c *event.Channel) { c.State = event.Up })})
	case "dial":
		s.bus.Publish(&event.DialBegin{Channel: s.legs[name], Peer: s.legs[two]})
	case "end":
		s.bus.Publish(&event.DialEnd{Channel: s.legs[name], Peer: s.legs[two], Status: three})
	case "in":
		b := s.bridges[two]
		if b == nil {
			b = &event.Bridge{ID: two, Technology: "simple_bridge"}
		}
		now := *b
		now.Channels = append(append([]string(nil), b.Channels...), name)
		s.bridges[two] = &now
		s.bus.Publish(&event.BridgeEnter{Bridge: &now, Channel: s.as(name, func(c *event.Channel) { c.BridgeID = two })})
	case "leave":
		now := *s.bridges[two]
		now.Channels = nil
		for _, id := range s.bridges[two].Channels {
			if id != name {
				now.Channels = append(now.Channels, id)
			}
		}
		s.bridges[two] = &now
		s.bus.Publish(&event.BridgeLeave{Bridge: &now, Channel: s.as(name, func(c *event.Channel) { c.BridgeID = "" })})
	case "park":
		s.bus.Publish(&event.Generic{Name: "ParkedCall", Named: []event.Prefixed{{Prefix: "Parkee", Channel: s.as(name, func(*event.Channel) {})}},
			Fields: []event.Variable{{Name: "Parkinglot", Value: "default"}, {Name: "ParkingSpace", Value: two}}})
	case "hangup":
		cause := 16
		if two != "" {
			_, _ = fmt.Sscan(two, &cause)
		}
		s.bus.Publish(&event.Hangup{Channel: s.as(name, func(c *event.Channel) { c.HangupCause = cause })})
	default:
		s.t.Fatalf("no verb %q", verb)
	}
}

// told returns the records, one a line: channel, other, extension, application, disposition.
func (s *scene) told() string {
	var lines []string
	for _, v := range s.done {
		answered := ""
		if !v.Answer.IsZero() {
			answered = " answered"
		}
		lines = append(lines, fmt.Sprintf("%s-%s %s %s %s%s", v.Channel, v.DestinationChannel, v.Destination, v.LastApplication, v.Disposition, answered))
	}
	return strings.Join(lines, "\n")
}

// What the reference writes in the same case was asked of it.
func TestRecords(t *testing.T) {
	for _, c := range []struct {
		name, script, want string
		settings           func(g *Settings)
	}{
		{"a channel alone", "new A\n run A s Wait\n up A\n hangup A", "A- s Wait ANSWERED answered", nil},
		{"unanswered", "new A\n run A s Wait\n hangup A 17", "A- s Wait BUSY", nil},
		{"unanswered and not wanted", "new A\n run A s Wait\n hangup A 17", "", func(g *Settings) { g.Unanswered = false }},
		{"a cause that is none", "new A\n run A s Wait\n hangup A 0", "A- s Wait FAILED", nil},
		{"a call", "new A\n run A s Dial\n out B\n run B s AppDial\n dial A B\n up B\n end A B ANSWER\n up A\n in B b\n in A b\n leave B b\n hangup B\n leave A b\n hangup A",
			"A-B s Dial ANSWERED answered", nil},
		{"a call that is refused, then another step", "new A\n run A s Dial\n out B\n dial A B\n end A B BUSY\n hangup B 17\n run A s NoOp\n hangup A 17",
			"A-B s Dial BUSY\nA- s NoOp BUSY", nil},
		{"who was called is parked", "new A\n run A s Dial\n out B\n run B s AppDial\n dial A B\n up B\n end A B ANSWER\n up A\n in B b\n in A b\n leave B b\n park B 701\n in B lot\n leave A b\n hangup A\n leave B lot\n hangup B",
			"A-B s Dial ANSWERED answered\nB-  Park ANSWERED answered", nil},
		{"who parks itself has one record", "new A\n up A\n run A s Park\n park A 701\n in A lot\n leave A lot\n hangup A", "A- s Park ANSWERED answered", nil},
		{"several at once", "new A\n run A s Dial\n out B\n dial A B\n out C\n dial A C\n end A C CONGESTION\n hangup C 34\n up B\n end A B ANSWER\n up A\n in B b\n in A b\n leave B b\n hangup B\n leave A b\n hangup A",
			"A-B s Dial ANSWERED answered\nA-C s Dial FAILED", nil},
		{"h begins no record", "new A\n run A s Dial\n out B\n dial A B\n up B\n end A B ANSWER\n up A\n in B b\n in A b\n leave B b\n hangup B\n leave A b\n h A\n hangup A",
			"A-B s Dial ANSWERED answered", nil},
		{"h has a record of its own", "new A\n run A s Dial\n out B\n dial A B\n up B\n end A B ANSWER\n up A\n in B b\n in A b\n leave B b\n hangup B\n leave A b\n h A\n hangup A",
			"A-B s Dial ANSWERED answered\nA- h NoOp ANSWERED answered", func(g *Settings) { g.EndBeforeH = false }},
		{"an answer that comes to no bridge", "new A\n run A s Dial\n out B\n dial A B\n up B\n end A B ANSWER\n run A gg Wait\n run B gg Wait\n hangup A\n hangup B",
			"A-B s Dial ANSWERED\nA- gg Wait NO ANSWER\nB- gg Wait ANSWERED answered", nil},
		{"what no call came of stays Dial", "new A\n run A s Dial\n run A s NoOp\n hangup A 34", "A- s Dial FAILED", nil},
		{"three meet", "new A\n run A s Conf\n up A\n new B\n run B s Conf\n up B\n new C\n run C s Conf\n up C\n in A b\n in B b\n in C b\n leave A b\n hangup A\n leave B b\n hangup B\n leave C b\n hangup C",
			"A-B s Conf ANSWERED answered\nA-C s Conf ANSWERED answered\nB-C s Conf ANSWERED answered\nC- s Conf ANSWERED answered", nil},
		{"one meets the others again", "new A\n run A s Conf\n up A\n new B\n run B s Conf\n up B\n in A b\n in B b\n leave A b\n in A b\n leave A b\n hangup A\n leave B b\n hangup B",
			"A-B s Conf ANSWERED answered\nA-B s Conf ANSWERED answered\nB- s Conf ANSWERED answered", nil},
		{"an origination that fails", "out A\n run A s AppDial2\n dial - A\n end - A BUSY\n hangup A 0", "A- s AppDial2 BUSY", nil},
		{"an origination that is answered", "out A\n run A s AppDial2\n dial - A\n up A\n end - A ANSWER\n run A 1000 Echo\n hangup A", "A- 1000 Echo ANSWERED answered", nil},
		{"dials are ignored", "new A\n run A s Dial\n out B\n run B s AppDial\n dial A B\n end A B BUSY\n hangup B 17\n run A s Wait\n up A\n hangup A",
			"A- s Dial ANSWERED answered", func(g *Settings) { g.IgnoreDials = true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.settings)
			s.play(c.script)
			if got := s.told(); got != c.want {
				t.Errorf("told\n%s\nwant\n%s", got, c.want)
			}
			if n := s.ledger.Active(); n != 0 {
				t.Errorf("%d channels are remembered that are gone", n)
			}
		})
	}
}
