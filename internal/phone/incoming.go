package phone

import (
	"net/netip"

	"github.com/octothorpe/octothorpe/sip"
)

// An incoming is a request outside of any dialog whose sender is known and
// trusted, or is a guest.
type incoming struct {
	model    *Model
	endpoint *Endpoint // never nil: guests have the model's guest
	guest    bool
	tx       *sip.ServerTransaction
	request  *sip.Message
	// answer makes a response with the headers that every response of this
	// technology has (Server, Allow, Supported).
	answer func(status int, reason string) *sip.Message
}

// sessions is the half of the driver that has to do with INVITE. It is called
// in the order of a call's messages, and must not wait.
type sessions interface {
	// invite takes an INVITE outside of a dialog. It answers it.
	invite(in *incoming)
	// close ends all sessions and waits for their goroutines.
	close()
}

// local returns the address at which a request arrived, as the other side sees it.
func local(m *sip.Message) netip.AddrPort {
	a := m.Source.Local
	if a.Addr().IsUnspecified() {
		host, port := m.Source.Transport.Sent(m.Source.Remote)
		if known, err := netip.ParseAddrPort(joinHostPort(host, port)); err == nil {
			return known
		}
	}
	return a
}
