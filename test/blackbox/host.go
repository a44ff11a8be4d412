package blackbox

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// hosts are what this process has or had: what comes late for one test is no other's.
var hosts sync.Map

// Host is an address of the loopback, as long as 127.0.0.1 is, that no other test is given until this one ends, for exchanges and phones
// whose ports are fixed. free says whether it can be had.
func Host(t testing.TB, free func(host string) bool) string {
	t.Helper()
	for range 10_000 {
		host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(9), 1+rand.IntN(9), 1+rand.IntN(9))
		if _, had := hosts.LoadOrStore(host, true); had {
			continue
		}
		claim, err := net.Listen("unix", "@octothorpe-test-host-"+host)
		if err != nil {
			hosts.Delete(host) // another process may give it back
			continue
		}
		if free(host) {
			t.Cleanup(func() { _ = claim.Close() })
			return host
		}
		_ = claim.Close()
	}
	t.Fatal("no address is free")
	return ""
}
