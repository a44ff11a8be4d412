package manager

import (
	"crypto/tls"
	"fmt"
)

// TLS is what manager.conf says of connections that are encrypted.
type TLS struct {
	Address          string // host:port; "" serves none
	Certificate, Key string // files
	Ciphers          []uint16
	Least            uint16 // version
	Most             uint16
}

func (t *TLS) config() (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(t.Certificate, t.Key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: t.Least, MaxVersion: t.Most, CipherSuites: t.Ciphers}, nil
}
