package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// settings are the flags, as the workers get them.
type settings struct {
	Binary, Script, Release string
	Only                    []string
	Calls, Held, Turns      int
	CallRate                int // while Calls are placed
	Load, Soak              bool
	Rate                    int
	For                     time.Duration
	Profile                 string
}

func main() {
	var err error
	switch role := os.Getenv(roleEnv); role {
	case "":
		err = run()
	case roleBare:
		err = relayBare()
	case roleServe:
		err = serve()
	case roleHub:
		err = serveHub()
	case roleHTTP:
		err = serveBareHTTP()
	default:
		err = work(role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var s settings
	var only string
	flag.StringVar(&s.Binary, "binary", "", "our `program`; it is built if none is given")
	flag.StringVar(&s.Script, "reference", "test/reference/asterisk.sh", "the `script` that runs Asterisk, or none")
	flag.StringVar(&s.Release, "release", "22", "of Asterisk")
	flag.StringVar(&only, "only", "", "measure these `names` only: "+strings.Join(names(), ","))
	flag.IntVar(&s.Calls, "calls", 1500, "calls that are placed to find the cost of one")
	flag.IntVar(&s.CallRate, "call-rate", callRate, "calls a second meanwhile")
	flag.IntVar(&s.Held, "held", 1000, "calls that are held to find the memory of one")
	flag.IntVar(&s.Turns, "turns", 100_000, "of the dialplan's loop")
	flag.BoolVar(&s.Load, "load", false, "place calls at a high rate on ours, too")
	flag.BoolVar(&s.Soak, "soak", false, "have ours carry calls of ten seconds for long, a tenth with sound, and measure nothing else")
	flag.IntVar(&s.Rate, "rate", 0, "calls a second of -load, 1000 if not given, and of -soak, 300")
	flag.DurationVar(&s.For, "for", 0, "how long -load lasts, a minute if not given, and -soak, half an hour")
	flag.StringVar(&s.Profile, "profile", "", "write profiles of ours to this `folder`")
	flag.Parse()
	s.Only = names()
	if s.Soak {
		s.Only, s.Script = nil, "none"
	}
	if s.Rate == 0 {
		s.Rate = map[bool]int{false: 1000, true: 300}[s.Soak]
	}
	if s.For == 0 {
		s.For = map[bool]time.Duration{false: time.Minute, true: 30 * time.Minute}[s.Soak]
	}
	if only != "" {
		s.Only = strings.Split(only, ",")
	}
	for _, name := range s.Only {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("nothing is called %q; there are %s", name, strings.Join(names(), ", "))
		}
	}

	scratch, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if err := s.prepare(scratch); err != nil {
		return err
	}
	measured := map[string]results{}
	var failed error
	for _, role := range []string{roleOurs, roleReference} {
		if role == roleReference && s.Script == "none" {
			continue
		}
		got, err := measure(role, s, filepath.Join(scratch, role))
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", role, err))
		}
		measured[role] = got
	}
	printTable(os.Stdout, measured[roleOurs], measured[roleReference])
	return failed
}

// prepare builds our program and makes paths absolute.
func (s *settings) prepare(scratch string) (err error) {
	if s.Binary == "" {
		s.Binary = filepath.Join(scratch, "octothorpe")
		build := exec.Command("go", "build", "-o", s.Binary, "./cmd/octothorpe")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build our program: %w\n%s", err, out)
		}
	}
	if s.Binary, err = filepath.Abs(s.Binary); err != nil {
		return err
	}
	if s.Profile != "" {
		if s.Profile, err = filepath.Abs(s.Profile); err != nil {
			return err
		}
		if err := os.MkdirAll(s.Profile, 0o755); err != nil {
			return err
		}
	}
	if s.Script == "none" {
		return nil
	}
	s.Script, err = filepath.Abs(s.Script)
	return err
}

// measure runs this program again as a worker, in the network namespace of its server.
func measure(role string, s settings, scratch string) (results, error) {
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return nil, err
	}
	name, err := s.namespace(role)
	if err != nil {
		return nil, err
	}
	remove, err := makeNamespace(name)
	if err != nil {
		return nil, err
	}
	defer remove()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	given, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	out := filepath.Join(scratch, "results.json")
	worker := exec.Command("ip", "netns", "exec", name, self)
	worker.Env = append(os.Environ(), roleEnv+"="+role, settingsEnv+"="+string(given), scratchEnv+"="+scratch, instanceEnv+"="+instance)
	worker.Stdout, worker.Stderr = os.Stderr, os.Stderr
	failed := worker.Run()
	got := results{}
	if text, err := os.ReadFile(out); err == nil {
		failed = errors.Join(failed, json.Unmarshal(text, &got))
	}
	return got, failed
}
