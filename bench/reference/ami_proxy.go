package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// The proxy in front of the server: the same clients as of ami.go, ten times as many
// of them, and the processor time of the proxy alone.

const (
	proxyAddress = "127.0.0.1:5040"
	proxyConfig  = `listen: [{address: %q}]
upstreams: [{name: server, address: %q, username: bench, secret: bench, events: user}]
users: {bench: {secret: bench, read: all, write: all}}
`
	many     = 10_000 // clients
	manyFor  = 5 * time.Second
	fullRate = 200
)

// startProxy runs the program as a proxy.
func (w *worker) startProxy() (p process, end func() error, err error) {
	path := filepath.Join(w.scratch, "proxy.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, proxyConfig, proxyAddress, managerAddress), 0o600); err != nil {
		return 0, nil, err
	}
	command := exec.Command(w.Binary, "proxy", "-c", path)
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return 0, nil, err
	}
	end = func() error {
		return errors.Join(command.Process.Signal(syscall.SIGTERM), command.Wait())
	}
	for late := time.Now().Add(bootPatience); ; time.Sleep(20 * time.Millisecond) {
		list, err := dialAll(proxyAddress, 1, false, 4096)
		if err == nil {
			err = ask(list, "Action: Getvar\r\nVariable: BENCH", 1, 1) // the server is connected
			hangUp(list)
		}
		if err == nil {
			return process(command.Process.Pid), end, nil
		}
		if time.Now().After(late) {
			return 0, nil, errors.Join(fmt.Errorf("the proxy: %w", err), end())
		}
	}
}

func (w *worker) proxies() (err error) {
	p, end, err := w.startProxy()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	for _, measure := range []func(process) error{w.proxyActions, w.proxyPipeline, w.proxyThousand, w.proxyStalled, w.proxyMany} {
		if err := measure(p); err != nil {
			return err
		}
	}
	return nil
}

// proxyActions are a Ping, which the proxy answers, and a Getvar, which the server does.
func (w *worker) proxyActions(p process) error {
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
		{"ping", proxyAddress, p, "Action: Ping"},
		{"ping-bare", bare.address, bare.process, "Action: Ping"},
		{"getvar", proxyAddress, p, "Action: Getvar\r\nVariable: BENCH"},
	} {
		list, err := dialAll(one.address, askers, false, 4096)
		if err != nil {
			return err
		}
		if err = ask(list, one.action, asked/10, 1); err == nil {
			w.results["proxy-"+one.name], err = w.per(one.process, "", asked, func() error { return ask(list, one.action, asked, 1) })
		}
		hangUp(list)
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return nil
}

func (w *worker) proxyPipeline(process) error {
	list, err := dialAll(proxyAddress, pipelines, false, 1<<16)
	if err != nil {
		return err
	}
	defer hangUp(list)
	n, began := 0, time.Now()
	for time.Since(began) < pipelinedIn {
		const times = pipelines * pipelined * 100
		if err := ask(list, "Action: Ping", times, pipelined); err != nil {
			return err
		}
		n += times
	}
	w.results["proxy-rate"] = float64(n) / time.Since(began).Seconds()
	return nil
}

// proxyThousand is a thousand listeners, and the bare hub's beside.
func (w *worker) proxyThousand(p process) error {
	bare, err := startHub()
	if err != nil {
		return err
	}
	defer bare.end()
	for _, one := range []struct {
		name    string
		address string
		process process
	}{{"", proxyAddress, p}, {"-bare", bare.address, bare.process}} {
		a, err := gather(one.address, listeners)
		if err != nil {
			return err
		}
		sent := 0
		used, err := w.per(one.process, "", listeners, func() (err error) {
			sent, err = a.tell(one.address, fullRate, listenFor)
			return err
		})
		a.end()
		if err != nil {
			return err
		}
		w.results["proxy-event"+one.name] = used / float64(sent)
		w.results["proxy-lag"+one.name] = milliseconds(a.lags.at(0.99))
	}
	w.results["proxy-lag-times"] = w.results["proxy-lag"] / w.results["proxy-lag-bare"]
	return nil
}

// proxyStalled is the lag of 900 before, and while 100 do not read.
func (w *worker) proxyStalled(p process) error {
	a, err := gather(proxyAddress, listeners-stalled)
	if err != nil {
		return err
	}
	defer a.end()
	if _, err := a.tell(proxyAddress, fullRate, manyFor); err != nil {
		return err
	}
	w.results["proxy-lag-before"] = milliseconds(a.lags.at(0.99))
	asleep, err := dialAll(proxyAddress, stalled, true, 16)
	if err != nil {
		return err
	}
	defer hangUp(asleep)
	before, err := p.resident()
	if err != nil {
		return err
	}
	a.lags.clear()
	if _, err := a.tell(proxyAddress, fullRate, manyFor); err != nil {
		return err
	}
	after, err := p.resident()
	w.results["proxy-lag-beside"] = milliseconds(a.lags.at(0.99))
	w.results["proxy-stall-memory"] = float64(after-before) / (1 << 20)
	return err
}

// proxyMany is ten thousand clients: their memory, and events to all of them.
func (w *worker) proxyMany(p process) error {
	a, err := gather(proxyAddress, many)
	if err != nil {
		return err
	}
	defer a.end()
	time.Sleep(3 * time.Second)
	resident, err := p.resident()
	if err != nil {
		return err
	}
	w.results["proxy-idle"] = float64(resident) / (1 << 20)
	sent := 0
	used, err := w.per(p, "", many, func() (err error) {
		sent, err = a.tell(proxyAddress, fullRate, manyFor)
		return err
	})
	if err != nil {
		return err
	}
	w.results["proxy-many"] = used / float64(sent)
	w.results["proxy-many-lag"] = milliseconds(a.lags.at(0.99))
	return nil
}
