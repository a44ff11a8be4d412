package queue

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/internal/store"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testPlan is a dialplan that has the extensions of exits, and keeps what was asked of it.
type testPlan struct {
	mu    sync.Mutex
	exits map[string]bool
	went  []string
}

func (p *testPlan) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.went = append(p.went, text)
}

func (p *testPlan) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.went, " ")
}

func (p *testPlan) Subroutine(_ context.Context, c *channel.Channel, place string) error {
	p.note(c.Name() + "=" + place)
	return nil
}
func (p *testPlan) Exists(l channel.Location, _ string) bool { return p.exits[l.Exten] }
func (p *testPlan) CanMatch(_, digits, _ string) bool {
	for exten := range p.exits {
		if strings.HasPrefix(exten, digits) {
			return true
		}
	}
	return false
}
func (p *testPlan) Goto(_ *channel.Channel, place string) error { p.note(place); return nil }
func (p *testPlan) Resolve(*channel.Channel, string) (channel.Location, error) {
	return channel.Location{}, nil
}
func (p *testPlan) Expand(_ context.Context, _ *channel.Channel, text string) string { return text }
func (p *testPlan) Execute(_ context.Context, c *channel.Channel, application, data string) error {
	p.note(c.Name() + " " + application + "(" + data + ")")
	return nil
}
func (p *testPlan) Start(c *channel.Channel)    { c.End() }
func (p *testPlan) Run(c *channel.Channel)      { c.End() }
func (p *testPlan) Farewell(c *channel.Channel) {}

// testVoice takes a second for each prompt, and keeps what was said and when.
type testVoice struct {
	began time.Time
	mu    sync.Mutex
	said  []string
}

func (v *testVoice) Prompt(ctx context.Context, _ *channel.Channel, name, _ string) (byte, error) {
	v.mu.Lock()
	v.said = append(v.said, fmt.Sprintf("%d:%s", int(time.Since(v.began)/time.Second), name))
	v.mu.Unlock()
	select {
	case <-time.After(time.Second):
		return 0, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
func (v *testVoice) Number(ctx context.Context, c *channel.Channel, n int, keys string) (byte, error) {
	return v.Prompt(ctx, c, number(n), keys)
}
func (v *testVoice) Music(string, *channel.Channel) (channel.Source, error) {
	return nil, os.ErrNotExist
}
func (v *testVoice) heard() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Join(v.said, " ")
}

// testDevices has devices of the test's technology in use while a leg of theirs is there.
type testDevices struct {
	x   *channeltest.Exchange
	mu  sync.Mutex
	set map[string]string
}

func (d *testDevices) Device(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, ok := d.set[name]; ok {
		return s
	}
	if c := d.x.Made(strings.TrimPrefix(name, "Test/")); c != nil && !c.HungUp() {
		return state.InUse
	}
	return state.NotInUse
}
func (d *testDevices) Extension(string, string) (string, bool) { return "", false }
func (d *testDevices) Look(string)                             {}
func (d *testDevices) put(name, to string) {
	d.mu.Lock()
	d.set[name] = to
	d.mu.Unlock()
	d.x.Bus.Publish(&event.DeviceStateChange{Device: name, State: to})
}

// testBase is AstDB.
type testBase struct {
	mu   sync.Mutex
	kept map[string]string
}

func (b *testBase) Put(family, key, value string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept["/"+family+"/"+key] = value
	return nil
}
func (b *testBase) Del(family, key string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.kept, "/"+family+"/"+key)
	return true, nil
}
func (b *testBase) Walk(prefix string, f func(store.Entry) bool) {
	for key, value := range b.kept {
		if strings.HasPrefix(key, "/"+prefix) {
			f(store.Entry{Key: key, Value: value})
		}
	}
}

// testHouse is an exchange with queues and members "Test/…" who behave as their names say:
// yes answers after a second and talks for ten, soon answers at once, no never answers,
// busy is so at once.
type testHouse struct {
	*House
	x       *channeltest.Exchange
	plan    *testPlan
	voice   *testVoice
	devices *testDevices
	base    *testBase
	told    *channeltest.Record
	log     string
}

func behave(destination string, c *channeltest.Channel) {
	talk := func() {
		c.Accept()
		select {
		case <-time.After(10 * time.Second):
		case <-c.LegContext().Done():
		}
		c.RemoteHangup(channel.CauseNormalClearing)
	}
	switch {
	case strings.HasPrefix(destination, "yes"):
		time.Sleep(time.Second)
		if !c.HungUp() {
			talk()
		}
	case strings.HasPrefix(destination, "soon"):
		talk()
	case strings.HasPrefix(destination, "agent"): // of a call centre
		chance := rand.New(rand.NewPCG(uint64(len(destination)), uint64(time.Now().UnixNano())))
		time.Sleep(time.Duration(1+chance.IntN(20)) * time.Second) // some are too late
		if c.HungUp() {
			return
		}
		c.Accept()
		select {
		case <-time.After(time.Duration(30+chance.IntN(600)) * time.Second):
		case <-c.LegContext().Done():
		}
		c.RemoteHangup(channel.CauseNormalClearing)
	case strings.HasPrefix(destination, "busy"):
		c.Signal(media.Busy)
	}
}

func parse(t testing.TB, name, text string) *config.File {
	t.Helper()
	f, err := config.Parse(name, []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func in(t *testing.T, queues, rules string, test func(t *testing.T, h *testHouse)) {
	t.Helper()
	folder := t.TempDir()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		x.Register(&channeltest.Driver{Exchange: x, Behave: behave})
		h := &testHouse{x: x, plan: &testPlan{exits: map[string]bool{"2": true, "35": true}}, voice: &testVoice{began: time.Now()}}
		h.devices = &testDevices{x: x, set: map[string]string{}}
		h.base = &testBase{kept: map[string]string{}}
		x.Touched = func(name string) {
			device := name
			x.Bus.Publish(&event.DeviceStateChange{Device: device, State: ""})
		}
		log := NewLog(func(err error) { t.Error(err) })
		log.Configure(LogSettings{Folder: folder})
		h.log = filepath.Join(folder, "queue_log")
		logger := slog.New(slog.DiscardHandler)
		h.House = &House{Calls: &call.Calls{Channels: x.Registry, Bridges: bridge.NewRegistry(x.Registry), Dialplan: callPlan{h.plan}, Logger: logger},
			Dialplan: h.plan, Voice: h.voice, Devices: h.devices, Database: h.base, Logger: logger, Log: log}
		h.told = channeltest.Listen(t, x.Bus, event.KindGeneric)
		if rules != "" {
			r, problems := ReadRules(parse(t, "queuerules.conf", rules))
			if len(problems) > 0 {
				t.Error(problems)
			}
			h.ConfigureRules(r)
		}
		f, problems := Read(parse(t, "queues.conf", queues))
		if len(problems) > 0 {
			t.Error(problems)
		}
		h.Configure(f, Everything, "")
		h.Restore()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); h.Run(ctx) }()
		synctest.Wait()
		test(t, h)
		for _, c := range x.All() {
			c.Hangup(channel.CauseNormalClearing)
		}
		time.Sleep(time.Minute) // of the test's own time: all calls have ended
		cancel()
		<-ended
		log.Close()
	})
}

// callPlan is testPlan as calls want to see it.
type callPlan struct{ *testPlan }

func (p callPlan) Exists(channel.Location, string) bool { return false }

// call has a new caller run Queue and returns it. done is closed when the application
// has returned.
func (h *testHouse) call(t *testing.T, args string, variables ...string) (c *channeltest.Channel, done chan error) {
	t.Helper()
	c = h.x.Leg(t, &channeltest.Leg{})
	for i := 0; i+1 < len(variables); i += 2 {
		c.SetVariable(variables[i], variables[i+1])
	}
	done = make(chan error, 1)
	h.x.Go(c.Name(), func() {
		defer c.End()
		done <- h.queueApp(c.Context(), c.Channel, args)
	})
	return c, done
}

// called lists the members who were called, with the second of the test.
func (h *testHouse) called() string {
	var list []string
	for _, e := range h.told.Events() {
		if g, ok := e.Event.(*event.Generic); ok && g.Name == "AgentCalled" {
			list = append(list, fmt.Sprintf("%d:%s", int(e.Time.Sub(h.voice.began)/time.Second), strings.TrimPrefix(get(g, "Interface"), "Test/")))
		}
	}
	return strings.Join(list, " ")
}

func get(g *event.Generic, name string) string {
	for _, v := range g.Fields {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// lines are those of queue_log without their times, once they are written.
func (h *testHouse) lines(t *testing.T) string {
	t.Helper()
	time.Sleep(time.Millisecond)
	text, err := os.ReadFile(h.log)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		parts := strings.SplitN(line, "|", 4)
		list = append(list, parts[3])
	}
	return strings.Join(list, "\n")
}

func variable(c *channeltest.Channel, name string) string {
	v, _ := c.Variable(name)
	return v
}
