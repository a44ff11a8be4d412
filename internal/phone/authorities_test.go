package phone

import (
	"crypto/x509"
	"encoding/pem"
	"testing"
)

func TestAuthoritiesThatOpenSSLTrusts(t *testing.T) {
	c, err := ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	der := c.Certificate[0]
	marks := []byte{0x30, 0x02, 0x30, 0x00} // an empty list of uses
	for kind, body := range map[string][]byte{"CERTIFICATE": der, "TRUSTED CERTIFICATE": append(der[:len(der):len(der)], marks...)} {
		pool := x509.NewCertPool()
		addAuthorities(pool, append([]byte("some text\n"), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: body})...))
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	pool := x509.NewCertPool()
	addAuthorities(pool, pem.EncodeToMemory(&pem.Block{Type: "TRUSTED CERTIFICATE", Bytes: []byte{1, 2}}))
	if !pool.Equal(x509.NewCertPool()) {
		t.Error("what is none was added")
	}
}
