package phone

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

func (d *Driver) actionsSIP() []command.Action {
	const module, reporting = "chan_sip", command.System | command.Reporting
	return []command.Action{
		action("SIPpeers", "List the peers of sip.conf", reporting, module, d.actPeers),
		action("SIPshowpeer", "Tell everything of a peer", reporting, module, d.actPeer),
		action("SIPshowregistry", "List the registrations that we keep elsewhere", reporting, module, d.actRegistry),
		action("SIPpeerstatus", "Tell whether peers answer", command.System, module, d.actPeerStatus),
		action("SIPnotify", "Send NOTIFY to a peer or within a call", command.System, module, d.actNotifyPeer),
		action("SIPqualifypeer", "Send OPTIONS to a peer now", reporting, module, d.actQualifyPeer),
	}
}

func yn(b bool) string { return choose(b, "Y", "N") }

// place is a peer's address and port as AMI prints them.
func (d *Driver) place(e *Endpoint, nowhere string) (address, port string) {
	if a := d.whereabouts(e); a.IsValid() {
		return a.Addr().String(), strconv.Itoa(int(a.Port()))
	}
	return nowhere, "0"
}

func (d *Driver) actPeers(r *command.ActionRequest) error {
	peers, err := d.peersLike(nil, false)
	if err != nil {
		return err
	}
	yesno := func(b bool) string { return choose(b, "yes", "no") }
	r.ListStart("Peer status list will follow")
	for _, e := range peers {
		p := e.Peer
		address, port := d.place(e, "-none-")
		status, _, _ := d.monitored(e)
		var fields []command.Field
		for _, f := range [][2]string{
			{"Channeltype", "SIP"}, {"ObjectName", e.Name}, {"ChanObjectType", "peer"}, {"IPaddress", address}, {"IPport", port},
			{"Dynamic", yesno(p.Dynamic)}, {"AutoForcerport", yesno(p.AutoForceRport)}, {"Forcerport", yesno(p.ForceRport)},
			{"AutoComedia", yesno(p.AutoComedia)}, {"Comedia", yesno(p.Comedia)}, {"VideoSupport", yesno(p.VideoSupport != "no")},
			{"TextSupport", yesno(p.TextSupport)}, {"ACL", yesno(len(e.ACL) > 0)}, {"Status", status}, {"RealtimeDevice", yesno(p.Lent)},
			{"Description", p.Description}, {"Accountcode", e.AccountCode},
		} {
			fields = append(fields, command.Field{Key: f[0], Value: f[1]})
		}
		r.Event("PeerEntry", fields...)
	}
	r.ListEnd("PeerlistComplete", len(peers))
	return nil
}

// peerNamed finds the peer that an action names.
func (d *Driver) peerNamed(r *command.ActionRequest, unknown string) (*Endpoint, error) {
	name := r.Get("Peer")
	if name == "" {
		return nil, command.Refusal("Peer: <name> missing.")
	}
	d.borrow(name)
	e := d.Model().Endpoint(name)
	if e == nil || e.Peer.Kind == "user" {
		return nil, command.Refusal(strings.ReplaceAll(unknown, "NAME", name))
	}
	return e, nil
}

func (d *Driver) actPeer(r *command.ActionRequest) error {
	e, err := d.peerNamed(r, "Peer NAME not found.\n")
	if err != nil {
		return err
	}
	var fields []command.Field
	for _, f := range slices.Concat(d.peerWho(e), d.peerHow(e), d.peerWhere(e)) {
		fields = append(fields, command.Field{Key: f.name, Value: f.value})
	}
	r.Reply("Success", "", fields...)
	return nil
}

func (d *Driver) peerWho(e *Endpoint) []field {
	p := e.Peer
	list := []field{
		{"Channeltype", "SIP"}, {"ObjectName", e.Name}, {"ChanObjectType", "peer"}, {"SecretExist", yn(p.Secret != "")},
		{"RemoteSecretExist", yn(p.Remote != "")}, {"MD5SecretExist", yn(p.MD5 != "")}, {"Context", e.Context}, {"Language", e.Language},
		{"ToneZone", orNotSet(e.ToneZone)},
	}
	if e.AccountCode != "" {
		list = append(list, field{"Accountcode", e.AccountCode})
	}
	return append(list, field{"AMAflags", p.AMAFlags}, field{"CID-CallingPres", presentationWords(e.Presentation)},
		field{"Callgroup", formatGroups(e.CallGroup)}, field{"Pickupgroup", formatGroups(e.PickupGroup)},
		field{"Named Callgroup", strings.Join(e.NamedCallGroups, ", ")}, field{"Named Pickupgroup", strings.Join(e.NamedPickupGroups, ", ")},
		field{"MOHSuggest", e.MOHSuggest}, field{"VoiceMailbox", strings.Join(e.Mailboxes, ",")}, field{"TransferMode", p.TransferMode},
		field{"LastMsgsSent", d.lastMessages(e)}, field{"Maxforwards", strconv.Itoa(p.MaxForwards)},
		field{"Call-limit", strconv.Itoa(p.CallLimit)}, field{"Busy-level", strconv.Itoa(p.BusyLevel)},
		field{"MaxCallBR", fmt.Sprintf("%d kbps", p.MaxCallBitrate)}, field{"Dynamic", yn(p.Dynamic)},
		field{"Callerid", peerCallerID(e.CallerID)}, field{"RegExpire", d.peerExpire(e) + " seconds"})
}

// lastMessages is how many new messages a peer was told of last: -1 if its
// mailboxes are still to be told.
func (d *Driver) lastMessages(e *Endpoint) string {
	return choose(len(e.Mailboxes) > 0 && len(d.location.contacts(e.Name)) == 0, "-1", "0")
}

func (d *Driver) peerHow(e *Endpoint) []field {
	p := e.Peer
	support, correction, datagram := t38Word(e.T38)
	return []field{
		{"SIP-AuthInsecure", insecureWord(p)}, {"SIP-Forcerport", choose(p.AutoForceRport, choose(p.ForceRport, "A", "a"), yn(p.ForceRport))},
		{"SIP-Comedia", choose(p.AutoComedia, choose(p.Comedia, "A", "a"), yn(p.Comedia))}, {"ACL", yn(len(e.ACL) > 0)},
		{"SIP-CanReinvite", yn(e.DirectMedia)}, {"SIP-DirectMedia", yn(e.DirectMedia)}, {"SIP-PromiscRedir", yn(p.PromiscRedir)},
		{"SIP-UserPhone", yn(e.UserEqPhone)}, {"SIP-VideoSupport", yn(p.VideoSupport != "no")}, {"SIP-TextSupport", yn(p.TextSupport)},
		{"SIP-T.38Support", support[:1]}, {"SIP-T.38EC", correction}, {"SIP-T.38MaxDtgrm", datagram},
		{"SIP-Sess-Timers", p.SessionTimers}, {"SIP-Sess-Refresh", p.SessionRefresher},
		{"SIP-Sess-Expires", strconv.Itoa(int(e.TimersExpires.Seconds()))}, {"SIP-Sess-Min", strconv.Itoa(int(e.TimersMinSE.Seconds()))},
		{"SIP-RTP-Engine", "asterisk"}, {"SIP-Encryption", yn(p.Encryption)}, {"SIP-RTCP-Mux", yn(e.RTCPMux)}, {"SIP-DTMFmode", dtmfWord(e.DTMF)},
	}
}

func (d *Driver) peerWhere(e *Endpoint) []field {
	p := e.Peer
	address, port := d.place(e, "(null)")
	fallback := choose(p.Default == "", "(null)", p.Default)
	status, _, _ := d.monitored(e)
	agent, contact := "", ""
	for _, c := range d.location.contacts(e.Name) {
		if !c.Static {
			agent, contact = c.UserAgent, c.URI
		}
	}
	list := []field{
		{"ToHost", p.Host}, {"Address-IP", address}, {"Address-Port", port}, {"Default-addr-IP", fallback},
		{"Default-addr-port", choose(p.Default == "", "0", "5060")}, {"Default-Username", d.peerUser(e)}, {"Codecs", codecList(e.Codecs)},
		{"Status", status}, {"SIP-Useragent", agent}, {"Reg-Contact", contact},
		{"QualifyFreq", fmt.Sprintf("%d ms", p.QualifyFrequency.Milliseconds())}, {"Parkinglot", p.Parkinglot},
	}
	for _, v := range e.SetVar {
		list = append(list, field{"ChanVariable", v.Name + "=" + v.Value})
	}
	return append(list, field{"SIP-Use-Reason-Header", yn(p.UseReason)}, field{"Description", p.Description})
}

func (d *Driver) actRegistry(r *command.ActionRequest) error {
	list := d.Model().Registrations
	r.ListStart("Registrations will follow")
	for _, g := range list {
		state, since, refresh := "Unregistered", int64(0), g.Expiration
		if o := d.outgoing(g.Name); o != nil {
			o.mu.Lock()
			state = o.state
			if state == "Registered" {
				refresh, since = o.refresh, o.since.Unix()
			}
			o.mu.Unlock()
		}
		var fields []command.Field
		for _, f := range [][2]string{{"Host", g.Host}, {"Port", strconv.Itoa(g.Port)}, {"Username", g.User}, {"Domain", g.Host},
			{"DomainPort", "5060"}, {"Refresh", strconv.Itoa(int(refresh / time.Second))}, {"State", state},
			{"RegistrationTime", strconv.FormatInt(since, 10)}} {
			fields = append(fields, command.Field{Key: f[0], Value: f[1]})
		}
		r.Event("RegistryEntry", fields...)
	}
	r.ListEnd("RegistrationsComplete", len(list))
	return nil
}

func (d *Driver) actPeerStatus(r *command.ActionRequest) error {
	peers := d.Model().List()
	slices.SortStableFunc(peers, func(a, b *Endpoint) int { return bucket(a.Name) - bucket(b.Name) })
	if name := r.Get("Peer"); name != "" {
		e := d.Model().Endpoint(name)
		if e == nil || e.Peer.Kind == "user" {
			return command.Refusal("No such peer")
		}
		peers = []*Endpoint{e}
	}
	r.ListStart("Peer status will follow")
	for _, e := range peers {
		status, rtt := d.peerWord(e)
		fields := []command.Field{{Key: "Privilege", Value: "System"}, {Key: "ChannelType", Value: "SIP"}, {Key: "Peer", Value: "SIP/" + e.Name},
			{Key: "PeerStatus", Value: status}}
		if rtt > 0 {
			fields = append(fields, command.Field{Key: "Time", Value: strconv.FormatInt(rtt.Milliseconds(), 10)})
		}
		r.Event("PeerStatus", append(fields, command.Field{Key: "ActionID"})...)
	}
	r.ListEnd("SIPpeerstatusComplete", len(peers))
	return nil
}

// peerWord is a peer's reachability in the words of PeerStatus.
func (d *Driver) peerWord(e *Endpoint) (word string, rtt time.Duration) {
	if e.Peer.Qualify == 0 {
		return "Unmonitored", 0
	}
	for _, c := range d.location.contacts(e.Name) {
		if c.Status == Reachable || c.Status == Lagged || c.Status == Unreachable {
			return c.Status.String(), c.RTT
		}
	}
	return "Unknown", 0
}

func (d *Driver) actQualifyPeer(r *command.ActionRequest) error {
	e, err := d.peerNamed(r, "Peer not found")
	if err != nil {
		return err
	}
	r.Reply("Success", "SIP peer found - will qualify")
	if e.Peer.Qualify > 0 {
		for _, c := range d.location.contacts(e.Name) {
			d.qualify(d.Model().AOR(e.Name), c)
		}
	}
	if d.bus.Wants(event.KindGeneric) {
		done := &event.Generic{Name: "SIPQualifyPeerDone", Class: "call", Fields: []event.Variable{{Name: "Peer", Value: e.Name}}}
		if id := r.Get("ActionID"); id != "" {
			done.Fields = append(done.Fields, event.Variable{Name: "ActionID", Value: id})
		}
		d.bus.Publish(done)
	}
	return nil
}
