package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// serveHub is the least that a manager interface in Go can be: a goroutine a client
// that reads, and another that writes what its channel has, one write an event; a Ping
// has a fixed answer. It prints where it listens.
func serveHub() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the worker ends
		os.Exit(0)
	}()
	var h bareHub
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go h.serve(conn)
	}
}

type bareHub struct {
	mu   sync.Mutex
	list []chan []byte
}

const pong = "Response: Success\r\nPing: Pong\r\nTimestamp: 1700000000.000000\r\n\r\n"

func (h *bareHub) serve(conn net.Conn) {
	r := bufio.NewReader(conn)
	var message []byte
	answer := []byte(pong)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(line) > 2 {
			message = append(message, line...)
			continue
		}
		switch {
		case bytes.HasPrefix(message, []byte("Action: UserEvent")):
			event := append(append([]byte("Event: UserEvent\r\nPrivilege: user,all\r\n"), message[bytes.IndexByte(message, '\n')+1:]...), "\r\n"...)
			h.mu.Lock()
			for _, c := range h.list {
				c <- event
			}
			h.mu.Unlock()
		case bytes.Contains(message, []byte("Events: user")):
			events := make(chan []byte, 10_000)
			h.mu.Lock()
			h.list = append(h.list, events)
			h.mu.Unlock()
			go func() {
				for b := range events {
					_, _ = conn.Write(b)
				}
			}()
		}
		message = message[:0]
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// hub is such a process.
type hub struct {
	process
	address string
	end     func()
}

func startHub() (*hub, error) { return startSelf(roleHub, nil) }

func startListening(command *exec.Cmd, told []byte) (*hub, error) {
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
	h := &hub{process: process(command.Process.Pid), end: func() { _ = stdin.Close(); _ = command.Wait() }}
	if _, err := stdin.Write(told); err != nil {
		h.end()
		return nil, err
	}
	if h.address, err = bufio.NewReader(stdout).ReadString('\n'); err != nil {
		h.end()
		return nil, err
	}
	h.address = strings.TrimSpace(h.address)
	return h, nil
}
