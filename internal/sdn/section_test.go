package sdn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	asterisk "github.com/octothorpe/octothorpe/internal/config"
)

// section reads [network] from its lines.
func section(t *testing.T, lines string) (Options, bool, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "asterisk.conf")
	if err := os.WriteFile(path, []byte("[network]\n"+lines), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := asterisk.Load(path, asterisk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, ok, diagnostics := Section(f)
	var all []string
	for _, d := range diagnostics {
		all = append(all, d.String())
	}
	return o, ok, strings.Join(all, "\n")
}

// certificate writes one that signs itself.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// An exchange's network has all that the command has.
func TestTheSectionHasWhatTheCommandHas(t *testing.T) {
	cert, key := certificate(t)
	o, ok, problems := section(t, "faucet=/etc/f.yaml\ngauge=/etc/g.yaml\nlisten=pssl:6653:127.0.0.1\ncert="+cert+"\nkey="+key+"\nca="+cert+
		"\nmetrics=none\nview=none\nevents=/run/x.sock\nheartbeat=5\nstat_reload=yes\ngauge_stat_reload=yes\nauto_revert=yes\n"+
		"cluster=10.0.0.1:6222\npeers=10.0.0.2:6222, 10.0.0.3:6222\nsecret=hush\nid=a\nshards=4\n")
	if !ok || problems != "" {
		t.Fatal(problems)
	}
	if o.Config != "/etc/f.yaml" || o.Gauge != "/etc/g.yaml" || o.TLS == nil || len(o.TLS.Certificates) != 1 || o.TLS.ClientCAs == nil || o.Heartbeat != 5*time.Second ||
		!o.Watch || !o.WatchGauge || !o.AutoRevert || o.Metrics != none || o.View != none || o.Events != "/run/x.sock" {
		t.Errorf("got %+v", o)
	}
	if c := o.Cluster; c.Listen != "10.0.0.1:6222" || !slices.Equal(c.Peers, []string{"10.0.0.2:6222", "10.0.0.3:6222"}) || c.Secret != "hush" || c.ID != "a" || c.Shards != 4 {
		t.Errorf("got %+v", c)
	}
	if o, ok, problems := section(t, "faucet=/etc/f.yaml\nnats=nats://10.0.0.9:4222\n"); !ok || problems != "" || o.Cluster.URL != "nats://10.0.0.9:4222" || o.Cluster.Shards != 1 {
		t.Errorf("got %+v, %s", o.Cluster, problems)
	}
}

func TestSectionsThatCanNotBe(t *testing.T) {
	for lines, want := range map[string]string{
		"listen=6653":      "listen = 6653: it is no such place",
		"listen=pssl:6653": "pssl needs a certificate and its key",
		"cert=/x":          "certificates are for pssl",
		"view=9304":        "view = 9304: it is no host and port",
		"nats=nats://a:4222\ncluster=127.0.0.1:1": "in a NATS cluster of yours or in their own, not in both",
		"peers=127.0.0.1:1":                       "they are those of a node of the controllers' own cluster",
		"cluster=x":                               "x is no host and port",
		"cluster=127.0.0.1:1\npeers=127.0.0.1":    "peers = 127.0.0.1: 127.0.0.1 is no host and port",
		"shards=2":                                "it is not said where they meet",
		"shards=0\ncluster=127.0.0.1:1":           "shards",
		"shard=2":                                 "shard",
	} {
		if _, ok, problems := section(t, "faucet=/f\n"+lines+"\n"); !strings.Contains(problems, want) || ok && lines != "shard=2" && !strings.HasPrefix(lines, "shards=0") {
			t.Errorf("%s: %v, %q", lines, ok, problems)
		}
	}
}
