package phone

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// The two technologies, which are also the names before the slash of a dial string.
const (
	PJSIP = "PJSIP"
	SIP   = "SIP"
)

// A Model is everything that the configuration says about one technology. It is
// immutable once a loader has returned it.
type Model struct {
	Technology string // PJSIP or SIP
	Global     Global
	System     System
	can        *abilities
	// MailWatches are the mailboxes elsewhere that sip.conf wants to know of.
	MailWatches []*MailWatch

	Endpoints     map[string]*Endpoint
	AORs          map[string]*AOR
	Auths         map[string]*Auth
	Transports    []*Transport // in the order of the file
	Identifies    []*Identify  // by name
	Registrations []*Registration
	ACLs          []*ACL // sections of type acl: they hold for every request
	// Aliases maps a domain to the one it stands for (type domain_alias).
	Aliases      map[string]string
	Lists        map[string]*ResourceList
	Publishes    map[string]*OutboundPublish
	Inbounds     map[string]*InboundPublication
	Publications map[string]*AsteriskPublication
	// Notifies are the types of NOTIFY that pjsip_notify.conf or sip_notify.conf
	// lists; the loader of the file puts them in.
	Notifies map[string][]event.Variable

	// Hints are those that wizards ask for.
	Hints []Hint

	provisions  []*Provision
	wizards     map[string]string // the wizard that made an object, by kind/name
	made        []*config.Section // what wizards made
	hintOf      map[string]Hint   // by wizard, also those that are not asked for
	defaults    *Endpoint         // what sip.conf's [general] gives to peers
	fresh       *sipDraft         // the same, as a peer begins
	peerOptions []*optionTable[sipDraft]
	namedACL    func(name string) (Rules, bool)
	lending     *lending // peers that databases have lent; nil: none does
	order       []string // names of endpoints, as the tables list them
	byAOR       map[string][]*Endpoint
	byMailbox   map[string][]*Endpoint // that are told of it without asking
	byAddr      map[netip.AddrPort]*Endpoint
	byIP        map[netip.Addr]*Endpoint
	match       addressTable
	lines       map[string]*Endpoint // by the token of a registration with line=yes
	identifiers []string             // ways to identify, in their order
	guest       *Endpoint            // who calls without being anybody: sip.conf's allowguest
}

// Endpoint returns the endpoint with the name, or nil. chan_sip does not mind case.
func (m *Model) Endpoint(name string) *Endpoint {
	if m.Technology != SIP {
		return m.Endpoints[name]
	}
	name = strings.ToLower(name)
	if e := m.Endpoints[name]; e != nil {
		return e
	}
	if p := m.lending.find(name); p != nil {
		return p.endpoint
	}
	return nil
}

// AOR returns the address of record with the name, or nil.
func (m *Model) AOR(name string) *AOR {
	if m.Technology != SIP {
		return m.AORs[name]
	}
	name = strings.ToLower(name)
	if a := m.AORs[name]; a != nil {
		return a
	}
	if p := m.lending.find(name); p != nil {
		return p.aor
	}
	return nil
}

// Auth returns the auth with the name, or nil.
func (m *Model) Auth(name string) *Auth {
	if a := m.Auths[name]; a != nil {
		return a
	}
	if p := m.lending.find(strings.TrimSuffix(name, outwards)); p != nil {
		return p.auths[name]
	}
	return nil
}

// List returns the endpoints in the order in which tables show them.
func (m *Model) List() []*Endpoint {
	list := make([]*Endpoint, 0, len(m.order))
	for _, name := range m.order {
		list = append(list, m.Endpoints[name])
	}
	if more := m.lending.kept(); len(more) > 0 {
		list = append(list, more...)
		slices.SortFunc(list, func(a, b *Endpoint) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	}
	return list
}

// Transport returns the transport with the name, or nil.
func (m *Model) Transport(name string) *Transport {
	for _, t := range m.Transports {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Global is pjsip.conf's type=global, and what sip.conf's [general] says for all.
type Global struct {
	UserAgent                string
	MaxForwards              int
	Realm                    string // of challenges to those who have no auth of their own
	FromUser                 string // default_from_user; sip.conf's callerid
	FromDomain               string // sip.conf's fromdomain
	KeepAlive                time.Duration
	IdentifierOrder          []string // "ip", "username", "anonymous", "header", "auth_username", "request_uri"
	OutboundEndpoint         string
	RegContext               string
	VoicemailExtension       string
	Debug                    string // "no", "yes" or an address whose messages the console shows
	DisableMultiDomain       bool
	IgnoreURIUserOptions     bool
	UseCallerIDContact       bool
	SendContactStatusOnRenew bool
	NoInitialMWI             bool // mwi_disable_initial_unsolicited
	NoReferSub               bool
	Send180After183          bool
	AllCodecsOnEmptyReinvite bool
	MaxInitialQualify        time.Duration
	ExpirationCheck          time.Duration // 0 lets contacts expire to the second
	UnidentifiedCount        int
	UnidentifiedPeriod       time.Duration
	UnidentifiedPrune        time.Duration
	AlgorithmsUAS            []string
	AlgorithmsUAC            []string

	// General is what only sip.conf has; nil in pjsip.conf.
	General *General

	other settings
}

// System is pjsip.conf's type=system: what can't change while the exchange runs.
type System struct {
	TimerT1, TimerB  time.Duration
	CompactHeaders   bool
	DisableTCPSwitch bool
	DisableRport     bool

	FollowEarlyMediaFork, AcceptMultipleSDPAnswers bool

	other settings
}

// General is the part of sip.conf's [general] that describes no peer.
type General struct {
	Context                               string // for those whom we do not know
	AllowGuest                            bool
	AlwaysAuthReject                      bool
	AllowTransfer, AllowSubscribe         bool
	AllowOverlap                          bool
	DirectRTPSetup                        bool
	AutoCreatePeer                        autoCreate
	Jitter                                sipJitter
	Extern                                extern
	Lending                               lendOptions
	MatchAuthUsername                     bool
	CallCounter                           bool
	AuthOptions                           bool // auth_options_requests
	AcceptMessages, AuthMessages          bool // accept_outofcall_message, auth_message_requests
	AuthFailureEvents                     bool
	StrangersLimit                        int           // tcpauthlimit, 0 is none
	StrangerTimeout                       time.Duration // tcpauthtimeout
	T1Min                                 time.Duration // t1min
	RelaxDTMF                             bool          // relaxdtmf
	Pedantic, SRVLookup                   bool
	RecordHistory                         bool
	LegacyUserFieldParsing                bool
	KeepCallerID                          bool   // shrinkcallerid=no
	ExcludeStatic                         bool   // dynamic_exclude_static
	MWIType, MWIFrom                      string // notifymimetype, mwi_from
	PromiscRedir                          bool
	StoreSIPCause, UseQ850Reason          bool
	SubscribeContext                      string
	SDPSession, SDPOwner                  string
	Domains                               []Domain
	AllowExternalDomains, AutoDomain      bool
	DomainsAsRealm                        bool
	MinExpiry, MaxExpiry, DefaultExpiry   time.Duration
	SubMinExpiry, SubMaxExpiry            time.Duration
	RegisterTimeout                       time.Duration // registertimeout
	RegisterAttempts                      int           // 0 goes on for ever
	RegisterRetry403                      bool
	QualifyFrequency                      time.Duration
	QualifyGap                            time.Duration
	QualifyPeers                          int
	QualifyDefault                        time.Duration // what qualify= in [general] gives to peers, 0 is off
	NotifyRinging, NotifyHold, NotifyCID  bool
	RegextenOnQualify, PreMatureMedia     bool
	VoicemailExtension, MOHInterpret, MOH string
	Realms                                []Auth // auth= lines of [authentication]
}

// Domain is a domain= line of sip.conf: requests to it enter Context.
type Domain struct {
	Name, Context string
	auto          bool // an address at which we listen
}
