package phone

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // dtls_fingerprint=SHA-1 asks for it
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pion/dtls/v3"
)

// The life of a certificate that is made for one call.
const (
	certificateBefore = time.Hour // clocks of phones may be late
	certificateLife   = 30 * 24 * time.Hour
)

// certificate is what an endpoint shows in the DTLS of its media.
func (g *DTLS) certificate() (tls.Certificate, error) {
	if g.CertFile == "" {
		return ephemeral()
	}
	key := g.KeyFile
	if key == "" {
		key = g.CertFile
	}
	c, err := tls.LoadX509KeyPair(g.CertFile, key)
	if err != nil {
		return c, fmt.Errorf("certificate for media: %w", err)
	}
	return c, nil
}

// ephemeral makes a certificate that nobody has signed but itself: its fingerprint in
// the description vouches for it (RFC 8122).
func ephemeral() (c tls.Certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return c, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return c, err
	}
	now := time.Now()
	t := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "octothorpe"},
		NotBefore: now.Add(-certificateBefore), NotAfter: now.Add(certificateLife)}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// fingerprintOf is the fingerprint of a certificate by a hash of RFC 8122 §5.
func fingerprintOf(der []byte, hash string) (string, error) {
	var sum []byte
	switch strings.ToUpper(hash) {
	case "SHA-1":
		s := sha1.Sum(der) //nolint:gosec // see above
		sum = s[:]
	case "SHA-256":
		s := sha256.Sum256(der)
		sum = s[:]
	case "SHA-384":
		s := sha512.Sum384(der)
		sum = s[:]
	case "SHA-512":
		s := sha512.Sum512(der)
		sum = s[:]
	default:
		return "", fmt.Errorf("unknown fingerprint %q", hash)
	}
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return hash + " " + strings.Join(parts, ":"), nil
}

var (
	errFingerprint   = errors.New("the certificate is not the one that the description announced")
	errNoCertificate = errors.New("no certificate")
)

// verifier looks at the certificates of the other side as dtls_verify says. announced
// is the fingerprint that their description has.
func (g *DTLS) verifier(announced string) func(chain [][]byte) error {
	fingerprint := g.Verify && g.VerifyText != "Certificate"
	authority := g.Verify && g.VerifyText != "Fingerprint"
	return func(chain [][]byte) error {
		if !g.Verify {
			return nil
		}
		if len(chain) == 0 {
			return errNoCertificate
		}
		if fingerprint {
			hash, _, _ := strings.Cut(announced, " ")
			got, err := fingerprintOf(chain[0], hash)
			if err != nil {
				return err
			}
			if !strings.EqualFold(got, announced) {
				return errFingerprint
			}
		}
		if authority {
			return g.trusts(chain)
		}
		return nil
	}
}

// trusts reports whether an authority of dtls_ca_file or dtls_ca_path has signed.
func (g *DTLS) trusts(chain [][]byte) error {
	files := []string{}
	if g.CAFile != "" {
		files = append(files, g.CAFile)
	}
	if g.CAPath != "" {
		found, _ := filepath.Glob(filepath.Join(g.CAPath, "*"))
		files = append(files, found...)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("certificates of authorities: %w", err)
		}
		addAuthorities(roots, text)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return fmt.Errorf("certificate of the other side: %w", err)
	}
	for _, der := range chain[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(c)
		}
	}
	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

// dtlsCiphers are the names of dtls_cipher, which are OpenSSL's, that can be had.
var dtlsCiphers = map[string]dtls.CipherSuiteID{
	"ECDHE-ECDSA-AES128-GCM-SHA256": dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-RSA-AES128-GCM-SHA256":   dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-ECDSA-AES256-GCM-SHA384": dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-RSA-AES256-GCM-SHA384":   dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-ECDSA-AES256-SHA":        dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	"ECDHE-RSA-AES256-SHA":          dtls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	"ECDHE-ECDSA-AES128-CCM":        dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
	"ECDHE-ECDSA-AES128-CCM8":       dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
}

// ciphers are those that dtls_cipher names. An error says that none of them can be had.
func (g *DTLS) ciphers() (list []dtls.CipherSuiteID, err error) {
	for _, name := range strings.FieldsFunc(g.Cipher, func(r rune) bool { return r == ':' || r == ',' || r == ' ' }) {
		if id, ok := dtlsCiphers[strings.ToUpper(name)]; ok {
			list = append(list, id)
		} else if word := strings.ToUpper(name); word == "ALL" || word == "DEFAULT" || word == "HIGH" {
			return nil, nil
		}
	}
	if len(list) == 0 && g.Cipher != "" {
		return nil, fmt.Errorf("dtls_cipher: none of %s is known here", g.Cipher)
	}
	return list, nil
}
