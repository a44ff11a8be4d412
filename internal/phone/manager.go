package phone

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Actions returns the driver's manager actions: PJSIP… or SIP….
func (d *Driver) Actions() []command.Action {
	if d.technology == SIP {
		return d.actionsSIP()
	}
	const reporting = command.System | command.Reporting
	return []command.Action{
		action("PJSIPShowEndpoints", "List the endpoints of pjsip.conf", command.System, "res_pjsip", d.actEndpoints),
		action("PJSIPShowEndpoint", "Tell everything of an endpoint and what belongs to it", command.System, "res_pjsip", d.actEndpoint),
		action("PJSIPShowAors", "List the AORs of pjsip.conf", command.System, "res_pjsip", d.actAORs),
		action("PJSIPShowAuths", "List the auths of pjsip.conf", command.System, "res_pjsip", d.actAuths),
		action("PJSIPShowContacts", "List the contacts that have registered", command.System, "res_pjsip", d.actContacts),
		action("PJSIPShowRegistrationsInbound", "List the AORs at which phones register", command.System, "res_pjsip_registrar", d.actInbound),
		action("PJSIPShowRegistrationInboundContactStatuses", "List the contacts that have registered, with their states", command.System,
			"res_pjsip_registrar", d.actInboundStatuses),
		action("PJSIPShowRegistrationsOutbound", "List the registrations that we keep elsewhere", reporting, "res_pjsip_outbound_registration", d.actOutbound),
		action("PJSIPShowSubscriptionsInbound", "List who has subscribed to us", command.System, "res_pjsip_pubsub", d.actSubscriptions),
		action("PJSIPShowSubscriptionsOutbound", "List to whom we have subscribed", command.System, "res_pjsip_pubsub", actNoSubscriptions),
		action("PJSIPShowResourceLists", "List the names that stand for many to subscribe to", command.System, "res_pjsip_pubsub", d.actLists),
		action("PJSIPQualify", "Send OPTIONS to the contacts of an endpoint now", reporting, "res_pjsip", d.actQualify),
		action("PJSIPHangup", "Refuse a call that came in with a SIP status", command.System|command.Call, "chan_pjsip", d.actHangup),
		action("PJSIPNotify", "Send NOTIFY to an endpoint, a URI or within a call", command.System, "res_pjsip_notify", d.actNotify),
		action("PJSIPSetMaintenance", "Begin or end the maintenance of an endpoint", command.System, "res_pjsip_maintenance", d.actSetMaintenance),
		action("PJSIPShowMaintenance", "Tell which endpoints are in maintenance", reporting, "res_pjsip_maintenance", d.actShowMaintenance),
		action("PJSIPRegister", "Register at once where a registration says", reporting, "res_pjsip_outbound_registration", d.actRegister),
		action("PJSIPUnregister", "Take an outgoing registration back", reporting, "res_pjsip_outbound_registration", d.actUnregister),
	}
}

func action(name, synopsis string, privilege command.Class, module string, run func(r *command.ActionRequest) error) command.Action {
	return command.Action{Row: command.Row{Name: name, Synopsis: synopsis, Module: module}, Privilege: privilege,
		Run: func(_ context.Context, r *command.ActionRequest) error { return run(r) }}
}

func (d *Driver) actEndpoints(r *command.ActionRequest) error {
	d.refresh()
	list := d.Model().List()
	if len(list) == 0 {
		return command.Refusal("No endpoints found\n")
	}
	r.ListStart("A listing of Endpoints follows, presented as EndpointList events")
	for _, e := range list {
		fields := []command.Field{{Key: "ObjectType", Value: "endpoint"}, {Key: "ObjectName", Value: e.Name},
			{Key: "Transport", Value: e.Transport}, {Key: "Aor", Value: strings.Join(e.AORs, ",")},
			{Key: "Auths", Value: strings.Join(e.Auths, ",")}, {Key: "OutboundAuths", Value: strings.Join(e.OutboundAuths, ",")}}
		for _, a := range d.aorsOf(e) {
			fields = append(fields, command.Field{Key: "Contacts", Value: d.contactList(a)})
		}
		r.Event("EndpointList", append(fields, d.endpointUse(e)...)...)
	}
	r.ListEnd("EndpointListComplete", len(list))
	return nil
}

// aorsOf returns the AORs of an endpoint that exist.
func (d *Driver) aorsOf(e *Endpoint) []*AOR {
	var list []*AOR
	for _, name := range e.AORs {
		if a := d.Model().AOR(name); a != nil {
			list = append(list, a)
		}
	}
	return list
}

func (d *Driver) actEndpoint(r *command.ActionRequest) error {
	name := r.Get("Endpoint")
	if name == "" {
		return command.Refusal("PJSIPShowEndpoint requires an endpoint name\n")
	}
	d.refresh(name)
	m := d.Model()
	e := m.Endpoint(name)
	if e == nil {
		return command.Refusal("Unable to retrieve endpoint " + name + "\n")
	}
	r.ListStart("Following are Events for each object associated with the Endpoint")
	count := 1
	r.Event("EndpointDetail", d.endpointFields(e)...)
	tell := func(event string, fields []command.Field) {
		r.Event(event, append(fields, command.Field{Key: "EndpointName", Value: e.Name})...)
		count++
	}
	for _, auth := range slices.Concat(e.Auths, e.OutboundAuths) {
		if a := m.Auths[auth]; a != nil {
			tell("AuthDetail", authFields(a))
		}
	}
	if t := m.Transport(e.Transport); t != nil {
		tell("TransportDetail", transportFields(t))
	}
	for _, a := range d.aorsOf(e) {
		contacts := d.location.contacts(a.Name)
		tell("AorDetail", append(d.aorFields(a, "Contacts"), command.Field{Key: "TotalContacts", Value: strconv.Itoa(len(contacts))},
			command.Field{Key: "ContactsRegistered", Value: strconv.Itoa(len(contacts) - len(a.Contacts))}))
	}
	for _, a := range d.aorsOf(e) {
		for _, c := range d.location.contacts(a.Name) {
			r.Event("ContactStatusDetail", d.contactStatusFields(c, e.Name)...)
			count++
		}
	}
	for _, i := range m.Identifies {
		if i.Endpoint == e.Name {
			tell("IdentifyDetail", identifyFields(i))
		}
	}
	r.ListEnd("EndpointDetailComplete", count)
	return nil
}

func (d *Driver) actAORs(r *command.ActionRequest) error {
	d.refresh()
	m := d.Model()
	if len(m.AORs) == 0 {
		return command.Refusal("No AORs found\n")
	}
	r.ListStart("A listing of AORs follows, presented as AorList events")
	for _, name := range sortedKeys(m.AORs) {
		r.Event("AorList", d.aorFields(m.AORs[name], "Contacts")...)
	}
	r.ListEnd("AorListComplete", len(m.AORs))
	return nil
}

func (d *Driver) actAuths(r *command.ActionRequest) error {
	d.refresh()
	m := d.Model()
	if len(m.Auths) == 0 {
		return command.Refusal("No Auths found\n")
	}
	r.ListStart("A listing of Auths follows, presented as AuthList events")
	for _, name := range sortedKeys(m.Auths) {
		r.Event("AuthList", authFields(m.Auths[name])...)
	}
	r.ListEnd("AuthListComplete", len(m.Auths))
	return nil
}

// registered are the contacts that came by REGISTER, by AOR and URI.
func (d *Driver) registered() []*Contact {
	return slices.DeleteFunc(d.location.all(), func(c *Contact) bool { return c.Static })
}

func (d *Driver) actContacts(r *command.ActionRequest) error {
	list := d.registered()
	if len(list) == 0 {
		return command.Refusal("No Contacts found\n")
	}
	slices.SortFunc(list, func(a, b *Contact) int { return strings.Compare(a.ID, b.ID) })
	r.ListStart("A listing of Contacts follows, presented as ContactList events")
	for _, c := range list {
		r.Event("ContactList", d.contactFields(c)...)
	}
	r.ListEnd("ContactListComplete", len(list))
	return nil
}

// actInbound lists the AORs of endpoints, once for each endpoint that has them.
func (d *Driver) actInbound(r *command.ActionRequest) error {
	r.ListStart("Following are Events for each Inbound registration")
	count := 0
	for _, e := range d.Model().List() {
		for _, a := range d.aorsOf(e) {
			r.Event("InboundRegistrationDetail", append(d.aorFields(a, "Contact"), command.Field{Key: "Contacts", Value: d.contactList(a)})...)
			count++
		}
	}
	r.ListEnd("InboundRegistrationDetailComplete", count)
	return nil
}

func (d *Driver) actInboundStatuses(r *command.ActionRequest) error {
	list := d.registered()
	r.ListStart("Following are ContactStatusEvents for each Inbound registration")
	for _, c := range list {
		r.Event("ContactStatusDetail", d.contactStatusFields(c, c.Endpoint)...)
	}
	r.ListEnd("ContactStatusDetailComplete", len(list))
	return nil
}

func (d *Driver) actOutbound(r *command.ActionRequest) error {
	m, registered := d.Model(), 0
	r.ListStart("Following are Events for each Outbound registration")
	for _, g := range m.Registrations {
		state, next := "Unregistered", time.Duration(0)
		if o := d.outgoing(g.Name); o != nil {
			o.mu.Lock()
			state = o.state
			if state == "Registered" {
				next = max(time.Until(o.next), 0)
				registered++
			}
			o.mu.Unlock()
		}
		r.Event("OutboundRegistrationDetail", append(registrationFields(g), command.Field{Key: "Status", Value: state},
			command.Field{Key: "NextReg", Value: strconv.Itoa(int(next / time.Second))})...)
		for _, name := range g.OutboundAuths {
			if a := m.Auths[name]; a != nil {
				r.Event("AuthDetail", authFields(a)...)
			}
		}
	}
	r.ListEnd("OutboundRegistrationDetailComplete", len(m.Registrations), command.Field{Key: "Registered", Value: strconv.Itoa(registered)},
		command.Field{Key: "NotRegistered", Value: strconv.Itoa(len(m.Registrations) - registered)})
	return nil
}

func (d *Driver) actQualify(r *command.ActionRequest) error {
	name := r.Get("Endpoint")
	if name == "" {
		return command.Refusal("Endpoint parameter missing.")
	}
	e := d.Model().Endpoint(name)
	if e == nil {
		return command.Refusal("Unable to retrieve endpoint\n")
	}
	r.Reply("Success", "Endpoint found, will qualify")
	for _, a := range d.aorsOf(e) {
		for _, c := range d.location.contacts(a.Name) {
			d.qualify(answering(a), c)
		}
	}
	return nil
}

func (d *Driver) actRegister(r *command.ActionRequest) error {
	o, err := d.registrationOf(r)
	if err == nil {
		d.registerAfter(o, 0)
		r.Reply("Success", "Reregistration sent")
	}
	return err
}

func (d *Driver) actUnregister(r *command.ActionRequest) error {
	o, err := d.registrationOf(r)
	if err == nil {
		d.unregister(o)
		r.Reply("Success", "Unregistration sent")
	}
	return err
}

// registrationOf finds the outgoing registration that an action names.
func (d *Driver) registrationOf(r *command.ActionRequest) (*outgoing, error) {
	name := r.Get("Registration")
	if name == "" {
		return nil, command.Refusal("Registration parameter missing.")
	}
	if o := d.outgoing(name); o != nil {
		return o, nil
	}
	return nil, command.Refusal("Unable to retrieve registration entry\n")
}
