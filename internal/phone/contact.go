package phone

import (
	"context"
	"crypto/md5" //nolint:gosec // names contacts as the reference does; protects nothing
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A Contact is one place at which an AOR can be reached now. It is immutable: a
// change makes another one.
type Contact struct {
	// ID is unique: the AOR, ";@" (or "@@" for a contact of the
	// configuration) and the MD5 of the URI, as AMI and AstDB show it.
	ID      string
	AOR     string
	URI     string
	Static  bool      // from the configuration
	Expires time.Time // zero of a static contact

	Endpoint          string // who registered it
	Path              []string
	UserAgent, CallID string
	CSeq              uint32
	ViaAddress        string
	ViaPort           int
	RegServer         string
	PruneOnBoot       bool
	// Source is where the REGISTER came from, and Transport by which: chan_sip
	// sends there if nat=force_rport.
	Source    netip.AddrPort
	Transport string
	Allowed   string // what Allow said of the phone, for sip show peer
	Stored    bool   // a row of a database tells of it

	Status ContactStatus
	RTT    time.Duration // of the last OPTIONS that was answered
}

// ContactStatus is what is known about a contact's reachability.
type ContactStatus uint8

// The states of a contact.
const (
	NonQualified ContactStatus = iota // nobody asked
	Reachable
	Unreachable
	Removed
	Updated // registered anew
	Lagged  // chan_sip: answered, but too late
)

// String returns the word that AMI's ContactStatus prints.
func (s ContactStatus) String() string {
	return [...]string{"NonQualified", "Reachable", "Unreachable", "Removed", "Updated", "Lagged"}[s]
}

// short is the word in the tables of the console.
func (s ContactStatus) short() string {
	return [...]string{"NonQual", "Avail", "Unavail", "Removed", "Updated", "Lagged"}[s]
}

// Hash returns the part of the ID that the tables show.
func (c *Contact) Hash() string { return c.ID[len(c.ID)-32:] }

func contactID(aor, uri string, static bool) string {
	sum := md5.Sum([]byte(uri))
	return aor + choose(static, "@@", ";@") + hex.EncodeToString(sum[:])
}

// with returns a copy with another reachability.
func (c *Contact) with(s ContactStatus, rtt time.Duration) *Contact {
	next := *c
	next.Status, next.RTT = s, rtt
	return &next
}

// A Store keeps contacts over a restart. AstDB is one. Methods may be called
// concurrently and may take as long as a disk takes.
type Store interface {
	Put(family, key, value string) error
	Delete(family, key string) error
	// Tree returns all keys of a family, without the family, with their values. The
	// error is why it can't tell, or the cause of ctx when that ends first.
	Tree(ctx context.Context, family string) (map[string]string, error)
}

// Where contacts lie in the store, as in the reference's AstDB.
const (
	contactFamily = "registrar/contact"
	peerFamily    = "SIP/Registry"
)

// stored is the JSON of a contact in AstDB; every value is text there.
type stored struct {
	ViaAddr      string `json:"via_addr"`
	Timeout      string `json:"qualify_timeout"`
	Only2xx      string `json:"qualify_2xx_only"`
	CallID       string `json:"call_id"`
	RegServer    string `json:"reg_server"`
	PruneOnBoot  string `json:"prune_on_boot"`
	Path         string `json:"path"`
	Endpoint     string `json:"endpoint"`
	ViaPort      string `json:"via_port"`
	Authenticate string `json:"authenticate_qualify"`
	URI          string `json:"uri"`
	Frequency    string `json:"qualify_frequency"`
	UserAgent    string `json:"user_agent"`
	Expiration   string `json:"expiration_time"`
	Proxy        string `json:"outbound_proxy"`
}

// storeKey returns family and key under which the contact is stored.
func (c *Contact) storeKey(technology string) (family, key string) {
	if technology == SIP {
		return peerFamily, c.AOR
	}
	return contactFamily, c.ID
}

// record returns family, key and value under which the contact is stored.
func (c *Contact) record(technology string, a *AOR) (family, key, value string) {
	family, key = c.storeKey(technology)
	if technology == SIP {
		user, _, _ := strings.Cut(strings.TrimPrefix(c.URI, "sip:"), "@")
		left := int(time.Until(c.Expires).Round(time.Second) / time.Second)
		return family, key, fmt.Sprintf("%s:%d:%s:%s", c.Source, left, user, c.URI)
	}
	s := &stored{ViaAddr: c.ViaAddress, Timeout: strconv.FormatFloat(a.QualifyTimeout.Seconds(), 'f', 6, 64),
		Only2xx: strconv.FormatBool(a.Qualify2xxOnly), CallID: c.CallID, RegServer: c.RegServer,
		PruneOnBoot: choose(c.PruneOnBoot, "yes", "no"), Path: strings.Join(c.Path, ","), Endpoint: c.Endpoint,
		ViaPort: strconv.Itoa(c.ViaPort), Authenticate: choose(a.AuthenticateQual, "yes", "no"), URI: c.URI,
		Frequency: strconv.Itoa(int(a.QualifyFrequency / time.Second)), UserAgent: c.UserAgent,
		Expiration: strconv.FormatInt(c.Expires.Unix(), 10), Proxy: a.OutboundProxy}
	return family, key, s.text()
}

// text is the same as of json.Marshal, but for less: every registration asks for it.
func (s *stored) text() string {
	b := make([]byte, 0, 512)
	for i, f := range [...]struct{ name, value string }{
		{"via_addr", s.ViaAddr}, {"qualify_timeout", s.Timeout}, {"qualify_2xx_only", s.Only2xx}, {"call_id", s.CallID},
		{"reg_server", s.RegServer}, {"prune_on_boot", s.PruneOnBoot}, {"path", s.Path}, {"endpoint", s.Endpoint},
		{"via_port", s.ViaPort}, {"authenticate_qualify", s.Authenticate}, {"uri", s.URI}, {"qualify_frequency", s.Frequency},
		{"user_agent", s.UserAgent}, {"expiration_time", s.Expiration}, {"outbound_proxy", s.Proxy},
	} {
		b = append(append(append(b, choose(i == 0, `{"`, `,"`)...), f.name...), `":`...)
		b = appendJSON(b, f.value)
	}
	return string(append(b, '}'))
}

func appendJSON(b []byte, s string) []byte {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string can't fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// restore is the inverse of record for pjsip.conf's contacts.
func restore(key, value string) (*Contact, error) {
	var s stored
	if err := json.Unmarshal([]byte(value), &s); err != nil {
		return nil, fmt.Errorf("contact %s in the store: %w", key, err)
	}
	aor, hash, _ := strings.Cut(key, ";@")
	expires, err := strconv.ParseInt(s.Expiration, 10, 64)
	if len(hash) != 2*md5.Size || err != nil || !isSIPURI(s.URI) {
		return nil, fmt.Errorf("contact %s in the store is damaged", key)
	}
	port, _ := strconv.Atoi(s.ViaPort)
	c := &Contact{ID: key, AOR: aor, URI: s.URI, Expires: time.Unix(expires, 0), Endpoint: s.Endpoint, UserAgent: s.UserAgent,
		CallID: s.CallID, ViaAddress: s.ViaAddr, ViaPort: port, RegServer: s.RegServer, PruneOnBoot: s.PruneOnBoot == "yes"}
	if s.Path != "" {
		c.Path = strings.Split(s.Path, ",")
	}
	return c, nil
}

// restorePeer is the inverse of record for sip.conf's peers: address:port:seconds:user:uri.
func restorePeer(key, value string, now time.Time) (*Contact, error) {
	at := strings.Index(value, ":sip:")
	if at < 0 {
		at = strings.Index(value, ":sips:")
	}
	if at < 0 {
		return nil, fmt.Errorf("registration of %s in the store is damaged", key)
	}
	uri := value[at+1:]
	words := strings.Split(value[:at], ":")
	if len(words) < 4 {
		return nil, fmt.Errorf("registration of %s in the store is damaged", key)
	}
	source, err := netip.ParseAddrPort(strings.Join(words[:len(words)-2], ":"))
	left, err2 := strconv.Atoi(words[len(words)-2])
	if err != nil || err2 != nil || left <= 0 {
		return nil, fmt.Errorf("registration of %s in the store is damaged", key)
	}
	return &Contact{ID: contactID(key, uri, false), AOR: key, URI: uri, Source: source, Endpoint: key,
		Expires: now.Add(time.Duration(left) * time.Second)}, nil
}
