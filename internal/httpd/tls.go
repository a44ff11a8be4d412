package httpd

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// TLS is what http.conf and manager.conf say of connections that are encrypted.
type TLS struct {
	Address          string // host:port; "" serves none
	Certificate, Key string // files
	Cipher           string // as written
	ciphers          []uint16
	least            uint16 // version
}

// ReadTLS reads the options of a section whose server listens at bind in the clear,
// and with TLS at port unless tlsbindaddr says otherwise.
func ReadTLS(r *config.Reader, section *config.Section, s *config.SectionReader, bind, port string) TLS {
	enabled, at := s.Bool("tlsenable", false), s.String("tlsbindaddr", "")
	t := TLS{Certificate: s.String("tlscertfile", ""), Key: s.String("tlsprivatekey", ""), Cipher: s.String("tlscipher", ""), least: tls.VersionTLS12}
	s.Meaningless("tlsdisablev1", "tlsdisablev11", "tlsservercipherorder", "tlscafile", "tlscapath", "tlsdontverifyserver")
	// The old versions are not spoken, the order is Go's, and no client is asked for a certificate.
	if s.Bool("tlsdisablev12", false) {
		t.least = tls.VersionTLS13
	}
	if t.Key == "" {
		t.Key = t.Certificate
	}
	if at == "" {
		at = bind
	}
	if host, given, err := net.SplitHostPort(at); err == nil {
		at = net.JoinHostPort(host, given)
	} else {
		at = net.JoinHostPort(strings.Trim(at, "[]"), port)
	}
	e, _ := section.Entry("tlscipher")
	var unknown []string
	t.ciphers, unknown = cipherSuites(t.Cipher)
	switch {
	case t.Cipher != "" && len(t.ciphers) == 0:
		r.Report(config.Warning, e, "leave it out, or name suites like ECDHE-RSA-AES128-GCM-SHA256", "none of the cipher suites of tlscipher is spoken here: those of Go are used")
	case len(unknown) > 0:
		r.Report(config.Warning, e, "", "the cipher suites %s are not spoken here", strings.Join(unknown, " "))
	}
	if e, _ := section.Entry("tlsenable"); enabled && t.Certificate == "" {
		r.Report(config.Error, e, "write tlscertfile=, and tlsprivatekey= if the key is in another file", "TLS is not served without a certificate")
	} else if enabled {
		t.Address = at
	}
	return t
}

// Config reads the certificate and returns what a listener needs. Protocols are those
// to agree on above TLS.
func (t *TLS) Config(protocols ...string) (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(t.Certificate, t.Key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: t.least, CipherSuites: t.ciphers, NextProtos: protocols}, nil //nolint:gosec // at least 1.2
}

// cipherSuites finds the suites of a list in OpenSSL's names, at colons. Those of TLS
// 1.3 can't be chosen, and expressions (HIGH, !aNULL) say nothing here.
func cipherSuites(list string) (ids []uint16, unknown []string) {
	known := map[string]uint16{}
	for _, c := range tls.CipherSuites() {
		known[c.Name], known[openSSLName(c.Name)] = c.ID, c.ID
	}
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ':' || r == ',' || r == ' ' }) {
		switch id, ok := known[strings.ToUpper(name)]; {
		case ok:
			ids = append(ids, id)
		case strings.Contains(name, "-") && !strings.ContainsAny(name, "!+@"):
			unknown = append(unknown, name)
		}
	}
	return ids, unknown
}

// openSSLName makes ECDHE-RSA-AES128-GCM-SHA256 of TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
func openSSLName(name string) string {
	exchange, cipher, _ := strings.Cut(strings.TrimPrefix(name, "TLS_"), "_WITH_")
	cipher = strings.NewReplacer("AES_128", "AES128", "AES_256", "AES256", "_CBC", "", "POLY1305_SHA256", "POLY1305", "_", "-").Replace(cipher)
	if exchange == "RSA" {
		return cipher
	}
	return strings.ReplaceAll(exchange, "_", "-") + "-" + cipher
}
