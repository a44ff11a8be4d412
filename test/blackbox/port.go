package blackbox

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// The ports that Address gives lie outside of those of RTP in tests and of those that the system hands out by itself: no
// connection that somebody makes in the meantime takes one.
const (
	firstPort = 6200
	lastPort  = 7999
)

// Address is 127.0.0.1 with a port that is free for UDP and TCP, and that no other test is given until this one ends. It is
// claimed by an abstract socket, which is the network namespace's, as ports are.
func Address(t testing.TB) string {
	t.Helper()
	const all = lastPort - firstPort + 1
	from := rand.IntN(all)
	for i := range all {
		port := firstPort + (from+i)%all
		claim, err := net.Listen("unix", fmt.Sprintf("@octothorpe-test-port-%d", port))
		if err != nil {
			continue
		}
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if unused(address) {
			t.Cleanup(func() { _ = claim.Close() })
			return address
		}
		_ = claim.Close()
	}
	t.Fatal("no port is free")
	return ""
}

// Port is the port of an Address.
func Port(t testing.TB) int {
	t.Helper()
	_, text, _ := net.SplitHostPort(Address(t))
	port, _ := strconv.Atoi(text)
	return port
}

func unused(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer func() { _ = l.Close() }()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	return c.Close() == nil
}
