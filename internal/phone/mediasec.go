package phone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/sip"
)

// Mediasec is the security agreement about media that some carriers want before
// they take calls (draft-dawes-sipcore-mediasec-parameter, on RFC 3329): we say
// what we can, the registrar says what it can, and our INVITEs repeat that.
type Mediasec struct {
	On         bool     // security_negotiation=mediasec
	Mechanisms []string // security_mechanisms: what Security-Client says
}

// mediasecOptions are the two options of endpoints and registrations.
func mediasecOptions[T any](at func(*T) *Mediasec) []option[T] {
	return []option[T]{
		{name: "security_negotiation", fallback: "no", set: func(v *T, s string) error {
			switch strings.ToLower(s) {
			case "mediasec":
				at(v).On = true
			case "no":
				at(v).On = false
			default:
				return fmt.Errorf("%q is none of no, mediasec", s)
			}
			return nil
		}, show: func(v *T) string { return choose(at(v).On, "mediasec", "no") }},
		rare(option[T]{name: "security_mechanisms", set: func(v *T, s string) error {
			at(v).Mechanisms = splitList(s)
			return nil
		}, show: func(v *T) string { return strings.Join(at(v).Mechanisms, ", ") }}),
	}
}

// statusSecurityAgreement is 494 (RFC 3329 §2.3.1).
const statusSecurityAgreement = 494

// requireMediasec adds what makes the other side answer with its mechanisms.
func requireMediasec(r *sip.Message) {
	for _, name := range [...]string{"Require", "Proxy-Require"} {
		if !slices.Contains(r.List(name), "mediasec") {
			r.Add(name, "mediasec")
		}
	}
}

// begin puts what we can into a REGISTER.
func (m Mediasec) begin(r *sip.Message) {
	if !m.On {
		return
	}
	for _, mechanism := range m.Mechanisms {
		r.Add("Security-Client", mechanism)
	}
	requireMediasec(r)
}

// agreements are the mechanisms that registrars named, by the endpoint that their
// registration belongs to.
type agreements struct{ byEndpoint sync.Map }

func (a *agreements) keep(endpoint string, mechanisms []string) {
	if endpoint != "" && len(mechanisms) > 0 {
		a.byEndpoint.Store(endpoint, mechanisms)
	}
}

// verify repeats in a request to an endpoint what its registrar named.
func (a *agreements) verify(e *Endpoint, r *sip.Message) {
	if e == nil || !e.Mediasec.On {
		return
	}
	list, ok := a.byEndpoint.Load(e.Name)
	if !ok {
		return
	}
	for _, mechanism := range list.([]string) {
		r.Add("Security-Verify", mechanism)
	}
	requireMediasec(r)
}

// askRegistrar is ask for a REGISTER that may need a security agreement: the
// registrar's mechanisms come with its 401 or 494, and the REGISTER after it
// repeats them. A 494 is answered once.
func (d *Driver) askRegistrar(ctx context.Context, r *sip.Message, o sip.RequestOptions, registration *Registration, auths []*Auth,
	done func(*sip.Message, error)) {
	if !registration.Mediasec.On {
		d.ask(ctx, r, o, auths, done)
		return
	}
	verify := func(again, refusal *sip.Message) {
		mechanisms := refusal.All("Security-Server")
		d.agreements.keep(registration.Endpoint, mechanisms)
		again.Remove("Security-Verify")
		for _, mechanism := range mechanisms {
			again.Add("Security-Verify", mechanism)
		}
	}
	d.askAgain(ctx, r, o, auths, maxProofs, verify, func(answer *sip.Message, err error) {
		if answer == nil || answer.Status != statusSecurityAgreement || len(answer.All("Security-Server")) == 0 {
			done(answer, err)
			return
		}
		again := r.Clone()
		again.Remove("Security-Client")
		verify(again, answer)
		again.Set("CSeq", itoa(int(r.CSeq.Number)+1)+" "+r.Method)
		d.askAgain(ctx, again, o, auths, maxProofs, verify, done)
	})
}
