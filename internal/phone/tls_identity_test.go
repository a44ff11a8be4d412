package phone

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"testing"
)

func TestNamesOfServers(t *testing.T) {
	common := func(name string) *x509.Certificate { return &x509.Certificate{Subject: pkix.Name{CommonName: name}} }
	for _, test := range []struct {
		c         *x509.Certificate
		name      string
		wildcards bool
		good      bool
	}{
		{common("127.0.0.1"), "127.0.0.1", false, true},
		{common("pbx.example.com"), "PBX.example.com", false, true},
		{common("pbx.example.com"), "other.example.com", false, false},
		{common("*.example.com"), "pbx.example.com", false, false},
		{common("*.example.com"), "pbx.example.com", true, true},
		{common(""), "pbx.example.com", true, false},
		{&x509.Certificate{Subject: pkix.Name{CommonName: "pbx.example.com"}, DNSNames: []string{"other.example.com"}}, "pbx.example.com", true, false},
		{&x509.Certificate{DNSNames: []string{"*.example.com"}}, "pbx.example.com", false, false},
		{&x509.Certificate{DNSNames: []string{"*.example.com"}}, "pbx.example.com", true, true},
		{&x509.Certificate{IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)}}, "10.0.0.1", false, true},
	} {
		if err := (identity{wildcards: test.wildcards}).names(test.c, test.name); (err == nil) != test.good {
			t.Errorf("%s of %q %v, wildcards %v: %v", test.name, test.c.Subject.CommonName, test.c.DNSNames, test.wildcards, err)
		}
	}
}
