package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// The manager interface under load: what an action costs, alone and pipelined, what an
// event costs that a thousand clients listen to, and how late it is; what sessions cost
// that do nothing; and that clients that stop reading cost the others nothing. The same
// clients ask a bare hub, see bareHub, in the same run.

const (
	askers      = 100    // connections that send actions
	asked       = 60_000 // actions of all of them
	pipelined   = 32     // actions that are sent at once
	pipelines   = 16     // connections
	pipelinedIn = 3 * time.Second
	listeners   = 1000
	stalled     = 100
	idle        = 10_000
	listenFor   = 8 * time.Second
)

// amiCosts are measured on a server of their own: whoever listens costs.
var amiCosts = []operation{
	{"ami-ask", "manager actions", (*worker).asks},
	{"ami-login", "manager logins", (*worker).logins},
	{"ami-listen", "manager events", (*worker).listens},
	{"ami-climb", "rates of manager events", (*worker).climbs},
	{"ami-stall", "manager clients that stop reading", (*worker).stalls},
	{"ami-idle", "manager sessions that do nothing", (*worker).idles},
	{"ami-proxy", "the proxy in front of it", (*worker).proxies},
}

// eventRate is how many events a second there are: what each can carry.
func (w *worker) eventRate() int {
	if w.role == roleReference {
		return 20
	}
	return 200
}

// client is a connection that is logged in. Without events it gets none.
type client struct {
	net.Conn
	r *bufio.Reader
}

func dialClient(address string, events bool, buffer int) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &client{conn, bufio.NewReaderSize(conn, buffer)}
	mask := "off"
	if events {
		mask = "user"
	}
	fmt.Fprintf(conn, "Action: Login\r\nUsername: bench\r\nSecret: bench\r\nEvents: %s\r\n\r\n", mask)
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	defer conn.SetReadDeadline(time.Time{})
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("log in: %w", err)
		}
		if line == "\r\n" {
			return c, nil
		}
		if strings.HasPrefix(line, "Response: Error") {
			_ = conn.Close()
			return nil, errors.New("log in: refused")
		}
	}
}

// dialAll connects n clients, some at a time: servers bound who has not logged in.
func dialAll(address string, n int, events bool, buffer int) ([]*client, error) {
	list, errs := make([]*client, n), make([]error, n)
	var all sync.WaitGroup
	turns := make(chan struct{}, 16)
	for i := range n {
		turns <- struct{}{}
		all.Go(func() {
			list[i], errs[i] = dialClient(address, events, buffer)
			<-turns
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		hangUp(list)
		return nil, err
	}
	return list, nil
}

func hangUp(list []*client) {
	for _, c := range list {
		if c != nil {
			_ = c.Close()
		}
	}
}

// answers reads n answers, counting the ends of messages: what asks must cost less
// than what answers.
func (c *client) answers(n int) error {
	for n > 0 {
		if _, err := c.r.Peek(1); err != nil {
			return err
		}
		b, _ := c.r.Peek(c.r.Buffered())
		n -= bytes.Count(b, []byte("\n\r\n"))
		used := len(b)
		if n > 0 && !bytes.HasSuffix(b, []byte("\n\r\n")) {
			used -= min(2, len(b)) // the end may be cut in two
		}
		if bytes.Contains(b, []byte("Response: Error")) {
			return errors.New("an action was refused")
		}
		if used == 0 { // not even that; wait for more
			if _, err := c.r.Peek(len(b) + 1); err != nil {
				return err
			}
		}
		_, _ = c.r.Discard(used)
	}
	return nil
}

// ask has clients send an action so many times, depth at once, and read the answers.
func ask(list []*client, action string, times, depth int) error {
	errs := make([]error, len(list))
	text := []byte(strings.Repeat(action+"\r\n\r\n", depth))
	var all sync.WaitGroup
	for i, c := range list {
		all.Go(func() {
			for range times / len(list) / depth {
				if _, err := c.Write(text); err != nil {
					errs[i] = err
					return
				}
				if err := c.answers(depth); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// asks measures actions, of ours or Asterisk and of the bare hub in turns.
func (w *worker) asks() error {
	bare, err := startHub()
	if err != nil {
		return err
	}
	defer bare.end()
	for _, one := range []struct {
		name    string
		address string
		process process
		action  string
	}{
		{"ping", managerAddress, w.process, "Action: Ping"},
		{"ping-bare", bare.address, bare.process, "Action: Ping"},
		{"getvar", managerAddress, w.process, "Action: Getvar\r\nVariable: BENCH"},
		{"command", managerAddress, w.process, "Action: Command\r\nCommand: core show uptime"},
	} {
		list, err := dialAll(one.address, askers, false, 4096)
		if err != nil {
			return err
		}
		if err = ask(list, one.action, asked/10, 1); err == nil {
			w.results["ami-"+one.name], err = w.per(one.process, "ami-"+one.name, asked, func() error { return ask(list, one.action, asked, 1) })
		}
		hangUp(list)
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	for name, address := range map[string]string{"": managerAddress, "-bare": bare.address} {
		list, err := dialAll(address, pipelines, false, 1<<16)
		if err != nil {
			return err
		}
		process := w.process
		if name != "" {
			process = bare.process
		}
		n, began := 0, time.Now()
		used, err := w.per(process, "ami-pipe"+name, 1, func() error {
			for time.Since(began) < pipelinedIn {
				if err := ask(list, "Action: Ping", pipelines*pipelined*100, pipelined); err != nil {
					return err
				}
				n += pipelines * pipelined * 100
			}
			w.results["ami-rate"+name] = float64(n) / time.Since(began).Seconds()
			return nil
		})
		hangUp(list)
		if err != nil {
			return err
		}
		w.results["ami-pipe"+name] = used / float64(n)
	}
	return nil
}

// per is the processor time of a process for each of n, in microseconds.
func (w *worker) per(p process, name string, n int, do func() error) (float64, error) {
	stop := func() error { return nil }
	if p == w.process {
		var err error
		if stop, err = w.server.profile(name); err != nil {
			return 0, err
		}
	}
	before, err := p.cpu()
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := p.cpu()
	return microseconds(after-before) / float64(n), errors.Join(err, stop())
}

// logins measures clients that connect, log in, ask once and leave.
func (w *worker) logins() error {
	const n = 5000
	list := make([]error, 16)
	used, err := w.per(w.process, "ami-login", n, func() error {
		var all sync.WaitGroup
		for i := range list {
			all.Go(func() {
				for range n / len(list) {
					c, err := dialClient(managerAddress, false, 512)
					if err == nil {
						_, err = io.WriteString(c, "Action: Ping\r\n\r\nAction: Logoff\r\n\r\n")
					}
					if err == nil {
						_, err = io.Copy(io.Discard, c.r)
						_ = c.Close()
					}
					if err != nil {
						list[i] = err
						return
					}
				}
			})
		}
		began := time.Now()
		all.Wait()
		w.results["ami-logins"] = n / time.Since(began).Seconds()
		return errors.Join(list...)
	})
	w.results["ami-login"] = used
	return err
}

// idles measures the memory of sessions that are logged in and do nothing.
func (w *worker) idles() error {
	if w.role == roleReference {
		return nil // has a thread for each, and descriptors below 1,024 (select)
	}
	before, err := w.process.resident()
	if err != nil {
		return err
	}
	list, err := dialAll(managerAddress, idle, true, 16)
	if err != nil {
		return err
	}
	defer hangUp(list)
	time.Sleep(3 * time.Second)
	after, err := w.process.resident()
	w.results["ami-idle"] = float64(after) / (1 << 20)
	w.results["ami-idle-each"] = float64(after-before) / idle / (1 << 10)
	return err
}

// drain reads and forgets.
func drain(c *client) { _, _ = io.Copy(io.Discard, c) }
