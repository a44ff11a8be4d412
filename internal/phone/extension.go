package phone

import (
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// supported are the extensions that calls of the endpoint may use.
func (e *Endpoint) supported() string {
	if e.Technology == SIP {
		return choose(e.Timers == TimersNo, "replaces", supportedSIP)
	}
	var list []string
	if e.Reliable != ReliableNo {
		list = append(list, "100rel")
	}
	if e.Timers != TimersNo {
		list = append(list, "timer")
	}
	if e.can.lacks(moduleRefer) {
		return strings.Join(list, ", ")
	}
	list = append(list, "replaces")
	if !e.refersAloud {
		list = append(list, "norefersub")
	}
	return strings.Join(list, ", ")
}

// extensions are those that chan_pjsip knows, as far as they are switched on.
func (m *Model) extensions() string {
	if m.Technology == PJSIP && !m.Global.NoReferSub {
		return strings.TrimSuffix(m.can.supports(), ", norefersub")
	}
	return m.can.supports()
}

// unsupported are the extensions that a request requires and nobody here knows
// (RFC 3261 §8.2.2.3). One that is known but switched off is passed over, as by
// the reference: the call goes well without.
func (d *Driver) unsupported(r *sip.Message) []string {
	required := r.List("Require")
	if len(required) == 0 {
		return nil
	}
	known := strings.Split(choose(d.technology == SIP, supportedSIP, d.Model().can.supports()), ", ")
	return slices.DeleteFunc(required, func(name string) bool {
		return slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
	})
}

// insists are the extensions that the endpoint requires of its calls; lacking
// reports whether a call comes in without one of them (RFC 3261 §21.4.16).
func (e *Endpoint) insists(r *sip.Message) (all []string, lacking bool) {
	if e.Technology != PJSIP {
		return nil, false
	}
	if e.Reliable == ReliableRequired {
		all = append(all, "100rel")
	}
	if e.Timers == TimersRequired {
		all = append(all, "timer")
	}
	return all, slices.ContainsFunc(all, func(name string) bool { return !r.Has("Supported", name) && !r.Has("Require", name) })
}

// refusesExtensions answers a call that both sides' extensions do not allow. It
// reports whether it did.
func (d *Driver) refusesExtensions(in *incoming) bool {
	if list := d.unsupported(in.request); len(list) > 0 {
		a := in.answer(420, choose(d.technology == SIP, "Bad extension (unsupported)", ""))
		if d.technology == SIP {
			a.Add("Date", date(time.Now()))
		}
		a.Add("Unsupported", strings.Join(list, choose(d.technology == SIP, ",", ", ")))
		d.refuseExtension(in, a)
		return true
	}
	if e := in.endpoint; d.technology == SIP && e.Timers == TimersNo && in.request.Has("Require", "timer") {
		a := in.answer(420, "Option Disabled")
		a.Add("Date", date(time.Now()))
		a.Add("Unsupported", "timer")
		a.Set("Supported", e.supported())
		d.send(in.tx, a)
		return true
	}
	if list, lacking := in.endpoint.insists(in.request); lacking {
		a := in.answer(421, "")
		a.Add("Require", strings.Join(list, ", "))
		d.refuseExtension(in, a)
		return true
	}
	return false
}

func (d *Driver) refuseExtension(in *incoming, a *sip.Message) {
	if d.technology == PJSIP {
		a.Add("Supported", in.endpoint.supported())
	}
	d.send(in.tx, a)
}

// historyToo is what is supported in requests that begin or change a call, besides:
// History-Info (RFC 7044).
const historyToo = ", histinfo"

// methods are those that the endpoint's calls may use, in pjsip's manner.
func (e *Endpoint) methods() string {
	if e.Reliable == ReliableNo {
		return strings.Replace(e.can.allows(), "PRACK, ", "", 1)
	}
	return e.can.allows()
}

// wantsSIPS refuses a call to a SIPS URI that came without TLS on its way (RFC
// 5630 §3.1.2), as chan_pjsip does. It reports whether it did.
func (d *Driver) wantsSIPS(in *incoming) bool {
	if d.technology == SIP || !strings.EqualFold(in.request.URI.Scheme, "sips") || in.request.Source.Transport.Secure() {
		return false
	}
	a := in.answer(480, "")
	a.Add("Warning", `381 SIP "SIPS Required"`)
	d.send(in.tx, a)
	return true
}

// tellAbilities adds to the 2xx to a re-INVITE or UPDATE what the endpoint's calls
// may use, and the session timer. A PRACK's needs none.
func (s *session) tellAbilities(a, r *sip.Message) {
	if s.driver.technology == SIP {
		s.tellTimer(r, a)
		return
	}
	if r.Method == sip.Prack {
		return
	}
	if r.Method == sip.Update { // whose answer has the same, in another order
		s.answerTimer(r, a)
		a.Add("Contact", s.contact(r.Source))
	}
	a.Add("Allow", s.endpoint.methods())
	a.Add("Supported", s.endpoint.supported())
	if r.Method != sip.Update {
		s.answerTimer(r, a)
	}
}
