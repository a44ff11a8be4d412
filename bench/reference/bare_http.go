package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
)

// serveBareHTTP is the least that an HTTP server in Go can be: a handler that has its answer at
// hand, which comes on standard input after its length. It prints where it listens.
func serveBareHTTP() error {
	var length int
	if _, err := fmt.Fscanln(os.Stdin, &length); err != nil {
		return err
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(os.Stdin, body); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the worker ends
		os.Exit(0)
	}()
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}))
}

func startBareHTTP(body []byte) (*hub, error) {
	return startSelf(roleHTTP, fmt.Appendf(nil, "%d\n%s", len(body), body))
}

// startSelf runs this program in another role, tells it something on its standard input, which stays
// open as long as it is to run, and reads where it listens.
func startSelf(role string, told []byte) (*hub, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), roleEnv+"="+role)
	command.Stderr = os.Stderr
	return startListening(command, told)
}
