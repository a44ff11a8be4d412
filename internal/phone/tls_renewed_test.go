package phone

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// A certificate that was renewed is shown after a reload, as by Asterisk 22 with and without
// allow_reload; who is connected stays so, and rubbish in the file changes nothing.
func TestCertificatesAreRenewedByAReload(t *testing.T) {
	cert, key := certified(t, "one", "")
	conf := "[tls]\ntype=transport\nprotocol=tls\nbind=127.0.0.1:5061\ncert_file=" + cert + "\npriv_key_file=" + key + "\n"
	m, problems := load(t, PJSIP, conf)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d := New(Config{Model: m})
	d.newSessions = nil
	d.listen = func(network, _ string, o sip.ListenOptions) error {
		_, err := d.stack.Listen(network, "127.0.0.1:0", o)
		return err
	}
	if err := d.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	open := d.stack.Transports()[0]
	m.Transports[0].Bind = open.Local()
	shown := func() string {
		c, err := tls.Dial("tcp", open.Local().String(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the name is looked at
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	reload := func() {
		next, _ := load(t, PJSIP, conf)
		next.Transports[0].Bind = open.Local()
		if err := d.reopenTransports(m, next); err != nil {
			t.Error(err)
		}
	}
	if name := shown(); name != "one" {
		t.Fatalf("the certificate is of %q", name)
	}
	newCert, newKey := certified(t, "two", "")
	for from, to := range map[string]string{newCert: cert, newKey: key} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	if reload(); shown() != "two" {
		t.Errorf("after a reload the certificate is of %q, want two", shown())
	}
	if err := os.WriteFile(cert, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if reload(); shown() != "two" {
		t.Errorf("rubbish in the file leaves the certificate of %q, want two", shown())
	}
}

// Servers are judged by the authorities of the last reload.
func TestRenewedAuthoritiesJudgeServers(t *testing.T) {
	stranger := errors.New("of no authority")
	var r latestTLS
	both := r.keep("tls", &tls.Config{VerifyConnection: func(tls.ConnectionState) error { return stranger }})
	if err := both.VerifyConnection(tls.ConnectionState{}); !errors.Is(err, stranger) {
		t.Errorf("before the reload: %v", err)
	}
	r.renew("tls", &tls.Config{})
	if err := both.VerifyConnection(tls.ConnectionState{}); err != nil {
		t.Errorf("after it: %v", err)
	}
}
