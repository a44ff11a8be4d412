package phone

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// tlsConfig is what a transport's options say about TLS, for both directions.
func tlsConfig(t *Transport) (*tls.Config, error) {
	certificate, err := t.certificate()
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	g := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // verify_server decides, see identity
	g.CipherSuites, _ = ciphers(t.Ciphers)
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
		addAuthorities(pool, text)
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
	// Shown to every server that asks, also to one that names authorities of which ours is
	// none: whether to believe it is the server's affair, as with the reference.
	g.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil }
	if t.VerifyServer {
		server := g.Clone()
		g.VerifyConnection = identity{g.RootCAs, t.AllowWildcardCerts}.verify
		g.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return server, nil } // ClientAuth looks at clients
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
		//lint:ignore SA1019 a bad way to keep keys, but people's
		if x509.IsEncryptedPEMBlock(block) {
			//lint:ignore SA1019 see above
			der, err := x509.DecryptPEMBlock(block, []byte(password))
			if err != nil {
				return nil, fmt.Errorf("the key can't be read with the password: %w", err)
			}
			block = &pem.Block{Type: block.Type, Bytes: der}
		}
		clear = append(clear, pem.EncodeToMemory(block)...)
	}
}
