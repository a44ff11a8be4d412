package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

const managerAddress = "127.0.0.1:5038"

// login connects to the manager interface, again and again until somebody listens,
// and returns when the server says that it is fully booted.
func login(patience time.Duration) (net.Conn, *bufio.Reader, error) {
	deadline := time.Now().Add(patience)
	var conn net.Conn
	for {
		var err error
		if conn, err = net.Dial("tcp", managerAddress); err == nil {
			break
		}
		if time.Now().After(deadline) {
			return nil, nil, fmt.Errorf("manager interface: %w", err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	_ = conn.SetDeadline(deadline)
	fmt.Fprintf(conn, "Action: Login\r\nUsername: bench\r\nSecret: bench\r\n\r\n")
	r := bufio.NewReaderSize(conn, 1<<16)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			conn.Close()
			return nil, nil, fmt.Errorf("manager interface: %w", err)
		}
		if strings.HasPrefix(line, "Event: FullyBooted") {
			_ = conn.SetDeadline(time.Time{})
			return conn, r, nil
		}
	}
}

// listen is a manager client that reads and forgets all events until it is closed.
func listen() (stop func() (events int64), err error) {
	conn, r, err := login(bootPatience)
	if err != nil {
		return nil, err
	}
	read := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, r)
		read <- n
	}()
	return func() int64 {
		_ = conn.Close()
		return <-read
	}, nil
}
