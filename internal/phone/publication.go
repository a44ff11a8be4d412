package phone

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// An OutboundPublish is pjsip.conf's type=outbound-publish: states that another
// server is told by PUBLISH (RFC 3903).
type OutboundPublish struct {
	Name                        string
	ServerURI, FromURI, ToURI   string
	Event                       string
	Expiration                  time.Duration
	OutboundAuths               []string
	OutboundProxy, Transport    string
	MultiUser                   bool
	MaxAuthAttempts             int            // challenges that are answered of one PUBLISH
	Body                        string         // @body: the type of what is told of extensions
	Exten, Context              *regexp.Regexp // @exten, @context: whose; nil is all
	DeviceFilter, MailboxFilter *regexp.Regexp // @device_state_filter, @mailbox_state_filter
}

// An InboundPublication is pjsip.conf's type=inbound-publication: what others may
// tell us, by the user of the URI to which they do.
type InboundPublication struct {
	Name, Endpoint string
	Events         map[string]string // name of an asterisk-publication, by event
}

// An AsteriskPublication is pjsip.conf's type=asterisk-publication: what is taken
// of what another exchange tells.
type AsteriskPublication struct {
	Name                              string
	DevicePublish, MailboxPublish     string // outbound-publish that tells all when it is asked
	DeviceState, MailboxState         bool
	DeviceStateFilter, MailboxesMatch *regexp.Regexp
}

func pattern[T any](name string, at func(*T) **regexp.Regexp) option[T] {
	return option[T]{name: name, set: func(v *T, s string) (err error) {
		*at(v), err = regexp.CompilePOSIX(s)
		if err != nil {
			return fmt.Errorf("%q is no regular expression: %w", s, err)
		}
		return nil
	}, show: func(v *T) string {
		if r := *at(v); r != nil {
			return r.String()
		}
		return ""
	}}
}

func outboundPublishOptions() *optionTable[OutboundPublish] {
	type p = OutboundPublish
	return newOptionTable(
		text("server_uri", func(v *p) *string { return &v.ServerURI }, ""),
		text("from_uri", func(v *p) *string { return &v.FromURI }, ""),
		text("to_uri", func(v *p) *string { return &v.ToURI }, ""),
		text("event", func(v *p) *string { return &v.Event }, ""),
		seconds("expiration", func(v *p) *time.Duration { return &v.Expiration }, "3600"),
		list("outbound_auth", func(v *p) *[]string { return &v.OutboundAuths }, ""),
		text("outbound_proxy", func(v *p) *string { return &v.OutboundProxy }, ""),
		text("transport", func(v *p) *string { return &v.Transport }, ""),
		boolean("multi_user", func(v *p) *bool { return &v.MultiUser }, "no"),
		integer("max_auth_attempts", func(v *p) *int { return &v.MaxAuthAttempts }, "5"),
	)
}

// extended are the options with an @, which are of the event.
func extendedPublish() *optionTable[OutboundPublish] {
	type p = OutboundPublish
	return newOptionTable(
		text("@body", func(v *p) *string { return &v.Body }, ""),
		pattern("@exten", func(v *p) **regexp.Regexp { return &v.Exten }),
		pattern("@context", func(v *p) **regexp.Regexp { return &v.Context }),
		pattern("@device_state_filter", func(v *p) **regexp.Regexp { return &v.DeviceFilter }),
		pattern("@mailbox_state_filter", func(v *p) **regexp.Regexp { return &v.MailboxFilter }),
	)
}

func asteriskPublicationOptions() *optionTable[AsteriskPublication] {
	type p = AsteriskPublication
	return newOptionTable(
		text("devicestate_publish", func(v *p) *string { return &v.DevicePublish }, ""),
		text("mailboxstate_publish", func(v *p) *string { return &v.MailboxPublish }, ""),
		boolean("device_state", func(v *p) *bool { return &v.DeviceState }, "no"),
		pattern("device_state_filter", func(v *p) **regexp.Regexp { return &v.DeviceStateFilter }),
		boolean("mailbox_state", func(v *p) *bool { return &v.MailboxState }, "no"),
		pattern("mailbox_state_filter", func(v *p) **regexp.Regexp { return &v.MailboxesMatch }),
	)
}

func inboundPublicationOptions() *optionTable[InboundPublication] {
	return newOptionTable(text("endpoint", func(v *InboundPublication) *string { return &v.Endpoint }, ""))
}

// publication reads a section about PUBLISH. It reports false if it is none.
func (l *Loader) publication(t *pjsipTables, m *Model, s *config.Section, kind string) bool {
	switch kind {
	case "outbound-publish":
		v := t.publish.fresh
		v.Name = s.Name
		if fill(l, t.publish, &v, s, kind, nil) && l.completePublish(&v, s) {
			m.Publishes[s.Name] = &v
		}
	case "inbound-publication":
		v := t.inbound.fresh
		v.Name, v.Events = s.Name, map[string]string{}
		events := func(e config.Entry) bool {
			name, is := strings.CutPrefix(strings.ToLower(e.Key), "event_")
			if is {
				v.Events[name] = e.Value
			}
			return is
		}
		if fill(l, t.inbound, &v, s, kind, events) {
			m.Inbounds[s.Name] = &v
		}
	case "asterisk-publication":
		v := t.publication.fresh
		v.Name = s.Name
		if fill(l, t.publication, &v, s, kind, nil) {
			m.Publications[s.Name] = &v
		}
	default:
		return false
	}
	return true
}

// completePublish reads the options of the event and checks the rest.
func (l *Loader) completePublish(v *OutboundPublish, s *config.Section) bool {
	extended := extendedPublish()
	for _, e := range s.Entries {
		if !strings.HasPrefix(e.Key, "@") {
			continue
		}
		o := extended.byName[strings.ToLower(e.Key)]
		if o == nil {
			continue // others' own, as on the reference
		}
		if err := o.set(v, e.Value); err != nil {
			l.problem(e, true, "%s: %v: outbound-publish %s is left out", e.Key, err, s.Name)
			return false
		}
	}
	switch {
	case !isSIPURI(v.ServerURI):
		l.problem(heading(s), true, "outbound-publish %s has no proper server_uri: it is left out", s.Name)
		return false
	case v.Event == "":
		l.problem(heading(s), true, "outbound-publish %s has no event: it is left out", s.Name)
		return false
	case v.Event != eventDevices && v.Event != eventMailboxes && bodyTypes(v.Event) == nil:
		l.problem(heading(s), false, "nobody publishes the event %s of outbound-publish %s", v.Event, s.Name)
	}
	return true
}
