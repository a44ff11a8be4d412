package sdn

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
)

const usage = `octothorpe sdn -c faucet.yaml [options]     the controller, until a signal ends it
octothorpe sdn check FILE…                  are they right? prints the expanded switches, or the error
octothorpe sdn tables FILE [SWITCH]         the flow tables of a switch, all its ports up, as ovs-ofctl prints them
octothorpe sdn plan OLD NEW                 what a changed file would do to the switches, flow by flow
octothorpe sdn show TABLE [SWITCH]          of a controller that runs: dps, ports, hosts, vlans, routes, bgp, flows, stack
octothorpe sdn trace PORT PACKET            which flows a packet meets that comes by a port, and why; PACKET is a frame in
                                            hexadecimal or fields: eth_src=…,eth_dst=…,tcp,nw_dst=10.0.0.1,tp_dst=80

options:
  -c FILE            the configuration (FAUCET_CONFIG, /etc/faucet/faucet.yaml)
  -g FILE            gauge.yaml: what is counted, and where it goes (GAUGE_CONFIG)
  -listen ADDRESS    where switches connect: ptcp:PORT[:HOST] or pssl:PORT[:HOST] (ptcp:6653)
  -cert, -key, -ca   files in PEM for pssl: our certificate and key, and who signs the switches'
  -metrics ADDRESS   Prometheus (FAUCET_PROMETHEUS_ADDR and _PORT, 0.0.0.0:9302); none to have none
  -view ADDRESS      the page, its REST and WebSocket (127.0.0.1:9304); none to have none
  -events PATH       a Unix socket that tells events (FAUCET_EVENT_SOCK)
  -v                 say more

one of several controllers, of which one drives a switch and the others stand by:
  -nats URL          they meet in a NATS cluster of yours (JetStream)
  -cluster HOST:PORT or in their own, of which this is a node …
  -peers HOST:PORT,… … and these the others; three are needed for one to be lost. OCTOTHORPE_SDN_CLUSTER_SECRET is what all nodes know
  -shards N          the switches are divided into as many parts, which are shared; all controllers say the same number (1)
  -id NAME           of this controller (the machine's, and a random end)

options of show and trace:
  -at ADDRESS        where the controller has its page (OCTOTHORPE_SDN_VIEW, 127.0.0.1:9304)
  -json              the same as JSON
  -dp SWITCH         trace: the switch, if there are several
  -c FILE            trace: by the tables of a file, with all ports up and no host known
`

// Main runs the command; it returns the exit code.
func Main(args []string, out, errOut io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "check":
			return check(args[1:], out, errOut)
		case "tables":
			return tables(args[1:], out, errOut)
		case "plan":
			return plan(args[1:], out, errOut)
		case "show":
			return show(args[1:], out, errOut)
		case "trace":
			return trace(args[1:], out, errOut)
		case "help", "-h", "--help":
			fmt.Fprint(out, usage)
			return 0
		}
	}
	return serve(args, errOut)
}

// check says of each file whether it is right, and stops at the first that is not.
func check(files []string, out, errOut io.Writer) int {
	if len(files) == 0 {
		fmt.Fprint(errOut, usage)
		return 2
	}
	for _, file := range files {
		c, err := config.Load(file)
		if err != nil {
			fmt.Fprintln(errOut, err)
			return 1
		}
		for _, w := range c.Warnings {
			fmt.Fprintln(errOut, "warning:", w)
		}
		for _, dp := range c.DPs {
			text, err := json.MarshalIndent(config.Expand(dp), "", "    ")
			if err != nil {
				fmt.Fprintln(errOut, err)
				return 1
			}
			fmt.Fprintf(out, "%s\n", text)
		}
	}
	return 0
}

// allUp is the state of a switch of which all ports have a link.
func allUp(dp *config.DP) pipeline.State {
	s := pipeline.State{Up: map[uint32]bool{}}
	for _, p := range dp.Ports {
		s.Up[p.Number] = true
	}
	return s
}

func tables(args []string, out, errOut io.Writer) int {
	if len(args) == 0 || len(args) > 2 {
		fmt.Fprint(errOut, usage)
		return 2
	}
	c, err := config.Load(args[0])
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	i := 0
	if len(args) == 2 {
		if i = slices.IndexFunc(c.DPs, func(dp *config.DP) bool { return dp.Name == args[1] }); i < 0 {
			fmt.Fprintf(errOut, "there is no switch %s\n", args[1])
			return 1
		}
	}
	t := pipeline.Build(c.DPs[i], allUp(c.DPs[i]))
	for n, name := range t.Names {
		fmt.Fprintf(out, "# table %d is %s\n", n, name)
	}
	slices.SortStableFunc(t.Flows, func(a, b *pipeline.Flow) int {
		if a.Table != b.Table {
			return int(a.Table) - int(b.Table)
		}
		return int(b.Priority) - int(a.Priority)
	})
	for _, f := range t.Flows {
		fmt.Fprintln(out, f)
	}
	for _, w := range t.Warnings {
		fmt.Fprintln(errOut, "warning:", w)
	}
	return 0
}

// plan prints the difference of two files; 0 if there is none, 1 on an error, 3 if
// there is one.
func plan(args []string, out, errOut io.Writer) int {
	if len(args) != 2 {
		fmt.Fprint(errOut, usage)
		return 2
	}
	var both [2]*config.Config
	for i := range both {
		var err error
		if both[i], err = config.Load(args[i]); err != nil {
			fmt.Fprintln(errOut, err)
			return 1
		}
	}
	code := 0
	named := func(c *config.Config, id uint64) *config.DP {
		for _, dp := range c.DPs {
			if dp.DatapathID() == id {
				return dp
			}
		}
		return nil
	}
	for _, dp := range both[0].DPs {
		if named(both[1], dp.DatapathID()) == nil {
			fmt.Fprintf(out, "%s: is not driven any more\n", dp.Name)
			code = 3
		}
	}
	for _, dp := range both[1].DPs {
		old := named(both[0], dp.DatapathID())
		if old == nil {
			fmt.Fprintf(out, "%s: is new\n", dp.Name)
			code = 3
			continue
		}
		if planOne(out, dp.Name, pipeline.Build(old, allUp(old)), pipeline.Build(dp, allUp(dp))) {
			code = 3
		}
	}
	return code
}

func planOne(out io.Writer, name string, old, new *pipeline.Tables) bool {
	if !slices.Equal(old.Names, new.Names) {
		fmt.Fprintf(out, "%s: cold start: the tables are %v, were %v\n", name, new.Names, old.Names)
		return true
	}
	had, has := map[string]bool{}, map[string]bool{}
	for _, f := range old.Flows {
		had[f.String()] = true
	}
	for _, f := range new.Flows {
		has[f.String()] = true
	}
	different := false
	for _, f := range old.Flows {
		if !has[f.String()] {
			fmt.Fprintf(out, "%s: - %s\n", name, f)
			different = true
		}
	}
	for _, f := range new.Flows {
		if !had[f.String()] {
			fmt.Fprintf(out, "%s: + %s\n", name, f)
			different = true
		}
	}
	return different
}
