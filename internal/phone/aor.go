package phone

import "time"

// An AOR is an address of record: the name under which contacts register.
// sip.conf's peers have one each, of the peer's name.
type AOR struct {
	Name               string
	Contacts           []string // SIP URIs that are there without registration
	DefaultExpiration  time.Duration
	MinimumExpiration  time.Duration
	MaximumExpiration  time.Duration
	MaxContacts        int // 0 lets nobody register
	RemoveExisting     bool
	RemoveUnavailable  bool
	QualifyFrequency   time.Duration // 0 is off
	QualifyTimeout     time.Duration
	Qualify2xxOnly     bool
	AuthenticateQual   bool
	OutboundProxy      string
	SupportPath        bool
	Mailboxes          []string
	VoicemailExtension string

	// Lagged is the longest round trip that still is Reachable; only sip.conf
	// (qualify=) sets it.
	Lagged time.Duration
}

// An Auth is what somebody must know: pjsip.conf's type=auth, sip.conf's secret.
type Auth struct {
	Name          string
	Type          string // "userpass", "md5", "digest", "google_oauth"
	Username      string
	Password      string
	MD5           string            // md5_cred: hex of MD5(user:realm:password)
	Digests       map[string]string // password_digest, by algorithm: "MD5", "SHA-256", "SHA-512-256"
	Realm         string            // inbound: of our challenge; outbound: only for this one, empty or * for any
	NonceLifetime time.Duration
	AlgorithmsUAS []string
	AlgorithmsUAC []string

	other settings
}

// A Registration is one that we keep at somebody else's registrar: pjsip.conf's
// type=registration, sip.conf's register =>.
type Registration struct {
	Name                   string
	ServerURI, ClientURI   string
	ContactUser            string
	ContactParams          string
	Expiration             time.Duration
	RetryInterval          time.Duration
	ForbiddenRetryInterval time.Duration
	FatalRetryInterval     time.Duration
	MaxRetries             int
	MaxInitialDelay        time.Duration
	AuthRejectionPermanent bool
	OutboundAuths          []string
	OutboundProxy          string
	Transport              string
	Line                   bool
	Endpoint               string
	SupportPath            bool
	SupportOutbound        bool // RFC 5626 is said to be supported
	UserAgent              string

	Mediasec Mediasec

	// Host, Port, User and Refresh are the words of sip.conf's register line, for its tables.
	Host, User string
	Port       int
	Where      string // file:line
}
