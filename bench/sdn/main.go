package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	oursName, referenceName, bareName = "ours", "Faucet", "bare server"

	bareEnv = "OCTOTHORPE_BENCH_BARE" // makes this program the bare server
)

// row is a line of the table. Its target is at most so much, or at least where
// least is true; 0 is none.
type row struct {
	name, title, unit string
	target            float64
	least             bool
}

var rows = []row{
	{"provision", "200 ports in 100 VLANs, HELLO to the last barrier reply", "ms", 30, false},
	{"provision-flows", "… flow messages", "", 0, false},
	{"many", "100 switches with 48 ports at once", "ms", 300, false},
	{"many-cpu", "… the server's processor time, its start included", "ms", 0, false},
	{"reload", "a rule changed, SIGHUP to the last barrier reply", "ms", 50, false},
	{"reload-flows", "… flow messages", "", 0, false},
	{"learn", "hosts learnt a second", "", 0, false},
	{"learn-core", "… a second of the server's processor time", "", 100_000, true},
	{"learn-lost", "… hosts not learnt", "", 0, false},
	{"paced-rate", "hosts offered a second", "", 0, false},
	{"paced-median", "… half are learnt within", "ms", 0, false},
	{"paced-late", "… 99 % are learnt within", "ms", 5, false},
	{"paced-lost", "… packets not taken", "%", 0, false},
	{"paced-cpu", "… the server's processor time for one", "µs", 0, false},
	{"held", "memory with 1,000 switches", "MiB", 400, false},
	{"held-time", "… all had their tables after", "s", 0, false},
	{"held-cpu", "… of one core, at rest", "%", 0, false},
	{"hosts", "memory with 1,000,000 hosts of ten switches", "MiB", 1000, false},
	{"hosts-learnt", "… hosts learnt", "", 0, false},
	{"hosts-cpu", "… of one core, at rest", "%", 0, false},
}

func main() {
	if address := os.Getenv(bareEnv); address != "" {
		if err := bare(address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func names() (list []string) {
	for _, m := range measurements {
		list = append(list, m.name)
	}
	return list
}

func run() error {
	binary := flag.String("binary", "", "our `program`; it is built if none is given")
	reference := flag.String("reference", os.Getenv("OCTOTHORPE_FAUCET"), "the `script` that runs Faucet (OCTOTHORPE_FAUCET)")
	only := flag.String("only", "", "measure these `names` only: "+strings.Join(names(), ","))
	pin := flag.Bool("pin", false, "let each server have one core (taskset)")
	flag.Parse()
	wanted := names()
	if *only != "" {
		wanted = strings.Split(*only, ",")
	}
	if *binary == "" {
		dir, err := os.MkdirTemp("", "bench-sdn")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		*binary = filepath.Join(dir, "octothorpe")
		build := exec.Command("go", "build", "-trimpath", "-o", *binary, "./cmd/octothorpe")
		build.Env, build.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("building ours: %w", err)
		}
	}
	all := map[string]results{}
	var columns []string
	for _, k := range kinds(*binary, *reference, *pin) {
		columns = append(columns, k.name)
		all[k.name] = results{}
		for _, m := range measurements {
			if !slices.Contains(wanted, m.name) {
				continue
			}
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
			err := m.run(ctx, k, all[k.name])
			cancel()
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			fmt.Fprintln(os.Stderr, k.name, m.name, "done")
		}
	}
	print(os.Stdout, columns, all)
	return nil
}

// kinds are the servers, the bare one and ours first.
func kinds(binary, reference string, pin bool) []kind {
	command := func(name string, args ...string) *exec.Cmd {
		if pin {
			return exec.Command("taskset", append([]string{"-c", "0", name}, args...)...)
		}
		return exec.Command(name, args...)
	}
	list := []kind{
		{bareName, func(_ string, port int) *exec.Cmd {
			c := command("/proc/self/exe")
			c.Path, _ = os.Executable()
			if pin {
				c = command(c.Path)
			}
			c.Env = append(os.Environ(), fmt.Sprintf("%s=127.0.0.1:%d", bareEnv, port))
			return c
		}, 200 * time.Millisecond, false},
		{oursName, func(file string, port int) *exec.Cmd {
			return command(binary, "sdn", "-c", file, "-listen", fmt.Sprintf("ptcp:%d:127.0.0.1", port), "-metrics", "127.0.0.1:0", "-view", "none")
		}, 300 * time.Millisecond, false},
	}
	if reference != "" && reference != "none" {
		list = append(list, kind{referenceName, func(file string, port int) *exec.Cmd {
			return command(reference, "run", file, fmt.Sprint(port))
		}, 4 * time.Second, true})
	}
	return list
}

// print writes what was measured, a line each; a missed target of ours is marked.
func print(out io.Writer, columns []string, all map[string]results) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "operation\tunit\t%s\ttarget\t\t\n", strings.Join(columns, "\t"))
	for _, r := range rows {
		line, any := r.title+"\t"+r.unit, false
		for _, c := range columns {
			v, ok := all[c][r.name]
			any = any || ok
			if ok {
				line += "\t" + short(v)
			} else {
				line += "\t"
			}
		}
		if !any {
			continue
		}
		mark := ""
		if r.target > 0 {
			sign, v := "≤", all[oursName][r.name]
			missed := v > r.target
			if r.least {
				sign, missed = "≥", v < r.target
			}
			if missed {
				mark = "missed"
			}
			line += "\t" + sign + " " + short(r.target)
		} else {
			line += "\t"
		}
		fmt.Fprintf(t, "%s\t%s\t\n", line, mark)
	}
	t.Flush()
}

func short(v float64) string {
	switch {
	case v >= 100 || v == float64(int(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
