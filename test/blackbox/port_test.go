package blackbox_test

import (
	"net"
	"testing"

	"github.com/octothorpe/octothorpe/test/blackbox"
)

// Nobody is given a port twice, though nobody listens there yet, nor one that is taken.
func TestAddressesAreGivenOnce(t *testing.T) {
	given := map[string]bool{}
	for range 300 {
		address := blackbox.Address(t)
		if given[address] {
			t.Fatalf("%s is given twice", address)
		}
		given[address] = true
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
	}
}

// A host is given once; one that can't be had is passed over.
func TestHostsAreGivenOnce(t *testing.T) {
	given := map[string]bool{}
	asked := 0
	for range 100 {
		host := blackbox.Host(t, func(string) bool { asked++; return asked%2 == 0 })
		if given[host] || len(host) != len("127.0.0.1") {
			t.Fatalf("%s is given after %v", host, given)
		}
		given[host] = true
	}
	if asked != 200 {
		t.Errorf("asked %d times, want 200", asked)
	}
}
