package phone

import (
	"crypto/tls"
	"fmt"
	"strings"
)

// cipherNames are OpenSSL's names, which cipher= and tlscipher= have, of the suites
// up to TLS 1.2 that crypto/tls speaks and thinks safe enough. Those of TLS 1.3 are
// not to be chosen: all of them are good.
var cipherNames = []struct {
	name string
	id   uint16
}{
	{"ECDHE-ECDSA-AES256-GCM-SHA384", tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
	{"ECDHE-RSA-AES256-GCM-SHA384", tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
	{"ECDHE-ECDSA-CHACHA20-POLY1305", tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
	{"ECDHE-RSA-CHACHA20-POLY1305", tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
	{"ECDHE-ECDSA-AES128-GCM-SHA256", tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
	{"ECDHE-RSA-AES128-GCM-SHA256", tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	{"ECDHE-ECDSA-AES256-SHA", tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA},
	{"ECDHE-RSA-AES256-SHA", tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA},
	{"ECDHE-ECDSA-AES128-SHA", tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA},
	{"ECDHE-RSA-AES128-SHA", tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA},
}

// ciphers are the suites of a list of names: OpenSSL's, or those of the registry of
// IANA. Names of TLS 1.3 say nothing; what is left may be empty, which is all.
// What OpenSSL reads as a class of suites ("HIGH", "!aNULL") takes none away and is
// returned as unknown, like suites that are not spoken here.
func ciphers(list []string) (ids []uint16, unknown []string) {
	all := tls.CipherSuites()
next:
	for _, name := range list {
		name = strings.TrimSpace(name)
		for _, c := range cipherNames {
			if strings.EqualFold(c.name, name) {
				ids = append(ids, c.id)
				continue next
			}
		}
		for _, c := range all {
			if strings.EqualFold(c.Name, name) {
				if c.SupportedVersions[0] != tls.VersionTLS13 {
					ids = append(ids, c.ID)
				}
				continue next
			}
		}
		if name != "" {
			unknown = append(unknown, name)
		}
	}
	return ids, unknown
}

// setCiphers keeps the names of cipher=; a list in which nothing is known would let
// nobody talk, and is an error.
func setCiphers(v *Transport, names []string) error {
	ids, unknown := ciphers(names)
	v.Ciphers = append(v.Ciphers, names...)
	switch {
	case len(unknown) == 0:
		return nil
	case len(ids) == 0:
		return fmt.Errorf("none of the cipher suites %s is spoken here", strings.Join(unknown, ", "))
	}
	return remark(fmt.Sprintf("the cipher suites %s are not spoken here", strings.Join(unknown, ", ")))
}
