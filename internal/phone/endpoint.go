package phone

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// An Endpoint is a phone, a trunk or anything else that calls us or that we
// call: pjsip.conf's type=endpoint, sip.conf's peer, user or friend. It is
// immutable.
type Endpoint struct {
	Name       string
	Technology string // PJSIP or SIP
	Context    string

	// Formats are those that both allow= named and this exchange knows, best
	// first. Codecs are all the names that were allowed, known or not.
	Formats []*media.Format
	Codecs  []string
	// Framings are the packets' lengths that allow= asks for, as ulaw:40.
	Framings map[*media.Format]time.Duration

	AORs          []string // names, in order
	Auths         []string // inbound; none lets everybody in who is identified
	OutboundAuths []string
	Transport     string // name of the one to send by, or empty

	IdentifyBy []string // "username", "ip", "auth_username", "header", "request_uri"

	// Who they are
	CallerID                              event.Party
	Presentation                          event.Presentation // callerid_privacy
	TrustIDInbound, TrustIDOutbound       bool
	SendPAI, SendRPID, RPIDImmediate      bool
	SendDiversion, SendHistoryInfo        bool
	TrustConnectedLine, SendConnectedLine bool
	ConnectedLineMethod                   string // "invite", "reinvite" or "update"
	FromUser, FromDomain, ContactUser     string
	UserEqPhone                           bool
	Language, AccountCode, ToneZone       string
	MOHSuggest, TenantID                  string
	SetVar                                []event.Variable
	CallGroup, PickupGroup                uint64
	NamedCallGroups, NamedPickupGroups    []string
	Mailboxes                             []string
	VoicemailExtension                    string
	MessageContext, SubscribeContext      string
	AllowSubscribe, AllowTransfer         bool
	AllowOverlap                          bool
	OverlapContext                        string
	NotifyEarlyInUseRinging, AggregateMWI bool
	MWIReplaces                           bool   // mwi_subscribe_replaces_unsolicited
	MWIFromUser                           string // of NOTIFY that nobody asked for
	IncomingMWI                           string // incoming_mwi_mailbox
	SubMinExpiry                          time.Duration
	DeviceStateBusyAt                     int
	AllowUnauthenticatedOptions           bool
	ACL, ContactACL                       Rules

	// The way to them
	ForceRport, RewriteContact bool
	OutboundProxy              string // SIP URI, or empty
	RedirectMethod             string // "user", "uri_core" or "uri_pjsip"
	FollowRedirectMethods      []string

	// The call
	Reliable             Reliable // 100rel
	Timers               Timers
	TimersMinSE          time.Duration
	TimersExpires        time.Duration
	InbandProgress       bool
	Ignore183WithoutSDP  bool
	FollowEarlyMediaFork bool
	AcceptMultipleSDP    bool
	ReferBlindProgress   bool
	SuppressQ850         bool // suppress_q850_reason_headers
	SendAOC              bool // the far end is told what its call costs
	FaxDetect            bool
	FaxDetectTimeout     time.Duration

	// The media
	DTMF                  DTMFMode
	DirectMedia           bool
	DirectMediaMethod     string // "invite", "reinvite" or "update"
	DirectMediaGlare      string // "none", "outgoing" or "incoming"
	DisableDirectMediaNAT bool
	RTPEngine             string
	HeldQuietly           bool // suppress_moh_on_sendonly
	RTPSymmetric          bool
	RTPIPv6               bool
	RTPKeepalive          time.Duration
	RTPTimeout            time.Duration
	RTPTimeoutHold        time.Duration
	RTPPortStart          int
	RTPPortEnd            int
	MediaAddress          string
	BindRTPToMediaAddress bool
	PreferredCodecOnly    bool
	AsymmetricCodec       bool
	IncomingOfferPref     string // "local", "remote", "local_merge" …
	OutgoingOfferPref     string
	CodecPrefs            [4]codecPref
	UsePtime              bool
	G726NonStandard       bool
	MOHPassthrough        bool
	SDPOwner, SDPSession  string
	TOSAudio, COSAudio    int
	TOSVideo, COSVideo    int
	TOSText, COSText      int
	MaxAudio, MaxVideo    int
	Bundle, RTCPMux       bool
	UseAVPF, ForceAVP     bool
	MediaEncryption       string // "no", "sdes", "dtls"
	MediaOptimistic       bool
	UseReceivedTransport  bool
	SRTPTag32             bool
	ICE, WebRTC           bool
	DTLS                  DTLS
	T38                   T38

	RecordOn, RecordOff string // features
	OneTouchRecording   bool

	// Peer is what only sip.conf says; nil in pjsip.conf.
	Peer *Peer

	Mediasec Mediasec

	can         *abilities
	refersAloud bool // global norefersub=no: REFER without a subscription (RFC 4488) is not announced

	other settings
}

// Peer is the part of an Endpoint that only sip.conf has.
type Peer struct {
	Kind     string // "peer", "user" or "friend"
	Host     string // address or name; empty is dynamic
	Dynamic  bool
	Port     int
	Default  string // defaultip
	Username string // defaultuser
	Secret   string
	MD5      string // md5secret
	Remote   string // remotesecret

	// The values of nat=. Auto ones follow what is learned about the phone.
	ForceRport, AutoForceRport, Comedia, AutoComedia bool

	InsecurePort, InsecureInvite bool

	Transports       []string      // allowed: "udp", "tcp", "tls", "ws", "wss"; the first is used to send
	Qualify          time.Duration // the longest time that is still OK; 0 is not monitored
	QualifyFrequency time.Duration
	CallLimit        int
	BusyLevel        int
	CallCounter      bool
	SubscribeMWI     bool // is told of mailboxes only if it subscribes
	RegExten         string
	MaxCallBitrate   int    // kbit/s
	TransferMode     string // "open" or "closed"
	ReferHeaders     bool   // refer_addheaders: a REFER has what SIPAddHeader added
	ClientCode       bool   // useclientcode: an INFO with X-ClientCode says for whom the call is
	StaysHeld        bool   // discard_remote_hold_retrieval: that it holds the call is told to nobody
	PromiscRedir     bool
	UseReqPhone      bool
	IgnoreSDPVersion bool
	RPIDUpdate       bool     // rpid_update
	Callback         string   // callbackextension: we register with it, and are called here
	Disallowed       []string // disallowed_methods
	VideoSupport     string   // "no", "yes" or "always"
	TextSupport      bool
	Description      string
	AMAFlags         string
	MaxForwards      int
	Keepalive        time.Duration
	T1, TimerB       time.Duration
	Parkinglot       string
	SessionTimers    string // "Accept", "Originate" or "Refuse"
	SessionRefresher string // "uac" or "uas"
	Progress         string // progressinband: "no", "never" or "yes"
	SendRPID         string // "no", "rpid" or "pai"
	TrustOutbound    string // "Legacy", "Yes" or "No"
	UseReason        bool
	Encryption       bool
	MOHInterpret     string
	DirectMediaACL   Rules
	auto             bool   // made by a registration: autocreatepeer
	Lent, Cached     bool   // of a database, and kept once it was asked for
	DTLS             bool   // dtlsenable
	BuggyMWI         bool   // buggymwi
	Realms           []Auth // auth= lines
	FaxByT38         bool   // a request for T.38 goes to the extension fax
}

// DTLS are the values of the dtls_ options.
type DTLS struct {
	Verify, AutoGenerate              bool
	VerifyText                        string
	CertFile, KeyFile, CAFile, CAPath string
	Cipher, Setup, Fingerprint        string
	Rekey                             int
}

// T38 are the values of the t38_ options.
type T38 struct {
	UDPTL, NAT, IPv6, BindToMedia bool
	// FollowRTP has fax go to the address that sound comes from (t38pt_usertpsource).
	FollowRTP       bool
	ErrorCorrection string // "none", "fec" or "redundancy"
	MaxDatagram     int
}

// DTMFMode says how keys travel.
type DTMFMode uint8

// The ways for keys.
const (
	DTMFRFC4733 DTMFMode = iota
	DTMFInband
	DTMFInfo
	DTMFAuto     // RFC 4733 if the other side offers it, else inband
	DTMFAutoInfo // RFC 4733 if the other side offers it, else INFO
	DTMFNone
)

var dtmfNames = [...]string{"rfc4733", "inband", "info", "auto", "auto_info", "none"}

// String returns pjsip.conf's name of the mode.
func (m DTMFMode) String() string { return dtmfNames[m] }

// Reliable is what 100rel says about RFC 3262.
type Reliable uint8

// The values of 100rel.
const (
	ReliableNo Reliable = iota
	ReliableYes
	ReliableRequired
	ReliablePeer
)

var reliableNames = [...]string{"no", "yes", "required", "peer_supported"}

// String returns pjsip.conf's word.
func (r Reliable) String() string { return reliableNames[r] }

// Timers is what timers says about RFC 4028.
type Timers uint8

// The values of timers.
const (
	TimersNo Timers = iota
	TimersYes
	TimersRequired
	TimersAlways
)

var timersNames = [...]string{"no", "yes", "required", "always"}

// String returns pjsip.conf's word.
func (t Timers) String() string { return timersNames[t] }
