package phone

import "crypto/tls"

// tlsVersions are the values of method= that mean one version of TLS and no other.
var tlsVersions = map[string]uint16{"tlsv1": tls.VersionTLS10, "tlsv1_1": tls.VersionTLS11, "tlsv1_2": tls.VersionTLS12, "tlsv1_3": tls.VersionTLS13}

// limitVersion has g speak but the version that a transport of pjsip.conf names.
// Where it names none these are 1.2 and later: the reference then speaks 1.0 alone,
// which no peer of today does, and the older protocols are no more.
func (t *Transport) limitVersion(g *tls.Config) {
	if v, ok := tlsVersions[t.Method]; ok {
		g.MinVersion, g.MaxVersion = v, v
	}
}
