package control

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// A throne is taken by word.
type throne struct {
	mu         sync.Mutex
	master     bool
	generation uint64
	changed    chan struct{}
	renews     bool
}

func (x *throne) Term(*config.DP) (bool, uint64, <-chan struct{}) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.master, x.generation, x.changed
}

func (x *throne) Renew(*config.DP) {
	if !x.renews {
		return // the lease is another's
	}
	master, generation, _ := x.Term(nil)
	x.set(master, generation+10)
}

func (x *throne) set(master bool, generation uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.master, x.generation = master, generation
	close(x.changed)
	x.changed = make(chan struct{})
}

// crowned is a controller that drives only when it is told to.
func crowned(t *testing.T, path, listen string) (c *Controller, x *throne, stop func()) {
	t.Helper()
	x = &throne{changed: make(chan struct{})}
	c, err := New(Options{Config: path, Listen: listen, Mastership: x, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-done }) }
	t.Cleanup(stop)
	return c, x, stop
}

// A controller that is no master sends no flow; it can be asked what there is; it
// drives when it is told to and lets go again.
func TestStandbyDrivesNothing(t *testing.T) {
	path := t.TempDir() + "/faucet.yaml"
	write(t, path, simple)
	c, x, _ := crowned(t, path, "ptcp:0:127.0.0.1")
	x.set(false, 7)
	s := newFakeSwitch(1, 4)
	s.connect(t, c.Addr())
	role := func(r openflow.Role, generation uint64) {
		t.Helper()
		s.until(t, fmt.Sprint("role ", r, " of generation ", generation), func() bool { return s.role.Role == r && s.role.GenerationID == generation })
	}
	role(openflow.RoleSlave, 7)
	if look, err := c.Inspect(t.Context(), c.Datapaths()[0]); err != nil || look.Tables != nil || !look.Connected || look.Leads {
		t.Errorf("got %+v, %v", look, err)
	}
	if s.mods != 0 {
		t.Errorf("%d flow messages of who stands by", s.mods)
	}
	x.set(true, 8)
	role(openflow.RoleMaster, 8)
	_, tables := want(t, path, 1, 2, 3, 4)
	s.until(t, "the tables", func() bool { return s.is(tables.Flows) })
	x.set(false, 9)
	role(openflow.RoleSlave, 9)
	mods := s.mods
	x.set(true, 10)
	role(openflow.RoleMaster, 10)
	if look, err := c.Inspect(t.Context(), c.Datapaths()[0]); err != nil || look.Tables == nil || !look.Leads {
		t.Errorf("got %+v, %v", look, err)
	}
	if s.mods != mods {
		t.Errorf("%d flow messages to a switch that has all", s.mods-mods)
	}
}

// thrones are of two leases: switches that are alone, and those of stacks.
type thrones struct{ alone, stacked *throne }

func (x thrones) of(dp *config.DP) *throne {
	if dp.Stack != nil {
		return x.stacked
	}
	return x.alone
}

func (x thrones) Term(dp *config.DP) (bool, uint64, <-chan struct{}) { return x.of(dp).Term(dp) }
func (x thrones) Renew(dp *config.DP)                                { x.of(dp).Renew(dp) }

// A switch that comes into a stack by a reload is of the stack's lease from then on:
// who does not hold that lets go, and who holds it drives the switch although the
// switch has seen a higher generation.
func TestASwitchThatComesIntoAStackHasItsLease(t *testing.T) {
	path := t.TempDir() + "/faucet.yaml"
	const two = "vlans: {office: {vid: 100}}\ndps:\n  sw1:\n    dp_id: 1\n    interfaces: {1: {native_vlan: office}}\n  sw2:\n    dp_id: 2\n    interfaces: {1: {native_vlan: office}}\n"
	write(t, path, two)
	x := thrones{&throne{changed: make(chan struct{})}, &throne{changed: make(chan struct{}), renews: true}}
	c, err := New(Options{Config: path, Listen: "ptcp:0:127.0.0.1", Mastership: x, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	x.alone.set(true, 50)
	x.stacked.set(false, 60)
	s := newFakeSwitch(1, 2)
	s.connect(t, c.Addr())
	s.until(t, "its master", func() bool { return s.role.Role == openflow.RoleMaster && s.mods > 0 })
	eventually(t, "it has all its flows", func() bool {
		look, err := c.Inspect(t.Context(), c.Datapaths()[0])
		return err == nil && look.Tables != nil
	})
	write(t, path, strings.NewReplacer("dp_id: 1", "dp_id: 1\n    stack: {priority: 1}", "office}}\n  sw2", "office}, 2: {stack: {dp: sw2, port: 2}}}\n  sw2",
		"dp_id: 2\n    interfaces: {", "dp_id: 2\n    interfaces: {2: {stack: {dp: sw1, port: 2}}, ").Replace(two))
	mods := 0
	s.until(t, "nothing", func() bool { mods = s.mods; return true })
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	s.until(t, "who stands by", func() bool { return s.role.Role == openflow.RoleSlave && s.role.GenerationID == 60 })
	s.until(t, "no flow of who stands by", func() bool { return s.mods == mods })
	x.stacked.set(true, 55) // which the switch refuses, having seen 60
	s.until(t, "its master", func() bool { return s.role.Role == openflow.RoleMaster && s.role.GenerationID > 60 })
	s.until(t, "flows", func() bool { return s.mods > mods })
}

// Two controllers and an Open vSwitch: one takes over from the other, which dies
// with all it has, and no ping is lost.
func TestAnotherControllerTakesOverUnderTraffic(t *testing.T) {
	n := buildNetwork(t, []string{"10.0.0.1/24", "10.0.0.2/24"}, nil)
	path := n.dir + "/faucet.yaml"
	write(t, path, "vlans: {office: {vid: 100}}\ndps:\n  sw1:\n    dp_id: 1\n    interfaces:\n      1: {native_vlan: office}\n      2: {native_vlan: office}\n")
	_, first, stop := crowned(t, path, "punix:"+n.dir+"/a.sock")
	other, second, _ := crowned(t, path, "punix:"+n.dir+"/b.sock")
	first.set(true, 1)
	second.set(false, 1)
	n.vsctl("set-controller", "br0", "unix:"+n.dir+"/a.sock", "unix:"+n.dir+"/b.sock")
	n.flows(path)
	if !n.ping(1, "10.0.0.2") {
		t.Fatal("the hosts do not reach each other")
	}
	traffic := n.command("ip", "netns", "exec", n.host(1), "ping", "-i", "0.01", "-c", "300", "-W", "2", "10.0.0.2")
	var out strings.Builder
	traffic.Stdout = &out
	if err := traffic.Start(); err != nil {
		t.Fatal(err)
	}
	stop()
	second.set(true, 2)
	eventually(t, "the other drives the switch with what it has learnt", func() bool {
		x, err := other.Inspect(t.Context(), other.Datapaths()[0])
		return err == nil && x.Tables != nil && len(x.Hosts) == 2
	})
	if err := traffic.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	if lost := regexp.MustCompile(`300 packets transmitted, 300 received`); !lost.MatchString(out.String()) {
		t.Errorf("packets were lost:\n%s", out.String()[max(0, out.Len()-300):])
	}
	// Open vSwitch writes down every five seconds who its master is.
	eventually(t, "the switch's master", func() bool {
		return strings.Contains(n.inside(n.ns, "ovs-vsctl", "--db=unix:"+n.dir+"/db.sock", "--columns=role", "list", "controller"), "master")
	})
}

// One that was the master and has not heard of its end is refused by the switch.
func TestStaleMasterIsRefused(t *testing.T) {
	n := buildNetwork(t, []string{"10.0.0.1/24"}, nil)
	path := n.dir + "/faucet.yaml"
	write(t, path, "vlans: {office: {vid: 100}}\ndps:\n  sw1:\n    dp_id: 1\n    interfaces:\n      1: {native_vlan: office}\n")
	stale, first, _ := crowned(t, path, "punix:"+n.dir+"/a.sock")
	_, second, _ := crowned(t, path, "punix:"+n.dir+"/b.sock")
	second.set(true, 5)
	n.vsctl("set-controller", "br0", "unix:"+n.dir+"/b.sock")
	n.flows(path)
	first.set(true, 4)
	n.vsctl("set-controller", "br0", "unix:"+n.dir+"/a.sock", "unix:"+n.dir+"/b.sock")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	eventually(t, "the stale one is connected", func() bool { return len(stale.Sessions()) == 1 })
	if x, err := stale.Inspect(ctx, stale.Datapaths()[0]); err != nil || x.Tables != nil {
		t.Errorf("the stale one drives the switch: %v", err)
	}
	first.set(true, 6)
	eventually(t, "with a generation of today it does", func() bool {
		x, err := stale.Inspect(ctx, stale.Datapaths()[0])
		return err == nil && x.Tables != nil
	})
}
