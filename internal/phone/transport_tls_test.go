package phone

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certified writes a certificate for a name, its own authority, and its key, which
// is encrypted with a password unless that is empty.
func certified(t *testing.T, name, password string) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalECPrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	block := &pem.Block{Type: "EC PRIVATE KEY", Bytes: text}
	if password != "" {
		//lint:ignore SA1019 see unlocked
		if block, err = x509.EncryptPEMBlock(rand.Reader, block.Type, text, []byte(password), x509.PEMCipherAES256); err != nil {
			t.Fatal(err)
		}
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: block} {
		if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTLSKeyWithPassword(t *testing.T) {
	cert, key := certified(t, "pbx.example.com", "secret")
	for password, good := range map[string]bool{"secret": true, "wrong": false, "": false} {
		_, err := tlsConfig(&Transport{CertFile: cert, KeyFile: key, KeyPassword: password})
		if (err == nil) != good {
			t.Errorf("password %q: %v", password, err)
		}
	}
	if _, err := unlocked(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}), "x"); err == nil {
		t.Error("a key that can't be read is taken")
	}
}

// A server that bears its name by a wildcard alone is taken only with allow_wildcard_certs.
func TestWildcardCertificates(t *testing.T) {
	for _, c := range []struct {
		name  string
		allow bool
		good  bool
	}{{"*.example.com", false, false}, {"*.example.com", true, true}, {"sip.example.com", false, true}} {
		cert, key := certified(t, c.name, "")
		transport := &Transport{CertFile: cert, KeyFile: key, CAFile: cert, VerifyServer: true, AllowWildcardCerts: c.allow}
		config, err := tlsConfig(transport)
		if err != nil {
			t.Fatal(err)
		}
		ours := config.Clone()
		ours.ServerName = "sip.example.com"
		if err := handshake(t, config, ours); (err == nil) != c.good {
			t.Errorf("%s, allow_wildcard_certs %v: %v", c.name, c.allow, err)
		}
	}
}

// handshake connects a client with a server on the loopback and returns what the
// client says.
func handshake(t *testing.T, server, client *tls.Config) error {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		if c, err := l.Accept(); err == nil {
			_ = tls.Server(c, server).Handshake()
			_ = c.Close()
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	err = tls.Client(c, client).Handshake()
	_ = c.Close()
	<-served
	return err
}

// cipher= limits what is spoken up to TLS 1.2; a name that is not spoken is told.
func TestCiphers(t *testing.T) {
	cert, key := certified(t, "pbx.example.com", "")
	var v Transport
	err := setCiphers(&v, []string{"ECDHE-ECDSA-AES128-GCM-SHA256", "DHE-RSA-AES256-SHA", "TLS_AES_128_GCM_SHA256"})
	if r, ok := err.(remark); !ok || !strings.Contains(string(r), "DHE-RSA-AES256-SHA") {
		t.Errorf("remark %v", err)
	}
	v.CertFile, v.KeyFile = cert, key
	config, err := tlsConfig(&v)
	if err != nil {
		t.Fatal(err)
	}
	for suite, good := range map[uint16]bool{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: false} {
		client := &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}, InsecureSkipVerify: true} //nolint:gosec // a test of suites
		if err := handshake(t, config, client); (err == nil) != good {
			t.Errorf("%s: %v", tls.CipherSuiteName(suite), err)
		}
	}
	if err := setCiphers(&Transport{}, []string{"RC4-MD5"}); err == nil {
		t.Error("a list of which nothing is spoken is taken")
	}
}
