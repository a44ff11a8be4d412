package phone

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
)

// addAuthorities adds the certificates of a PEM file to a pool, also those that
// OpenSSL has marked as trusted, whose marks follow the certificate.
func addAuthorities(pool *x509.CertPool, text []byte) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return
		}
		der := block.Bytes
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE":
		case "TRUSTED CERTIFICATE":
			var certificate asn1.RawValue
			if _, err := asn1.Unmarshal(der, &certificate); err != nil {
				continue
			}
			der = certificate.FullBytes
		default:
			continue
		}
		if c, err := x509.ParseCertificate(der); err == nil {
			pool.AddCert(c)
		}
	}
}
