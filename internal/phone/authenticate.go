package phone

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// verdict is what came of looking at a request's credentials.
type verdict uint8

const (
	noCredentials verdict = iota
	wrongCredentials
	staleNonce
	proven
)

// secretOf is what an auth knows, for package sip.
func secretOf(a *Auth) sip.Secret {
	s := sip.Secret{Username: a.Username, Password: a.Password, MD5: a.Digests["MD5"],
		SHA256: a.Digests["SHA-256"], SHA512256: a.Digests["SHA-512-256"]}
	if a.Type == "md5" {
		s.Password = ""
	}
	if s.MD5 == "" {
		s.MD5 = a.MD5
	}
	return s
}

// realm is the realm of an inbound auth's challenge.
func (m *Model) realm(a *Auth) string {
	if a.Realm != "" {
		return a.Realm
	}
	return m.Global.Realm
}

// algorithms are those that a challenge for an auth offers, best first.
func (m *Model) algorithms(a *Auth) []string {
	for _, list := range [...][]string{a.AlgorithmsUAS, m.Global.AlgorithmsUAS} {
		if slices.ContainsFunc(list, unknownAlgorithm) {
			list = slices.DeleteFunc(slices.Clone(list), unknownAlgorithm)
		}
		if len(list) > 0 {
			return list
		}
	}
	return justMD5
}

var justMD5 = []string{"MD5"}

func unknownAlgorithm(name string) bool { return !sip.KnownAlgorithm(name) }

// maxCredentials is how many Authorization headers of a request are looked at: as
// many as a client sends that answers several realms in several algorithms.
const maxCredentials = 10

// offered reports whether a challenge for an auth offers the algorithm that
// credentials are in. chan_sip offers MD5 and, like the reference, does not look
// at what the client calls it.
func (d *Driver) offered(m *Model, a *Auth, c *sip.Credentials) bool {
	if d.technology == SIP {
		c.Algorithm = ""
		return c.URI != ""
	}
	name := choose(c.Algorithm == "", "MD5", c.Algorithm)
	return slices.ContainsFunc(m.algorithms(a), func(known string) bool { return strings.EqualFold(known, name) })
}

// verify checks a request's credentials against auths. It takes about the same
// time whatever is wrong with them, and for unknown users, too. Like the reference
// it does not compare the URI of the digest with that of the request, which
// proxies rewrite.
func (d *Driver) verify(m *Model, auths []*Auth, r *sip.Message) (verdict, sip.Credentials) {
	v, last := noCredentials, sip.Credentials{}
	headers := r.All("Authorization")
	for _, header := range headers[:min(len(headers), maxCredentials)] {
		c, ok := sip.ParseCredentials(header)
		if !ok {
			continue
		}
		for _, a := range auths {
			if c.Realm != m.realm(a) {
				continue
			}
			v, last = max(v, wrongCredentials), c
			if !d.offered(m, a, &c) || !c.Check(secretOf(a), r.Method) || a == artificial {
				continue
			}
			if !d.noncesFor(a.NonceLifetime).Use(c.Nonce, c.NC) {
				v = max(v, staleNonce)
				continue
			}
			return proven, c
		}
	}
	return v, last
}

// noncesFor returns the nonces of a lifetime. There are as many as the
// configuration has lifetimes.
func (d *Driver) noncesFor(life time.Duration) *sip.Nonces {
	if life <= 0 {
		life = 32 * time.Second
	}
	if n, ok := d.nonces.Load(life); ok {
		return n.(*sip.Nonces)
	}
	n, _ := d.nonces.LoadOrStore(life, sip.NewNonces(life))
	return n.(*sip.Nonces)
}

// artificial stands for the auth of an account that does not exist, so that
// nobody learns which ones do. Nothing proves to be it: verify sees to that.
var artificial = &Auth{Username: "\x00", Password: "\x00", NonceLifetime: 32 * time.Second}

// authenticate lets a request pass whose sender knows the endpoint's secret. It
// answers all others and reports false. A nil endpoint is an unknown sender.
func (d *Driver) authenticate(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) bool {
	var room [4]*Auth
	auths, account := append(room[:0], artificial), "<unknown>"
	if e != nil {
		account = e.Name
		if auths = m.auths(room[:0], e); len(e.Auths) == 0 {
			return true
		}
	}
	v, c := d.verify(m, auths, r)
	d.authTestEvent(m, auths, v)
	switch v {
	case proven:
		d.security("SuccessfulAuth", informational, account, r, event.Variable{Name: "UsingPassword", Value: "1"})
		return true
	case wrongCredentials:
		d.security("ChallengeResponseFailed", securityError, account, r, event.Variable{Name: "Challenge", Value: c.Nonce},
			event.Variable{Name: "Response", Value: c.Response}, event.Variable{Name: "ExpectedResponse"})
		d.refused(r, "Failed to authenticate")
	default:
		d.security("ChallengeSent", informational, account, r, event.Variable{Name: "Challenge"})
	}
	tx.Once()
	a := d.response(m, tx, r, 401, "")
	d.challenge(m, auths, a, v == staleNonce)
	d.settle(tx, r, a)
	return false
}

// auths adds the inbound auths of an endpoint to an empty list. One whose auths are
// all gone from the configuration lets nobody in.
func (m *Model) auths(list []*Auth, e *Endpoint) []*Auth {
	for _, name := range e.Auths {
		if a := m.Auth(name); a != nil {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		list = append(list, artificial)
	}
	return list
}

// challenge adds a WWW-Authenticate for every realm and algorithm.
func (d *Driver) challenge(m *Model, auths []*Auth, a *sip.Message, stale bool) {
	type one struct{ realm, algorithm string }
	var done []one
	for _, auth := range auths {
		nonce := d.noncesFor(auth.NonceLifetime).New()
		for _, algorithm := range m.algorithms(auth) {
			next := one{m.realm(auth), algorithm}
			if containsValue(done, next) {
				continue
			}
			done = append(done, next)
			a.Add("WWW-Authenticate", sip.Challenge{Realm: next.realm, Nonce: nonce, Opaque: sip.NewTag(), Algorithm: algorithm,
				QOP: "auth", Stale: stale}.String())
		}
	}
}

func containsValue[T comparable](list []T, v T) bool {
	for _, w := range list {
		if v == w {
			return true
		}
	}
	return false
}

func (d *Driver) authTestEvent(m *Model, auths []*Auth, v verdict) {
	if d.technology != PJSIP || !d.bus.Wants(event.KindTestEvent) {
		return
	}
	user := auths[0].Username
	if auths[0] == artificial {
		user = ""
	}
	status := [...]string{"NOAUTH", "FAIL", "NOAUTH", "SUCCESS"}[v]
	d.testEvent("INCOMING_AUTH_VERIFY_RESULT", "res_pjsip_authenticator_digest.c", "verify",
		event.Variable{Name: "Realm", Value: m.realm(auths[0])}, event.Variable{Name: "Username", Value: user},
		event.Variable{Name: "Status", Value: status})
}

// refused writes the line by which programs that ban addresses know a refusal.
func (d *Driver) refused(r *sip.Message, why string) {
	d.tell(levelNotice, "Request '%s' from '%s' failed for '%s' (callid: %s) - %s", r.Method, fromHeader(r), r.Source.Remote, r.CallID, why)
}

// fromHeader is the From of a request without its parameters.
func fromHeader(r *sip.Message) string {
	from := r.From
	from.Params = ""
	return fmt.Sprint(from)
}
