package iax

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func settings(t testing.TB, text string) (*Settings, []config.Diagnostic) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, File), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := config.Load(File, config.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return Load(f, nil)
}

// idle is a driver that has no port.
func idle() *Driver {
	d := &Driver{Logger: slog.New(slog.DiscardHandler), mint: newMint(), calls: map[uint16]*call{}, remote: map[origin]*call{},
		perHost: map[netip.Addr]int{}, learnt: map[string]bool{}}
	d.Channels = channel.NewRegistry(event.NewBus(), d.Logger, "")
	d.Hooks.Start = func(c *channel.Channel) { c.End() }
	d.settings.Store(&Settings{perHost: 10, users: []*user{{name: "x", tokens: tokensNever, secrets: []string{"y"}, methods: methodMD5}}})
	return d
}

// side is an exchange with a port.
type side struct {
	*Driver
	came chan *channel.Channel // calls that came in, which the test owns
}

func serve(t *testing.T, text string) *side {
	t.Helper()
	d := &Driver{Logger: slog.New(slog.DiscardHandler)}
	d.Channels = channel.NewRegistry(event.NewBus(), d.Logger, "")
	s := &side{d, make(chan *channel.Channel, 4)}
	d.Hooks = Hooks{Exists: func(_, exten, _ string) bool { return exten != "nowhere" }, Start: func(c *channel.Channel) { s.came <- c },
		Assign: func(c *channel.Channel, name, value string) { c.SetVariable(name, value) }}
	set, problems := settings(t, text)
	for _, p := range problems {
		t.Error(p)
	}
	set.Bind = netip.MustParseAddrPort("127.0.0.1:0")
	d.Configure(set)
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return s
}

// dial calls from one side.
func (s *side) dial(t *testing.T, to string, formats ...*media.Format) *channel.Channel {
	t.Helper()
	c, err := s.Request(t.Context(), channel.Request{Destination: to, Formats: formats})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// incoming waits for a call that comes in.
func (s *side) incoming(t *testing.T) *channel.Channel {
	t.Helper()
	select {
	case c := <-s.came:
		return c
	case <-time.After(30 * time.Second):
		t.Fatal("no call comes in")
		return nil
	}
}

// next waits for a frame that is wanted.
func next(t *testing.T, c *channel.Channel, what string, wanted func(media.Frame) bool) media.Frame {
	t.Helper()
	within, cancel := context.WithTimeout(c.LegContext(), 10*time.Second)
	defer cancel()
	for {
		f, err := c.Read(within)
		if err != nil {
			t.Fatalf("%s did not come: %v", what, err)
		}
		if wanted(f) {
			return f
		}
	}
}

func signalled(s media.Signal) func(media.Frame) bool {
	return func(f media.Frame) bool { return f.Kind == media.Control && f.Signal == s }
}

// ends waits for the end of a leg, and returns its cause.
func ends(t *testing.T, c *channel.Channel) int {
	t.Helper()
	select {
	case <-c.LegContext().Done():
	case <-time.After(30 * time.Second):
		t.Fatal("the leg goes on")
	}
	var why *channel.HangupError
	if !errors.As(context.Cause(c.LegContext()), &why) {
		t.Fatal(context.Cause(c.LegContext()))
	}
	return why.Cause
}

const answering = `[general]
disallow = all
allow = ulaw,gsm

[proven]
type = user
secret = one\;two
auth = md5
context = house
callerid = "Tom" <101>
setvar = COLOUR=red

[plain]
type = user
secret = one
auth = plaintext
context = house

[old]
type = user
secret = one
context = house
requirecalltoken = no

[near]
type = user
context = house
deny = 0.0.0.0/0.0.0.0
permit = 10.0.0.0/255.0.0.0
`

const calling = "[general]\ndisallow = all\nallow = gsm,ulaw\n"

func TestCall(t *testing.T) {
	for _, user := range []string{"proven:two", "plain:one", "old:one"} {
		t.Run(user, func(t *testing.T) {
			there, here := serve(t, answering), serve(t, calling)
			c := here.dial(t, user+"@"+there.Address().String()+"/100", media.ULaw)
			other := there.incoming(t)
			name, _, _ := strings.Cut(user, ":")
			if s := other.Snapshot(); !strings.HasPrefix(s.Name, "IAX2/"+name+"-") || s.Context != "house" || s.Exten != "100" || s.State != event.Ring {
				t.Errorf("it came as %s in %s at %s, %v", s.Name, s.Context, s.Exten, s.State)
			}
			if name == "proven" {
				if v, _ := other.Variable("COLOUR"); v != "red" || other.Caller().Name.Text != "Tom" || other.Caller().Number.Text != "101" {
					t.Errorf("%s calls, of colour %q", other.Caller().Name.Text, v)
				}
			}
			if err := other.Signal(media.Ringing); err != nil {
				t.Fatal(err)
			}
			next(t, c, "the ringing", signalled(media.Ringing))
			if err := other.Answer(); err != nil {
				t.Fatal(err)
			}
			next(t, c, "the answer", signalled(media.Answered))
			if f := c.Leg().WriteFormat(); f != media.ULaw || f != other.Leg().WriteFormat() {
				t.Errorf("they speak %v and %v", f, other.Leg().WriteFormat())
			}
			for i := range 3 { // a full frame, and short ones
				sound := make([]byte, 160)
				sound[0] = byte(i)
				if err := c.Write(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: sound, Samples: 160}); err != nil {
					t.Fatal(err)
				}
				next(t, other, "the sound", func(f media.Frame) bool {
					return f.Kind == media.Voice && f.Format == media.ULaw && f.Samples == 160 && f.Data[0] == byte(i)
				})
			}
			for _, key := range []byte("1#") {
				_ = other.BeginDigit(key)
				_ = other.EndDigit(key, 100*time.Millisecond)
				next(t, c, "the key's down", func(f media.Frame) bool { return f.Kind == media.DTMFBegin && f.Digit == key })
				next(t, c, "the key's up", func(f media.Frame) bool { return f.Kind == media.DTMFEnd && f.Digit == key })
			}
			_ = other.Signal(media.Hold)
			next(t, c, "the hold", signalled(media.Hold))
			_ = c.Leg().(channel.TextSender).SendText("hello")
			next(t, other, "the text", func(f media.Frame) bool { return f.Kind == media.TextFrame && string(f.Data) == "hello" })
			c.Hangup(channel.CauseUserBusy)
			c.End()
			if cause := ends(t, other); cause != channel.CauseUserBusy {
				t.Errorf("the other heard cause %d", cause)
			}
			other.End()
		})
	}
}

// A call that is refused ends with the cause of the far end.
func TestRefusal(t *testing.T) {
	there, here := serve(t, answering), serve(t, calling)
	at := there.Address().String()
	for _, c := range []struct {
		name, to string
		format   *media.Format
		want     int
	}{
		{"a wrong secret", "proven:three@" + at + "/100", media.ULaw, causeNoAuthority},
		{"nobody whom it knows", "stranger:one@" + at + "/100", media.ULaw, causeNoAuthority},
		{"a wrong place", "near@" + at + "/100", media.ULaw, causeNoAuthority},
		{"no such extension", "plain:one@" + at + "/nowhere", media.ULaw, channel.CauseNoRouteDestination},
		{"another context", "plain:one@" + at + "/100@cellar", media.ULaw, causeNoAuthority},
		{"no secret for who asks", "plain@" + at + "/100", media.ULaw, channel.CauseCallRejected},
	} {
		leg := here.dial(t, c.to, c.format)
		if cause := ends(t, leg); cause != c.want {
			t.Errorf("%s: cause %d, want %d", c.name, cause, c.want)
		}
		leg.End()
	}
	if n := len(there.came); n != 0 {
		t.Errorf("%d of them came in", n)
	}
}

// Without a common format there is no call.
func TestNoFormat(t *testing.T) {
	there, here := serve(t, answering), serve(t, "[general]\ndisallow=all\nallow=g722\n[far]\ntype=peer\nhost=127.0.0.1\nsecret=one\nusername=plain\nallow=!all,g722\n")
	p := here.settings.Load().peer("far")
	p.port = there.Address().Port()
	leg := here.dial(t, "far/100", media.G722)
	if cause := ends(t, leg); cause != channel.CauseBearerNotAvailable {
		t.Errorf("cause %d, want %d", cause, channel.CauseBearerNotAvailable)
	}
	leg.End()
}

// Where nobody is the call ends, and nothing of it is left.
func TestNobodyIsThere(t *testing.T) {
	there, here := serve(t, answering), serve(t, calling)
	at := there.Address().String()
	there.Close()
	leg := here.dial(t, "plain:one@"+at+"/100", media.ULaw)
	if cause := ends(t, leg); cause != channel.CauseOutOfOrder {
		t.Errorf("cause %d, want %d", cause, channel.CauseOutOfOrder)
	}
	leg.End()
	here.mu.Lock()
	defer here.mu.Unlock()
	if len(here.calls)+len(here.remote)+len(here.perHost) != 0 {
		t.Errorf("%d calls are left", len(here.calls))
	}
}

// Who proves nothing is known by where it is.
func TestNameWithoutProof(t *testing.T) {
	there, here := serve(t, "[guest]\ntype=user\ncontext=house\n"), serve(t, calling)
	for _, known := range []bool{false, true} {
		want := here.Address().String()
		if known {
			want = "neighbour"
			s := *there.settings.Load()
			s.peers = []*peer{{name: want, host: "127.0.0.1", port: here.Address().Port()}}
			there.settings.Store(&s)
		}
		leg := here.dial(t, "guest@"+there.Address().String()+"/100", media.ULaw)
		other := there.incoming(t)
		if name := other.Name(); !strings.HasPrefix(name, "IAX2/"+want+"-") {
			t.Errorf("it is called %s, want %s", name, want)
		}
		other.Hangup(channel.CauseNormalClearing)
		other.End()
		ends(t, leg)
		leg.End()
	}
}

func TestSettings(t *testing.T) {
	s, problems := settings(t, `[general]
bindaddr = 127.0.0.1
bindport = 4570
encryption = yes
[kim]
type = friend
host = dynamic
auth = rsa
allow = opus
[pat]
type = pear
`)
	if s.Bind.String() != "127.0.0.1:4570" || s.user("kim") == nil || s.peer("kim") == nil || s.user("pat") != nil {
		t.Errorf("read %+v", s)
	}
	var told []string
	for _, p := range problems {
		told = append(told, p.Problem)
	}
	want := "option encryption is known and not honoured yet; auth = rsa: \"rsa\" is not spoken here; option host=dynamic is known and not honoured yet; " +
		"allow = opus: IAX2 carries no opus here; type = pear is not known"
	for _, one := range strings.Split(want, "; ") {
		if !strings.Contains(strings.Join(told, "; "), one) {
			t.Errorf("not told: %s\n%s", one, strings.Join(told, "\n"))
		}
	}
	if _, err := (&Driver{}).requestOf(s, "kim/1"); err == nil {
		t.Error("a peer without an address can be called")
	}
}

// requestOf asks for a leg with settings alone.
func (d *Driver) requestOf(s *Settings, to string) (*channel.Channel, error) {
	d.settings.Store(s)
	return d.Request(context.Background(), channel.Request{Destination: to})
}
