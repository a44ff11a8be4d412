package main

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// relayBare is the least that a relay in Go can be: for each call two sockets, and
// for each socket a goroutine that reads and has the other socket write. Its
// arguments are the number of calls and where packets go; it prints its ports.
func relayBare() error {
	calls, err := strconv.Atoi(os.Args[1])
	if err != nil {
		return err
	}
	var to [2]netip.AddrPort
	for i := range to {
		if to[i], err = netip.ParseAddrPort(os.Args[2+i]); err != nil {
			return err
		}
	}
	for range calls {
		var conns [2]*net.UDPConn
		for i := range conns {
			if conns[i], err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
				return err
			}
		}
		fmt.Println(conns[0].LocalAddr(), conns[1].LocalAddr())
		for i := range conns {
			go pump(conns[i], conns[1-i], to[1-i])
		}
	}
	fmt.Println("ready")
	_, err = os.Stdin.Read(make([]byte, 1)) // until the worker ends
	_ = err
	return nil
}

func pump(in, out *net.UDPConn, to netip.AddrPort) {
	b := make([]byte, 2048)
	for {
		n, _, err := in.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		_, _ = out.WriteToUDPAddrPort(b[:n], to)
	}
}

// bareRelay is such a process.
type bareRelay struct {
	process
	callers, called []netip.AddrPort // the ports where it takes the packets of each
	end             func()
}

// startBare starts a bare relay: what comes at the callers' ports goes to called.
func startBare(calls int, callers, called netip.AddrPort) (*bareRelay, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self, strconv.Itoa(calls), callers.String(), called.String())
	command.Env = append(os.Environ(), roleEnv+"="+roleBare)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	b := &bareRelay{process: process(command.Process.Pid), end: func() { _ = stdin.Close(); _ = command.Wait() }}
	for lines := bufio.NewScanner(stdout); lines.Scan() && lines.Text() != "ready"; {
		one, other, _ := strings.Cut(lines.Text(), " ")
		for text, list := range map[string]*[]netip.AddrPort{one: &b.callers, other: &b.called} {
			at, err := netip.ParseAddrPort(text)
			if err != nil {
				b.end()
				return nil, err
			}
			*list = append(*list, at)
		}
	}
	if len(b.called) != calls {
		b.end()
		return nil, fmt.Errorf("the bare relay has %d of %d calls", len(b.called), calls)
	}
	return b, nil
}
