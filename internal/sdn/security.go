package sdn

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
)

// security is what pssl needs, nil for other places: a certificate and its key, and
// who signs those of the switches; "" lets in who has none.
func security(listen, cert, key, ca string) (*tls.Config, error) {
	if !strings.HasPrefix(listen, "pssl:") {
		if cert != "" || key != "" || ca != "" {
			return nil, fmt.Errorf("certificates are for pssl, and switches connect to %s", listen)
		}
		return nil, nil
	}
	for name, file := range map[string]string{"cert": cert, "key": key} {
		if file == "" {
			return nil, fmt.Errorf("pssl needs a certificate and its key, and no %s is named", name)
		}
	}
	certificate, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("pssl needs a certificate and its key: %w", err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !c.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate", ca)
		}
	}
	return c, nil
}
