package proxy

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
)

// clientTLS is how a server is reached, and a sum of the files that say so: a
// certificate that was renewed is another one.
type clientTLS struct {
	config *tls.Config
	sum    string
}

func (c *Config) clientTLS(t *ClientTLS) (clientTLS, error) {
	if t == nil {
		return clientTLS{}, nil
	}
	sum := sha256.New()
	read := func(name string) ([]byte, error) {
		b, err := os.ReadFile(c.path(name))
		_, _ = sum.Write(b)
		return b, err
	}
	config := &tls.Config{ServerName: t.ServerName, InsecureSkipVerify: t.Insecure, MinVersion: tls.VersionTLS12}
	if t.Authorities != "" {
		b, err := read(t.Authorities)
		if err != nil {
			return clientTLS{}, err
		}
		if config.RootCAs, err = pool(t.Authorities, b); err != nil {
			return clientTLS{}, err
		}
	}
	if t.Certificate != "" {
		certificate, err := read(t.Certificate)
		if err != nil {
			return clientTLS{}, err
		}
		key, err := read(or(t.Key, t.Certificate))
		if err != nil {
			return clientTLS{}, err
		}
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return clientTLS{}, fmt.Errorf("%s: %w", t.Certificate, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return clientTLS{config, hex.EncodeToString(sum.Sum(nil))}, nil
}

func pool(name string, b []byte) (*x509.CertPool, error) {
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s: no certificates", name)
	}
	return p, nil
}

// serverTLS is how clients are met; nil without TLS.
func (c *Config) serverTLS(t *ServerTLS) (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(c.path(t.Certificate), c.path(or(t.Key, t.Certificate)))
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if t.ClientAuthorities != "" {
		b, err := os.ReadFile(c.path(t.ClientAuthorities))
		if err != nil {
			return nil, err
		}
		if config.ClientCAs, err = pool(t.ClientAuthorities, b); err != nil {
			return nil, err
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config, nil
}
