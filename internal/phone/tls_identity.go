package phone

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An identity says which servers a transport believes to be who they say.
type identity struct {
	roots     *x509.CertPool // nil are the system's
	wildcards bool           // allow_wildcard_certs
}

var errNoServerCertificate = errors.New("the server has no certificate")

// verify looks at who answered when we connected: an authority that we trust must
// have signed, and the name must be the one that we called. Unlike Go it takes the
// common name where a certificate has no other, as the reference does: the
// certificates of PBXs are often made so.
func (i identity) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errNoServerCertificate
	}
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	leaf := state.PeerCertificates[0]
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: i.roots, Intermediates: between}); err != nil {
		return fmt.Errorf("certificate of %s: %w", state.ServerName, err)
	}
	return i.names(leaf, state.ServerName)
}

// names reports whether a certificate bears a name.
func (i identity) names(c *x509.Certificate, name string) error {
	bears := &x509.Certificate{DNSNames: c.DNSNames, IPAddresses: c.IPAddresses}
	if len(c.DNSNames) == 0 && len(c.IPAddresses) == 0 {
		if strings.EqualFold(c.Subject.CommonName, name) {
			return nil
		}
		bears.DNSNames = []string{c.Subject.CommonName}
	}
	if err := bears.VerifyHostname(name); err != nil {
		return err
	}
	bears.DNSNames = slices.DeleteFunc(slices.Clone(bears.DNSNames), func(name string) bool { return strings.HasPrefix(name, "*.") })
	if !i.wildcards && bears.VerifyHostname(name) != nil {
		return fmt.Errorf("the certificate bears %s by a wildcard only: allow_wildcard_certs is off", name)
	}
	return nil
}
