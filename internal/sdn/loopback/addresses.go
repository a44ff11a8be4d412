package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// Addresses are n different ones, host:port.
func Addresses(t testing.TB, n int) (list []string) {
	t.Helper()
	host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
	for range n {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // when all are known, so that none comes twice
		list = append(list, l.Addr().String())
	}
	return list
}
