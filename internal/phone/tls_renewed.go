package phone

import (
	"crypto/tls"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/logging"
)

// latestTLS is what the transports of TLS use for connections to come, by their names. A
// reload puts in place what the files have by then; connections that are there go on.
type latestTLS struct {
	mu    sync.Mutex
	inUse map[string]*atomic.Pointer[tls.Config]
}

// keep returns what a transport is to be opened with, so that renew reaches it.
func (r *latestTLS) keep(name string, g *tls.Config) *tls.Config {
	now := new(atomic.Pointer[tls.Config])
	now.Store(g)
	r.mu.Lock()
	if r.inUse == nil {
		r.inUse = map[string]*atomic.Pointer[tls.Config]{}
	}
	r.inUse[name] = now
	r.mu.Unlock()
	both := g.Clone()
	both.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		latest := now.Load()
		if latest.GetConfigForClient != nil {
			return latest.GetConfigForClient(hello)
		}
		return latest, nil
	}
	both.GetClientCertificate = func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return now.Load().GetClientCertificate(asked)
	}
	both.VerifyConnection = func(s tls.ConnectionState) error { // of servers; what comes in takes the whole of the latest
		if check := now.Load().VerifyConnection; check != nil {
			return check(s)
		}
		return nil
	}
	return both
}

func (r *latestTLS) renew(name string, g *tls.Config) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.inUse[name]; now != nil {
		now.Store(g)
	}
}

// tlsOf is what a transport uses of TLS; pjsip.conf may name the one version that it speaks.
func (d *Driver) tlsOf(t *Transport) (*tls.Config, error) {
	g, err := tlsConfig(t)
	if err == nil && d.technology == PJSIP {
		t.limitVersion(g)
	}
	return g, err
}

// renewTLS has a transport that stays open take up its certificate as the file is now.
func (d *Driver) renewTLS(t *Transport) {
	if t.Protocol != "tls" || t.unusable {
		return
	}
	g, err := d.tlsOf(t)
	if err != nil {
		d.tell(logging.Error, "Transport '%s' goes on with the certificate that it had: %v", t.Name, err)
		return
	}
	d.latestTLS.renew(t.Name, g)
}
