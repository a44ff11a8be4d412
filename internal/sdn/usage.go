package sdn

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

const usage = `octothorpe sdn -c faucet.yaml [options]     the controller, until a signal ends it
octothorpe sdn check FILE…                  are they right, faucet.yaml and gauge.yaml? prints them expanded, or the error
octothorpe sdn tables FILE [SWITCH]         the flow tables of a switch, all its ports up, as ovs-ofctl prints them
octothorpe sdn plan [OLD NEW]               what a changed file would do to the switches, flow by flow; without files
                                            what a reload would do now, of a controller that runs
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

options of show, trace and plan:
  -at ADDRESS        where the controller has its page (OCTOTHORPE_SDN_VIEW, 127.0.0.1:9304)
  -json              the same as JSON
  -dp SWITCH         trace: the switch, if there are several
  -c FILE            trace: by the tables of a file, with all ports up and no host known
`

// misuse says what is wrong with a command line, and then how the command is
// written; it returns the exit code.
func misuse(errOut io.Writer, command, format string, args ...any) int {
	fmt.Fprintf(errOut, "octothorpe sdn %s: %s\n\n%s(octothorpe sdn help says all)\n", command, fmt.Sprintf(format, args...), usageOf(command))
	return 2
}

// usageOf are the lines of the usage that tell of one command.
func usageOf(command string) string {
	var said strings.Builder
	inside := false
	for line := range strings.Lines(usage) {
		if line == "\n" {
			break
		}
		if strings.HasPrefix(line, "octothorpe") {
			inside = strings.HasPrefix(line, "octothorpe sdn "+command+" ")
		}
		if inside {
			said.WriteString(line)
		}
	}
	return said.String()
}

// An arity is how many words a command has.
type arity struct {
	lacks map[int]string // what is wrong with so few; WORD in it is the last of them
	most  int            // 0 for any number
	hint  string         // behind those that are too many
}

// parse takes the flags of a command, which stand before and behind its words. When
// it fails the code is that with which the program ends; -h is no failure of anybody.
func parse(f *flag.FlagSet, args []string, wanted arity, out, errOut io.Writer) (words []string, code int, ok bool) {
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	words, err := interspersed(f, args)
	n := len(words)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return nil, 0, false
	case err != nil:
		return nil, misuse(errOut, f.Name(), "%v", err), false
	case wanted.lacks[n] != "":
		lack := wanted.lacks[n]
		if n > 0 {
			lack = strings.ReplaceAll(lack, "WORD", words[n-1])
		}
		return nil, misuse(errOut, f.Name(), "%s", lack), false
	case wanted.most > 0 && n > wanted.most:
		return nil, misuse(errOut, f.Name(), "too many arguments: %q%s", strings.Join(words[wanted.most:], " "), wanted.hint), false
	}
	return words, 0, true
}

// interspersed takes flags before and behind words.
func interspersed(f *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		if f.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, f.Arg(0)), f.Args()[1:]
	}
}
