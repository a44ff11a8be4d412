package phone

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// A flaw is what is wrong with a description, as the reference's Warning names it.
type flaw string

func (f flaw) Error() string { return string(f) }

const (
	flawDescription flaw = "Invalid SDP descriptor (PJMEDIA_SDP_EINSDP)"
	flawVersion     flaw = "Invalid SDP version line (PJMEDIA_SDP_EINVER)"
	flawOrigin      flaw = "Invalid SDP origin line (PJMEDIA_SDP_EINORIGIN)"
	flawName        flaw = "SDP name/subject line is empty (PJMEDIA_SDP_EINNAME)"
	flawConnection  flaw = "Invalid SDP connection line (PJMEDIA_SDP_EINCONN)"
	flawNoAddress   flaw = "Missing SDP connection info line (PJMEDIA_SDP_EMISSINGCONN)"
	flawTime        flaw = "Invalid SDP time line (PJMEDIA_SDP_EINTIME)"
	flawMedia       flaw = "Invalid SDP media line (PJMEDIA_SDP_EINMEDIA)"
	flawFormats     flaw = "No SDP payload format in the media line (PJMEDIA_SDP_ENOFMT)"
	flawAttribute   flaw = "Invalid SDP attributes (PJMEDIA_SDP_EINATTR)"
)

// flawOf is the flaw of a line that is no type=value, by its first letter.
func flawOf(line string) flaw {
	switch line[0] {
	case 'v':
		return flawVersion
	case 'o':
		return flawOrigin
	case 's':
		return flawName
	case 'c':
		return flawConnection
	case 't':
		return flawTime
	case 'm':
		return flawMedia
	case 'a':
		return flawAttribute
	}
	return flawDescription
}

// minds notes the first flaw that chan_pjsip of the reference refuses and chan_sip
// does not. Both make a call of what is there.
func (d *description) minds(f flaw) {
	if d.flaw == "" {
		d.flaw = f
	}
}

// timeLine looks at the value of a t= line.
func timeLine(value string) bool {
	f := strings.Fields(value)
	return len(f) > 1 && digits(f[0]) && digits(f[1])
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// finish notes what the description as a whole lacks.
func (d *description) finish() {
	if d.session == "" {
		d.minds(flawName)
	}
	for i := range d.streams {
		d.streams[i].inherit(d.all)
	}
	for _, s := range d.streams {
		if s.port > 0 && !s.connected {
			d.minds(flawNoAddress)
		}
	}
}

// A refusal is how an offer is refused. Without a status it is not.
type refusal struct {
	status          int
	reason, warning string
}

// refuses says how an offer is refused in a request: within a call the reference's
// words are others than at its beginning.
func (d *Driver) refuses(r *sip.Message, status int, err error) refusal {
	within := r.To.Tag() != ""
	var f flaw
	switch {
	case d.technology == SIP && status != 415:
		return refusal{status: 488, reason: "Not acceptable here"}
	case d.technology == SIP:
	case status == 400 && within:
		return refusal{status: 415, warning: `390 SIP "Bad SDP"`}
	case status == 400 && errors.As(err, &f):
		return refusal{status: 400, warning: "399 SIP " + sip.Quote(string(f))}
	case status == 488 && within:
		return refusal{status: 488, warning: `390 SIP "No SDP answer"`}
	}
	return refusal{status: status}
}

// explain adds to a response what goes along with a refusal. A nil one stays nil.
func (no refusal) explain(a *sip.Message) *sip.Message {
	if a == nil {
		return nil
	}
	if no.reason != "" {
		a.Reason = no.reason
	}
	if no.status == 415 && no.warning == "" {
		a.Add("Accept", acceptSIP)
	}
	if no.warning != "" {
		a.Add("Warning", no.warning)
		if reasons := a.All("Reason"); no.status == 488 && len(reasons) > 0 { // within a call of pjsip's
			a.Remove("Reason")
			a.Add("Accept", acceptPJSIP)
			a.Add("Reason", reasons[0])
		}
	}
	return a
}

// nameTimeout bounds looking up the name that an offer has in place of an address.
const nameTimeout = 3 * time.Second

// reach finds the addresses of the streams that were agreed, where the offer names
// them. It reports false if there is none: media could go nowhere.
func (d *Driver) reach(offer *description, a *agreed) bool {
	return a.all(func(one *agreed) bool { return d.reachStream(&offer.streams[one.index], one) })
}

func (d *Driver) reachStream(s *stream, a *agreed) bool {
	if s.address.IsValid() {
		return true
	}
	if s.host == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(d.ctx, nameTimeout)
	defer cancel()
	list, err := d.names.LookupAddr(ctx, s.host)
	if err != nil {
		d.log.Debug("the name in an offer has no address", "name", s.host, "error", err)
		return false
	}
	for _, address := range list {
		if address = address.Unmap(); address.Is4() == (s.family == "IP4") {
			s.address = address
			if !address.IsUnspecified() {
				a.remote = netip.AddrPortFrom(address, uint16(s.port))
			}
			return true
		}
	}
	return false
}
