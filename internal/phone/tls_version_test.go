package phone

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// keyed writes a key and its certificate into one file.
func keyed(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	name := filepath.Join(t.TempDir(), "both.pem")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestVersionsOfTLS(t *testing.T) {
	file := keyed(t)
	for method, want := range map[string][]uint16{
		"unspecified": {tls.VersionTLS12, tls.VersionTLS13},
		"sslv23":      {tls.VersionTLS12, tls.VersionTLS13},
		"tlsv1":       {tls.VersionTLS10},
		"tlsv1_1":     {tls.VersionTLS11},
		"tlsv1_2":     {tls.VersionTLS12},
		"tlsv1_3":     {tls.VersionTLS13},
	} {
		m, problems := load(t, PJSIP, "[tls]\ntype=transport\nprotocol=tls\nbind=127.0.0.1\ncert_file="+file+"\nmethod="+method+"\n")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		d := New(Config{Model: m})
		var server *tls.Config
		d.listen = func(_, _ string, o sip.ListenOptions) error { server = o.TLS; return nil }
		if err := d.open(m, m.Transports[0]); err != nil {
			t.Fatal(err)
		}
		var got []uint16
		for v := uint16(tls.VersionTLS10); v <= tls.VersionTLS13; v++ {
			if shakes(server, v) {
				got = append(got, v)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("method=%s speaks %x, want %x", method, got, want)
		}
	}
}

// shakes reports whether a client that speaks but one version is served.
func shakes(server *tls.Config, version uint16) bool {
	ours, theirs := net.Pipe()
	defer ours.Close()
	done := make(chan error, 1)
	go func() {
		done <- tls.Server(theirs, server).Handshake()
		theirs.Close()
	}()
	client := tls.Client(ours, &tls.Config{MinVersion: version, MaxVersion: version, InsecureSkipVerify: true})
	err := client.Handshake()
	ours.Close()
	return <-done == nil && err == nil
}
