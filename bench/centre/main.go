package main

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/bench/inside"
	"github.com/octothorpe/octothorpe/bench/traffic"
)

func main() {
	if config := os.Getenv(configEnv); config != "" {
		if err := inside.Serve(config, func() { fmt.Println("ready") }); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	s := size{}
	flag.IntVar(&s.Agents, "agents", 1000, "how many `agents` there are")
	flag.IntVar(&s.Calls, "calls", 5000, "how many `calls` come in the hour")
	flag.DurationVar(&s.Over, "over", 6*time.Minute, "what the hour is to take: a `time`")
	flag.Uint64Var(&s.Seed, "seed", 1, "a `number` from which comes what the phones do")
	keep := flag.String("keep", "", "a `folder`, not there yet, where the files of the exchange are kept")
	script := flag.String("reference", "", "have Asterisk be the exchange instead of ours: the `path` of test/reference/asterisk.sh")
	release := flag.String("release", "22", "`which` Asterisk")
	flag.Parse()
	var asterisk *reference
	if *script != "" {
		asterisk = &reference{script: *script, release: *release}
		if os.Getenv(withinEnv) == "" {
			if asterisk.enter(os.Args[1:]) != nil {
				os.Exit(1) // it has said why
			}
			return
		}
	}
	report, err := run(s, asterisk, *keep)
	fmt.Print(report)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run has the hour happen and returns what there is to tell of it. The error says which
// calls are not accounted for.
func run(s size, asterisk *reference, keep string) (*report, error) {
	dir, err := os.MkdirTemp("", "octothorpe-centre") // a socket's path must be short
	if err != nil {
		return &report{size: s}, err
	}
	defer func() {
		if keep != "" && os.Rename(dir, keep) == nil {
			return
		}
		_ = os.RemoveAll(dir)
	}()
	r := newReport(s)
	l := newLedger(newPlan(s))
	x, err := newServer(dir)
	if err != nil {
		return r, err
	}
	x.asterisk = asterisk
	if err := l.happen(x, r); err != nil {
		return r, errors.Join(err, x.stop())
	}
	if asterisk != nil {
		if r.cpu, r.memory, err = asterisk.used(); err != nil {
			return r, errors.Join(err, x.stop())
		}
	}
	process := x.command
	if err := x.stop(); err != nil {
		return r, fmt.Errorf("the exchange ended badly: %w", err)
	}
	if asterisk == nil {
		r.cpu, r.memory = used(process.ProcessState)
	}
	return r, l.account(x, r)
}

// places of the phones; nobody listens where they want sound.
var callersAt, agentsAt = netip.MustParseAddrPort("127.0.0.2:0"), netip.MustParseAddrPort("127.0.0.3:0")

// happen has all callers call and returns when everybody has hung up.
func (l *ledger) happen(x *server, r *report) error {
	crew, err := traffic.NewCrew(agentsAt, x.sip, netip.MustParseAddrPort("127.0.0.3:9"), l.conduct, l.agent)
	if err != nil {
		return err
	}
	defer crew.Close()
	crowd, err := traffic.NewCrowd(callersAt, x.sip, netip.MustParseAddrPort("127.0.0.2:9"), l.caller)
	if err != nil {
		return err
	}
	defer crowd.Close()
	s := l.plan.size
	if err := x.start(s.configuration(x.sip, x.manager, crowd.Address(), crew.Address())); err != nil {
		return err
	}
	start := time.Now()
	var callers sync.WaitGroup
	for _, v := range l.plan.visits {
		callers.Go(func() { v.live(start, s, crowd) })
	}
	callers.Wait()
	for end := time.Now().Add(time.Minute); len(crew.Open()) > 0 || crowd.Open() > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			agents := crew.Open()
			return fmt.Errorf("a minute after the last caller hung up %d callers still have calls, and %d agents: %v", crowd.Open(), len(agents), agents[:min(5, len(agents))])
		}
	}
	r.took = time.Since(start)
	return r.figures.ask(x)
}
