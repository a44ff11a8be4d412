package phone

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The tables that calls may ask for, built once.
var (
	endpointTable = sync.OnceValue(endpointOptions)
	aorTable      = sync.OnceValue(aorOptions)
)

// shownEndpoint are the options of an endpoint as the tables and AMI print them:
// variables by their own names, and a contact_user only where there is one.
func shownEndpoint(e *Endpoint) []shown {
	lines := endpointTable().shown(e)
	if len(e.SetVar) > 0 {
		lines = slices.DeleteFunc(lines, func(l shown) bool { return l.name == "set_var" })
		for _, v := range e.SetVar {
			lines = append(lines, shown{v.Name, v.Value})
		}
	}
	if e.ContactUser == "" {
		lines = slices.DeleteFunc(lines, func(l shown) bool { return l.name == "contact_user" })
	}
	slices.SortStableFunc(lines, func(a, b shown) int { return strings.Compare(a.name, b.name) })
	return lines
}

// shownAOR are the options of an AOR, with one line for each contact.
func (d *Driver) shownAOR(a *AOR) []shown {
	lines, contacts := aorTable().shown(a), d.location.contacts(a.Name)
	if len(contacts) == 0 {
		return lines
	}
	lines = slices.DeleteFunc(lines, func(l shown) bool { return l.name == "contact" })
	for _, c := range contacts {
		lines = append(lines, shown{"contact", c.URI})
	}
	slices.SortStableFunc(lines, func(x, y shown) int { return strings.Compare(x.name, y.name) })
	return lines
}

func shownIdentify(i *Identify) []shown {
	lines := identifyOptions().shown(i)
	for _, m := range i.written {
		lines = append(lines, shown{"match", m.masked})
	}
	slices.SortStableFunc(lines, func(a, b shown) int { return strings.Compare(a.name, b.name) })
	return lines
}

func (d *Driver) shownContact(c *Contact) []shown {
	a := d.Model().AOR(c.AOR)
	if a == nil || c.Static {
		a = &AOR{QualifyTimeout: 3 * time.Second}
	}
	expires := "0"
	if !c.Static {
		expires = strconv.FormatInt(c.Expires.Unix(), 10)
	}
	return []shown{
		{"authenticate_qualify", choose(a.AuthenticateQual, "yes", "no")},
		{"call_id", c.CallID},
		{"endpoint", c.Endpoint},
		{"expiration_time", expires},
		{"outbound_proxy", a.OutboundProxy},
		{"path", strings.Join(c.Path, ",")},
		{"prune_on_boot", choose(c.PruneOnBoot, "yes", "no")},
		{"qualify_2xx_only", strconv.FormatBool(a.Qualify2xxOnly)},
		{"qualify_frequency", strconv.Itoa(int(a.QualifyFrequency / time.Second))},
		{"qualify_timeout", strconv.FormatFloat(a.QualifyTimeout.Seconds(), 'f', 6, 64)},
		{"reg_server", c.RegServer},
		{"uri", c.URI},
		{"user_agent", c.UserAgent},
		{"via_addr", c.ViaAddress},
		{"via_port", strconv.Itoa(c.ViaPort)},
	}
}
