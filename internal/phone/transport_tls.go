package phone

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tlsConfig is what a transport's options say about TLS, for both directions.
func tlsConfig(t *Transport) (*tls.Config, error) {
	certificate, err := t.certificate()
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	g := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, InsecureSkipVerify: !t.VerifyServer} //nolint:gosec // verify_server decides
	g.CipherSuites, _ = ciphers(t.Ciphers)
	if t.VerifyServer && !t.AllowWildcardCerts {
		g.VerifyConnection = refuseWildcard
	}
	pool := x509.NewCertPool()
	files := []string{}
	if t.CAFile != "" {
		files = append(files, t.CAFile)
	}
	if t.CAPath != "" {
		found, _ := filepath.Glob(filepath.Join(t.CAPath, "*"))
		files = append(files, found...)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("certificates of authorities: %w", err)
		}
		pool.AppendCertsFromPEM(text)
	}
	if len(files) > 0 {
		g.RootCAs, g.ClientCAs = pool, pool
	}
	switch {
	case t.RequireClientCert && t.VerifyClient:
		g.ClientAuth = tls.RequireAndVerifyClientCert
	case t.RequireClientCert:
		g.ClientAuth = tls.RequireAnyClientCert
	case t.VerifyClient:
		g.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return g, nil
}

// certificate reads a transport's certificate and key; the key may need a password.
func (t *Transport) certificate() (tls.Certificate, error) {
	chain, err := os.ReadFile(t.CertFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key := chain
	if t.KeyFile != "" {
		if key, err = os.ReadFile(t.KeyFile); err != nil {
			return tls.Certificate{}, err
		}
	}
	if key, err = unlocked(key, t.KeyPassword); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(chain, key)
}

// unlocked is a PEM text with its encrypted key (RFC 1423) in the clear. Keys
// encrypted in the way of PKCS #8 can't be read.
func unlocked(text []byte, password string) ([]byte, error) {
	var clear []byte
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return clear, nil
		}
		text = rest
		if block.Type == "ENCRYPTED PRIVATE KEY" {
			return nil, fmt.Errorf("the key is encrypted as PKCS #8 does, which is not built: `openssl rsa -traditional -aes256` writes one that can be read")
		}
		if x509.IsEncryptedPEMBlock(block) { //nolint:staticcheck // a bad way to keep keys, but people's
			der, err := x509.DecryptPEMBlock(block, []byte(password)) //nolint:staticcheck // see above
			if err != nil {
				return nil, fmt.Errorf("the key can't be read with the password: %w", err)
			}
			block = &pem.Block{Type: block.Type, Bytes: der}
		}
		clear = append(clear, pem.EncodeToMemory(block)...)
	}
}

// refuseWildcard refuses a server whose certificate bears its name by *.example.com
// alone, which allow_wildcard_certs would allow.
func refuseWildcard(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	c := state.PeerCertificates[0]
	if c.VerifyHostname(state.ServerName) != nil {
		return nil // somebody else's certificate is refused elsewhere; one of a client names no host
	}
	plain := slices.DeleteFunc(slices.Clone(c.DNSNames), func(name string) bool { return strings.HasPrefix(name, "*.") })
	if (&x509.Certificate{DNSNames: plain, IPAddresses: c.IPAddresses}).VerifyHostname(state.ServerName) != nil {
		return fmt.Errorf("the certificate bears %s by a wildcard only: allow_wildcard_certs is off", state.ServerName)
	}
	return nil
}
