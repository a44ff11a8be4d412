package phone

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/facts"
)

// A sipDraft is a peer of sip.conf, or the defaults that [general] gives to
// peers, while its lines are read.
type sipDraft struct {
	Endpoint
	Peer Peer
	AOR  AOR

	general *sipGeneral
}

// sipGeneral collects what [general] says beyond the defaults of peers.
type sipGeneral struct {
	Global
	General
	T1, TimerB     time.Duration
	UDP, TCP, TLS  netip.AddrPort
	Bind           netip.AddrPort
	BindPort       int
	TCPOn, TLSOn   bool
	TLSTransport   Transport
	MediaAddress   string
	LocalNets      []netip.Prefix
	TOSSIP, COSSIP int
	Registers      []config.Entry
	Watches        []config.Entry // mwi =>
	MWIExpiry      time.Duration
	compact        bool
}

type sipOption = option[sipDraft]

// LoadSIP reads the sections of sip.conf. As in chan_sip a wrong value is told
// and the default stays.
func (l *Loader) LoadSIP(file *config.File) (*Model, []config.Diagnostic) {
	l.problems, l.warned, l.peers, l.callbacks = nil, nil, nil, map[string]config.Entry{}
	m := newModel(SIP)
	common, peers, general := newOptionTable(sipCommon()...), newOptionTable(sipPeer()...), newOptionTable(sipGeneralOptions()...)
	m.peerOptions, m.namedACL = []*optionTable[sipDraft]{peers, common}, l.NamedACL
	draft := freshSIP(l.Version)
	draft.general.Realm = orText(l.System, draft.general.Realm)
	for _, s := range plain(file) {
		switch strings.ToLower(s.Name) {
		case "general":
			l.sipLines(&draft, s, "general section", general, common)
		case "authentication":
			l.sipAuthentication(draft.general, s)
		}
	}
	l.sipGlobal(m, &draft)
	for _, t := range m.Transports {
		if t.Protocol == "tls" {
			l.certificates(t, file.Section("general"), sipCertificates)
		}
	}
	m.listenAtBothFamilies()
	for _, s := range plain(file) {
		if n := strings.ToLower(s.Name); n != "general" && n != "authentication" {
			l.sipPeer(m, draft, s)
		}
	}
	if m.Global.General.AutoDomain {
		host, _ := os.Hostname()
		m.addDomains(host)
	}
	for _, e := range draft.general.Registers {
		l.sipRegister(m, draft.general, e)
	}
	for _, key := range m.order {
		if e, ok := l.callbacks[key]; ok {
			l.sipRegister(m, draft.general, e)
			delete(l.callbacks, key) // the order has a peer of several sections as often
		}
	}
	for _, e := range draft.general.Watches {
		l.sipMWI(m, draft.general, e)
	}
	if m.Global.General.ExcludeStatic {
		m.excludeStatic()
	}
	m.indexSIP()
	return m, l.problems
}

// freshSIP are chan_sip's defaults.
func freshSIP(version string) sipDraft {
	any4 := netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	d := sipDraft{general: &sipGeneral{UDP: netip.AddrPort{}, TCP: netip.AddrPort{}, TLS: netip.AddrPort{}, Bind: any4,
		T1: 500 * time.Millisecond, COSSIP: 4}}
	g := d.general
	g.Global = Global{UserAgent: version, MaxForwards: 70, Realm: "asterisk", FromUser: "asterisk"}
	g.General = General{Context: "default", AllowGuest: true, AlwaysAuthReject: true, AcceptMessages: true, AuthMessages: true, AllowTransfer: true, AllowSubscribe: true,
		AllowOverlap: true, Pedantic: true, SRVLookup: true, AllowExternalDomains: true, SDPSession: version, SDPOwner: "root",
		MinExpiry: time.Minute, MaxExpiry: time.Hour, DefaultExpiry: 2 * time.Minute, SubMinExpiry: time.Minute,
		SubMaxExpiry: time.Hour, RegisterTimeout: 20 * time.Second, QualifyFrequency: time.Minute, QualifyGap: 100 * time.Millisecond,
		StrangersLimit: 100, StrangerTimeout: 30 * time.Second, T1Min: 100 * time.Millisecond,
		QualifyPeers: 1, NotifyRinging: true, PreMatureMedia: true, VoicemailExtension: "asterisk", MOHInterpret: "default",
		Jitter: freshJitter(), Lending: lendOptions{Update: true, ClearAfter: 2 * time.Minute}, Extern: extern{Refresh: 10 * time.Second}}
	d.Endpoint = Endpoint{Technology: SIP, DirectMedia: true, DirectMediaMethod: "invite", AllowSubscribe: true, AllowTransfer: true,
		AllowOverlap: true, SendDiversion: true, TrustConnectedLine: true, SendConnectedLine: true, ConnectedLineMethod: "invite",
		Timers: TimersYes, TimersMinSE: 90 * time.Second, TimersExpires: 30 * time.Minute, RedirectMethod: "user",
		IncomingOfferPref: "local", OutgoingOfferPref: "remote_merge", SDPOwner: "root", SDPSession: version, MaxAudio: 1, MaxVideo: 1,
		RecordOn: "automon", RecordOff: "automon", COSAudio: 5, COSVideo: 6, MediaEncryption: "no", VoicemailExtension: "asterisk",
		T38: T38{ErrorCorrection: "none"}, DTLS: DTLS{Setup: "active", Fingerprint: "SHA-256", VerifyText: "No"}}
	d.setCodecs([]string{"ulaw", "alaw", "gsm", "h263"})
	d.Peer = Peer{AutoForceRport: true, ReferHeaders: true, Transports: []string{"udp"}, QualifyFrequency: time.Minute, MaxCallBitrate: 384,
		TransferMode: "open", VideoSupport: "no", AMAFlags: "Unknown", SessionTimers: "Accept", SessionRefresher: "uas",
		Progress: "no", SendRPID: "no", TrustOutbound: "Legacy", T1: 500 * time.Millisecond, TimerB: 32 * time.Second}
	return d
}

// sipLines applies a section's lines; where two tables know a name the first wins.
// It reports false where a rule of whom to let in can't be read: without it the
// others would let in whom it was to keep out.
func (l *Loader) sipLines(d *sipDraft, s *config.Section, kind string, tables ...*optionTable[sipDraft]) (sound bool) {
	sound = true
	object := choose(d.general != nil, "general", "peer")
	for _, e := range s.Entries {
		name := strings.ToLower(e.Key)
		if name == "type" || strings.HasPrefix(name, "@") {
			continue
		}
		if name == "mwi" && d.general != nil {
			d.general.Watches = append(d.general.Watches, e)
			continue
		}
		if name == "register" && d.general != nil {
			d.general.Registers = append(d.general.Registers, e)
			continue
		}
		at := slices.IndexFunc(tables, func(t *optionTable[sipDraft]) bool { return t.byName[name] != nil })
		switch {
		case at >= 0:
			err := tables[at].byName[name].set(d, strings.TrimSpace(e.Value))
			switch {
			case err == nil, l.remarked(e, err):
			case strings.HasSuffix(name, "permit"), strings.HasSuffix(name, "deny"):
				sound = false
				l.problem(e, true, "%s: %v: %s is left out", e.Key, err, s.Name)
			default:
				l.problem(e, false, "%s: %v: the line is ignored", e.Key, err)
			}
		case slices.Contains(sipWithout, name):
		case sipPointless(object, name) != "":
			l.once(e, kind, sipPointless(object, name))
		case name == "acl" || name == "contactacl" || name == "directmediaacl":
			rules := map[string]*Rules{"acl": &d.ACL, "contactacl": &d.ContactACL, "directmediaacl": &d.Peer.DirectMediaACL}[name]
			*rules = l.named(e, *rules)
		default:
			misspelt(l, e, false, namesOfSIP(), "%q is no option of a %s: the line is ignored", e.Key, kind)
		}
	}
	return sound
}

// sipWithout are names that sip.conf once had: chan_sip 16 passes over them, and so do we.
var sipWithout = []string{"allowmessages", "callevents", "counteronpeer", "hash_peers", "hash_users", "limitonpeer", "limitonpeers"}

// namesOfSIP are the options that chan_sip has.
func namesOfSIP() map[string]bool {
	names := map[string]bool{}
	for _, o := range facts.Options("sip.conf", "") {
		names[o.Name] = true
	}
	return names
}

// sipGlobal turns what [general] said into the model's globals and transports.
func (l *Loader) sipGlobal(m *Model, d *sipDraft) {
	g := d.general
	g.Peer(d)
	m.Global = g.Global
	general := g.General
	m.Global.General = &general
	fresh, peer := d.Endpoint, d.Peer
	fresh.Peer = &peer
	m.defaults = &fresh
	draft := *d
	m.fresh = &draft
	guest := fresh
	guest.Context, guest.Name = g.Context, ""
	m.guest = &guest
	// chan_sip repeats a request for the first time after twice T1, and what it
	// tells of lagging peers depends on it.
	m.System = System{TimerT1: 2 * d.Peer.T1, TimerB: d.Peer.TimerB, CompactHeaders: g.compact, DisableTCPSwitch: true}
	add := func(protocol string, bind netip.AddrPort, port int) {
		if !bind.IsValid() {
			bind = g.Bind
		}
		if bind.Port() == 0 {
			bind = netip.AddrPortFrom(bind.Addr(), uint16(port))
		}
		t := g.TLSTransport
		t.Name, t.Protocol, t.Bind, t.LocalNets = protocol, protocol, bind, g.LocalNets
		t.TOS, t.COS = g.TOSSIP, g.COSSIP
		if g.MediaAddress != "" {
			t.ExternalMedia = g.MediaAddress
		}
		m.Transports = append(m.Transports, &t)
	}
	port := 5060
	if g.BindPort != 0 {
		port = g.BindPort
	}
	add("udp", g.UDP, port)
	if g.TCPOn {
		add("tcp", g.TCP, port)
	}
	if g.TLSOn {
		add("tls", g.TLS, 5061)
	}
}

// listenAtBothFamilies gives transports at :: one of IPv4 beside them: chan_sip's
// sockets of IPv6 take IPv4, too, those of pjsip.conf do not.
func (m *Model) listenAtBothFamilies() {
	for _, t := range slices.Clone(m.Transports) {
		if t.Bind.Addr() == netip.IPv6Unspecified() {
			four := *t
			four.Name, four.Bind = t.Name+" of IPv4", netip.AddrPortFrom(netip.IPv4Unspecified(), t.Bind.Port())
			m.Transports = append(m.Transports, &four)
		}
	}
}

// Peer gives peers what [general] says of expiry and qualifying.
func (g *sipGeneral) Peer(d *sipDraft) {
	d.AOR = AOR{DefaultExpiration: g.DefaultExpiry, MinimumExpiration: g.MinExpiry, MaximumExpiration: g.MaxExpiry,
		MaxContacts: 1, RemoveExisting: true, QualifyTimeout: 3 * time.Second}
	d.Peer.QualifyFrequency = g.QualifyFrequency
	if d.Endpoint.Context == "" {
		d.Endpoint.Context = g.Context
	}
}

func (l *Loader) sipPeer(m *Model, d sipDraft, s *config.Section) {
	kind, typed := s.Lookup("type")
	if !typed {
		l.problem(heading(s), false, "section %s has no type and is ignored", s.Name)
		return
	}
	switch kind = strings.ToLower(strings.Trim(kind, "; \t")); kind {
	case "peer", "user", "friend":
		d.Peer.Kind = kind
	default:
		l.problem(heading(s), false, "section %s has the unknown type %q and is ignored", s.Name, kind)
		return
	}
	key := strings.ToLower(s.Name)
	if before, ok := l.peers[key]; ok { // a section of the same name, upper and lower case alike, goes on
		l.problem(heading(s), false, "section %s goes on with what %s says above", s.Name, before.Endpoint.Name)
		before.Peer.Kind = kind
		d = before
	} else {
		d.Endpoint.Name, d.AOR.Name = s.Name, s.Name
	}
	d.Endpoint.SetVar = slices.Clone(d.Endpoint.SetVar)
	d.general = nil
	if !l.sipLines(&d, s, d.Peer.Kind, m.peerOptions...) {
		m.forget(key)
		delete(l.callbacks, key)
		return
	}
	if l.peers == nil {
		l.peers = map[string]sipDraft{}
	}
	l.sipTransports(m, &d, s)
	l.peers[key] = d
	o := d.object(key)
	m.add(key, o)
	if p := o.endpoint.Peer; p.Callback != "" && p.Host != "" {
		l.callbacks[key] = config.Entry{Key: "register", Value: o.endpoint.registerLine(), File: s.File, Line: s.Line}
	} else {
		delete(l.callbacks, key)
	}
}

// A sipObject is what a draft makes: a peer, where it is reached unless it is a user, and
// what it and we must know, by the names of the auths.
type sipObject struct {
	endpoint *Endpoint
	aor      *AOR
	auths    map[string]*Auth
}

// draft is what [general] gives to a peer of a name.
func (m *Model) draft(name, kind string) sipDraft {
	d := *m.fresh
	d.Endpoint.Name, d.AOR.Name = name, name
	d.Endpoint.SetVar = slices.Clone(d.Endpoint.SetVar)
	d.general = nil
	d.Peer.Kind = kind
	return d
}

// object makes a peer of a draft that has all of its lines.
func (d *sipDraft) object(key string) sipObject {
	d.finish()
	e, p := d.Endpoint, d.Peer
	e.Peer = &p
	o := sipObject{endpoint: &e}
	if p.Kind != "user" {
		a := d.AOR
		o.aor, e.AORs = &a, []string{e.Name}
	}
	o.auths = authsOf(&e, key)
	return o
}

// add gives the model a peer.
func (m *Model) add(key string, o sipObject) {
	m.Endpoints[key] = o.endpoint
	if o.aor != nil {
		m.AORs[key] = o.aor
	}
	maps.Copy(m.Auths, o.auths)
	m.order = append(m.order, key)
}

// forget takes a peer away that a section above has made.
func (m *Model) forget(key string) {
	delete(m.Endpoints, key)
	delete(m.AORs, key)
	m.order = slices.DeleteFunc(m.order, func(name string) bool { return name == key })
}

// sipTransports leaves out the transports of a peer at which we do not listen, as
// chan_sip does: without another one those of [general] hold.
func (l *Loader) sipTransports(m *Model, d *sipDraft, s *config.Section) {
	e, ok := s.Entry("transport")
	if !ok {
		return
	}
	var usable []string
	for _, protocol := range d.Peer.Transports {
		if (protocol == "tcp" || protocol == "tls") && m.Transport(protocol) == nil {
			l.problem(e, false, "transport: %s is of no use without %senable=yes: %s is reached without it", protocol, protocol, s.Name)
			continue
		}
		usable = append(usable, protocol)
	}
	if len(usable) == 0 {
		usable = m.defaults.Peer.Transports
	}
	d.Peer.Transports = usable
}

// outwards ends the name of an auth for the challenges of others.
const outwards = ";out"

// authsOf are the peer's secrets as auths, as pjsip.conf would have them.
func authsOf(e *Endpoint, key string) map[string]*Auth {
	p, auths := e.Peer, map[string]*Auth{}
	if p.Secret != "" || p.MD5 != "" {
		kind := choose(p.MD5 != "", "md5", "userpass")
		auths[key] = &Auth{Name: e.Name, Type: kind, Username: e.Name, Password: p.Secret, MD5: p.MD5,
			NonceLifetime: time.Minute, AlgorithmsUAS: []string{"MD5"}}
		e.Auths = []string{key}
	}
	secret := p.Remote
	if secret == "" {
		secret = p.Secret
	}
	if secret != "" || p.MD5 != "" {
		user := e.Name
		if p.Username != "" {
			user = p.Username
		}
		name := key + outwards
		auths[name] = &Auth{Name: name, Type: choose(secret == "", "md5", "userpass"), Username: user, Password: secret, MD5: p.MD5,
			AlgorithmsUAC: []string{"MD5"}}
		e.OutboundAuths = []string{name}
	}
	return auths
}

// finish derives what several lines together say.
func (d *sipDraft) finish() {
	p, e := &d.Peer, &d.Endpoint
	if p.Port == 0 && !p.Dynamic {
		p.Port = 5060
		if p.Transports[0] == "tls" {
			p.Port = 5061
		}
	}
	e.Transport = p.Transports[0]
	e.ForceRport, e.RTPSymmetric, e.T38.NAT = p.ForceRport, p.Comedia, p.Comedia
	e.RewriteContact = p.ForceRport
	e.DeviceStateBusyAt = p.BusyLevel
	if p.DTLS {
		e.MediaEncryption = "dtls"
	}
	e.SendRPID, e.SendPAI = p.SendRPID == "rpid", p.SendRPID == "pai"
	if e.MOHSuggest == "" {
		e.MOHSuggest = p.MOHInterpret
	}
	if p.Qualify > 0 {
		d.AOR.QualifyFrequency, d.AOR.Lagged = p.QualifyFrequency, p.Qualify
	}
	p.CallCounter = p.CallLimit > 0
	d.AOR.Mailboxes = e.Mailboxes
	if p.Dynamic || p.Host == "" {
		return
	}
	user := ""
	if p.Username != "" {
		user = p.Username + "@"
	}
	uri := "sip:" + user + p.Host
	if strings.Contains(p.Host, ":") && !strings.HasPrefix(p.Host, "[") {
		uri = "sip:" + user + "[" + p.Host + "]"
	}
	if p.Port != 5060 {
		uri += ":" + strconv.Itoa(p.Port)
	}
	if t := p.Transports[0]; t != "udp" {
		uri += ";transport=" + t
	}
	d.AOR.Contacts = []string{uri}
}

// sipAuthentication reads auth=user:secret@realm and auth=user#md5@realm.
func (l *Loader) sipAuthentication(g *sipGeneral, s *config.Section) {
	for _, e := range s.Entries {
		a, err := parseSIPAuth(e.Value)
		if !strings.EqualFold(e.Key, "auth") || err != nil {
			l.problem(e, false, "%s=%s is no auth=user:secret@realm: the line is ignored", e.Key, e.Value)
			continue
		}
		g.Realms = append(g.Realms, a)
	}
}

func parseSIPAuth(text string) (Auth, error) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return Auth{}, fmt.Errorf("no realm in %q", text)
	}
	credentials, realm := text[:at], text[at+1:]
	if user, secret, ok := strings.Cut(credentials, ":"); ok {
		return Auth{Type: "userpass", Username: user, Password: secret, Realm: realm}, nil
	}
	if user, digest, ok := strings.Cut(credentials, "#"); ok {
		return Auth{Type: "md5", Username: user, MD5: digest, Realm: realm}, nil
	}
	return Auth{}, fmt.Errorf("no secret in %q", text)
}

// indexSIP builds what finds peers by address, and sorts them by name.
func (m *Model) indexSIP() {
	defer m.indexMailboxes() // when the order is known
	slices.Sort(m.order)
	m.order = slices.Compact(m.order)
	m.byAddr, m.byIP = map[netip.AddrPort]*Endpoint{}, map[netip.Addr]*Endpoint{}
	for _, name := range m.order {
		e := m.Endpoints[name]
		if e.Peer.Kind == "user" || e.Peer.Dynamic {
			continue
		}
		if a, err := netip.ParseAddr(strings.Trim(e.Peer.Host, "[]")); err == nil {
			m.byAddr[netip.AddrPortFrom(a.Unmap(), uint16(e.Peer.Port))] = e
			if e.Peer.InsecurePort {
				m.byIP[a.Unmap()] = e
			}
		}
	}
}
