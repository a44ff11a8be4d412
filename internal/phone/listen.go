package phone

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/sip"
)

func (d *Driver) openTransports(m *Model) error {
	var errs []error
	for _, t := range m.Transports {
		if !built(t) {
			d.log.Warn("transport is known, but not built yet", "transport", t.Name, "protocol", t.Protocol)
			continue
		}
		errs = append(errs, d.start(m, t))
	}
	return errors.Join(errs...)
}

// wants reports whether a transport of the configuration is to be where an open one is.
func (m *Model) wants(open *sip.Transport) bool {
	for _, t := range m.Transports {
		if t.Protocol == open.Network && t.bound() == open.Local() {
			return true
		}
	}
	return false
}

// built reports whether we can listen in the way that a transport wants.
func built(t *Transport) bool {
	return t.Protocol != "flow"
}

// start opens a transport, or says in the log why it can't be, so that one that
// does not work costs no other one. To listen at all addresses of a family which
// this machine does not have is no error: there is nothing to be heard.
func (d *Driver) start(m *Model, t *Transport) error {
	if t.unusable {
		return fmt.Errorf("transport %s has no certificate that can be used", t.Name)
	}
	err := d.open(m, t)
	if err == nil {
		return nil
	}
	why := err
	var number syscall.Errno
	if errors.As(err, &number) {
		why = number
	}
	text := why.Error()
	text = strings.ToUpper(text[:1]) + text[1:]
	if foreign(t.bound(), err) {
		d.tell(levelNotice, "Transport '%s' is left out, as this machine has no IPv6: %s", t.Name, text)
		return nil
	}
	d.tell(logging.Error, "Transport '%s' could not be started: %s", t.Name, text)
	return fmt.Errorf("transport %s: %w", t.Name, err)
}

// foreign reports whether an address could not be had because the machine has no
// addresses of its family.
func foreign(bind netip.AddrPort, err error) bool {
	return bind.Addr().Is6() && bind.Addr().IsUnspecified() && (errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL))
}

// errNoHTTP says why there are no WebSockets.
var errNoHTTP = errors.New("there is no HTTP server to serve it")

func (d *Driver) open(m *Model, t *Transport) error {
	o := sip.ListenOptions{Name: t.Name, KeepAlive: m.Global.KeepAlive,
		NAT: sip.NAT{Host: hostOf(t.ExternalSignaling), Port: t.ExternalSignalingPort, Local: t.LocalNets}}
	if d.technology == SIP {
		o.SentBy = func(peer netip.AddrPort) (string, int) { return d.sentBy(t, peer) }
		o.Strangers = sip.Strangers{Most: m.Global.General.StrangersLimit, Wait: m.Global.General.StrangerTimeout}
	}
	if t.TOS != 0 || t.COS != 0 {
		o.Control = func(network, _ string, c syscall.RawConn) error {
			return errors.Join(setTOS(network, c, t.TOS), setCOS(c, t.COS))
		}
	}
	if t.KeepaliveEnable {
		o.TCPKeepAlive = net.KeepAliveConfig{Enable: true, Idle: t.KeepaliveIdle, Interval: t.KeepaliveInterval, Count: t.KeepaliveProbes}
	}
	if t.Protocol == "tls" {
		g, err := d.tlsOf(t)
		if err != nil {
			return err
		}
		o.TLS = d.latestTLS.keep(t.Name, g)
	}
	if t.Protocol == "ws" || t.Protocol == "wss" {
		if d.webSockets == nil {
			return errNoHTTP
		}
		o.WriteTimeout = t.WriteTimeout
		o.Listener, o.KeepAlive = d.webSockets(t.Protocol == "wss", t.bound()), 0 // browsers take no empty messages
	}
	return d.listen(t.Protocol, t.bound().String(), o)
}

// setCOS gives the packets of a socket the priority that becomes their class in a
// VLAN tag (IEEE 802.1Q).
func setCOS(c syscall.RawConn, cos int) error {
	if cos == 0 {
		return nil
	}
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_PRIORITY, cos)
	})
	return errors.Join(err, failed)
}

// setTOS marks the packets of a socket (RFC 2474).
func setTOS(_ string, c syscall.RawConn, tos int) error {
	if tos == 0 {
		return nil
	}
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TOS, tos)
		// An IPv6 socket takes the same octet as its traffic class.
		if e := syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS, tos); e == nil {
			failed = nil
		}
	})
	return errors.Join(err, failed)
}

// reopenTransports opens what is new. One that has changed or is gone stays as it is
// unless allow_reload says otherwise, for calls may hang on it; but one that is gone
// gives its address to another.
func (d *Driver) reopenTransports(old, m *Model) error {
	var errs []error
	for _, t := range d.stack.Transports() {
		next, was := m.Transport(t.Name), old.Transport(t.Name)
		same := next != nil && was != nil && next.Protocol == was.Protocol && next.bound() == was.bound()
		switch {
		case same:
			d.renewTLS(next)
		case d.technology == PJSIP && next == nil && (was == nil || !was.AllowReload) && !m.wants(t):
			d.tell(levelNotice, "Transport '%s' is gone from the configuration and stays open until the exchange ends", t.Name)
		case next != nil && !next.AllowReload && d.technology == PJSIP:
			d.tell(levelNotice, "Transport '%s' is not fully reloadable, not reloading: protocol, bind, TLS, TCP, ToS, or CoS options.", t.Name)
		default:
			errs = append(errs, t.Close())
		}
	}
	for _, t := range m.Transports {
		if d.transport(t.Name) == nil && built(t) {
			errs = append(errs, d.start(m, t))
		}
	}
	return errors.Join(errs...)
}

// hostOf is an address or name without the port that may stand behind it, which the
// reference does not heed.
func hostOf(text string) string {
	if host, _, err := net.SplitHostPort(text); err == nil {
		return host
	}
	return text
}
