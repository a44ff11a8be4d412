package iax

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// File is the name of the configuration.
const File = "iax.conf"

// standardPort is that of IAX2 (RFC 5456 §3.1).
const standardPort = 4569

// tokens says whether a caller must show a call token (requirecalltoken).
type tokens uint8

const (
	tokensAlways tokens = iota
	tokensNever
	tokensLearnt // once it has shown one
)

// Settings are iax.conf. They are immutable.
type Settings struct {
	Bind netip.AddrPort

	optional config.ACL // addresses that need no call token
	perHost  int        // calls at once with one address
	users    []*user    // who may call us
	peers    []*peer    // whom we may call
}

// A user may call us.
type user struct {
	name     string
	secrets  []string
	methods  uint16
	contexts []string
	acl      config.ACL
	tokens   tokens
	shared
}

// A peer may be called.
type peer struct {
	name, host, username, secret, context string
	port                                  uint16
	methods                               uint16
	shared
}

// shared is what users and peers both have.
type shared struct {
	formats                              []*media.Format
	language, account, music, parkingLot string
	tenant                               string
	caller                               event.Party
	hostFirst                            bool // codecpriority: our order of formats counts
	ama                                  int
	variables                            []event.Variable
}

// The authentication methods (RFC 5456 §8.6.13).
const (
	methodPlain = 1
	methodMD5   = 2
)

// defaultFormats are those of who allows nothing in particular.
var defaultFormats = "ulaw,alaw,gsm"

// Load reads iax.conf and acl.conf, either of which may be nil. It returns what is wrong
// with it, too.
func Load(f, acls *config.File) (*Settings, []config.Diagnostic) {
	s := &Settings{}
	r := config.NewReader(nil)
	l := loader{reader: r, acls: acls}
	general := r.Section(f.Merged("general"))
	port := uint16(general.Int("bindport", standardPort, 1, 65535)) //nolint:gosec // checked
	s.Bind = netip.AddrPortFrom(netip.IPv4Unspecified(), port)
	if len(general.All("bindaddr")) > 1 {
		l.report(f.Merged("general"), "bindaddr", "", "there is one port: of several bindaddr the last counts")
	}
	if text := general.String("bindaddr", ""); text != "" {
		if at, ok := address(text, port); ok {
			s.Bind = at
		} else {
			l.report(f.Merged("general"), "bindaddr", "write an address", "bindaddr = %s is no address", text)
		}
	}
	s.perHost = general.Int("maxcallnumbers", 2048, 1, 32767)
	for _, net := range general.All("calltokenoptional") {
		s.optional.Add(config.Entry{Key: "permit", Value: net}, nil, "everybody needs a call token", r.Report)
	}
	base := l.shared(general, shared{hostFirst: true})
	base.formats = l.formats(f.Merged("general"), general, nil)
	word := l.tokens(general, tokensAlways)
	tellRest(general)
	general.Meaningless("iaxthreadcount", "iaxmaxthreadcount")
	general.Done()
	for _, section := range f.Sections() {
		if section.Template || strings.EqualFold(section.Name, "general") || strings.EqualFold(section.Name, "callnumberlimits") {
			continue
		}
		l.party(s, section, base, word)
	}
	return s, r.Diagnostics()
}

// address reads an address with or without a port.
func address(text string, port uint16) (netip.AddrPort, bool) {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at, true
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return netip.AddrPortFrom(a, port), err == nil
}

// A loader reads the sections.
type loader struct {
	reader *config.Reader
	acls   *config.File
}

func (l *loader) report(s *config.Section, key, hint, format string, args ...any) {
	e, _ := s.Entry(key)
	l.reader.Report(config.Error, e, hint, format, args...)
}

// party reads a user, a peer or a friend, who is both.
func (l *loader) party(all *Settings, section *config.Section, base shared, word tokens) {
	s := l.reader.Section(section)
	kind := s.Word("type", "", "user", "peer", "friend")
	common := l.shared(s, base)
	common.formats = l.formats(section, s, base.formats)
	u := &user{name: section.Name, methods: l.methods(s, section), tokens: l.tokens(s, word), shared: common}
	for _, text := range s.All("secret") {
		u.secrets = append(u.secrets, strings.Split(text, ";")...)
	}
	for _, list := range s.All("context") {
		for name := range strings.SplitSeq(list, ",") {
			u.contexts = append(u.contexts, strings.TrimSpace(name))
		}
	}
	for _, key := range []string{"permit", "deny", "acl"} {
		s.All(key) // they are read in their order
	}
	for _, e := range section.Lines() {
		if config.IsACL(e.Key) {
			u.acl.Add(e, l.acls, section.Name+" can't call", l.reader.Report)
		}
	}
	p := &peer{name: section.Name, username: s.String("username", s.String("user", "")), context: s.String("peercontext", ""), methods: u.methods, shared: common,
		port: uint16(s.Int("port", standardPort, 1, 65535)), host: s.String("host", "")} //nolint:gosec // checked
	if len(u.secrets) > 0 {
		p.secret = u.secrets[len(u.secrets)-1]
	}
	if strings.EqualFold(p.host, "dynamic") {
		l.reader.NotHonoured(config.Entry{Key: "host=dynamic", File: section.File, Line: section.Line}, aboutRegistering)
		p.host = ""
	}
	tellRest(s)
	s.Done()
	if kind == "user" || kind == "friend" {
		all.users = append(all.users, u)
	}
	if kind == "peer" || kind == "friend" {
		all.peers = append(all.peers, p)
	}
}

// shared reads what all have.
func (l *loader) shared(s *config.SectionReader, base shared) shared {
	v := base
	v.language = s.String("language", base.language)
	v.account = s.String("accountcode", base.account)
	v.music = s.String("mohinterpret", base.music)
	v.parkingLot = s.String("parkinglot", base.parkingLot)
	v.tenant = s.String("tenantid", base.tenant)
	v.hostFirst = s.Word("codecpriority", hostWord(base.hostFirst), "host", "caller", "disabled", "reqonly") == "host"
	v.ama = amaFlags[strings.ToLower(s.String("amaflags", ""))]
	if text := s.String("callerid", ""); text != "" {
		v.caller = callerID(text)
	}
	if text := s.String("cid_number", ""); text != "" {
		v.caller.Number = event.Number{Valid: true, Text: text}
	}
	for _, text := range s.All("setvar") {
		if name, value, ok := strings.Cut(text, "="); ok {
			v.variables = append(slices.Clip(v.variables), event.Variable{Name: name, Value: value})
		}
	}
	return v
}

func hostWord(first bool) string {
	if first {
		return "host"
	}
	return "caller"
}

// amaFlags are the values of amaflags=.
var amaFlags = map[string]int{"omit": 1, "billing": 2, "documentation": 3}

// callerID reads "Name" <number>.
func callerID(text string) event.Party {
	name, number, ok := strings.Cut(text, "<")
	p := event.Party{}
	if !ok {
		if digits := strings.Trim(text, " "); strings.Trim(digits, "0123456789*#+") == "" {
			p.Number = event.Number{Valid: true, Text: digits}
			return p
		}
	}
	if number = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(number), ">")); number != "" {
		p.Number = event.Number{Valid: true, Text: number}
	}
	if name = strings.Trim(strings.TrimSpace(name), `"`); name != "" {
		p.Name = event.Name{Valid: true, Text: name}
	}
	return p
}

// formats reads allow and disallow in the order of the lines.
func (l *loader) formats(section *config.Section, s *config.SectionReader, base []*media.Format) []*media.Format {
	_, _ = s.All("allow"), s.All("disallow")
	if base == nil {
		base = l.allow(nil, defaultFormats, config.Entry{})
	}
	list := slices.Clone(base)
	for _, e := range section.Lines() {
		switch strings.ToLower(e.Key) {
		case "allow":
			list = l.allow(list, e.Value, e)
		case "disallow":
			list = l.allow(list, "!"+strings.ReplaceAll(e.Value, ",", ",!"), e)
		}
	}
	return list
}

func (l *loader) allow(list []*media.Format, value string, e config.Entry) []*media.Format {
	old := make([]media.Preference, len(list))
	for i, f := range list {
		old[i] = media.Preference{Format: f}
	}
	all, err := media.ParseFormats(value, old)
	if err != nil {
		l.reader.Report(config.Warning, e, "", "%s = %s: %v", e.Key, e.Value, err)
	}
	list = nil
	for _, p := range all {
		if bitOf(p.Format) != 0 {
			list = append(list, p.Format)
		} else if !strings.Contains(strings.ToLower(value), "all") {
			l.reader.Report(config.Warning, e, "", "%s = %s: IAX2 carries no %s here", e.Key, e.Value, p.Format)
		}
	}
	return list
}

// methods reads auth=.
func (l *loader) methods(s *config.SectionReader, section *config.Section) uint16 {
	text := s.String("auth", "")
	if text == "" {
		return methodPlain | methodMD5
	}
	var all uint16
	for word := range strings.SplitSeq(text, ",") {
		switch strings.ToLower(strings.TrimSpace(word)) {
		case "plaintext":
			all |= methodPlain
		case "md5":
			all |= methodMD5
		default:
			l.report(section, "auth", "known are md5 and plaintext", "auth = %s: %s is not spoken here", text, strconv.Quote(strings.TrimSpace(word)))
		}
	}
	return all
}

func (l *loader) tokens(s *config.SectionReader, otherwise tokens) tokens {
	text := s.String("requirecalltoken", "")
	switch {
	case text == "":
		return otherwise
	case strings.EqualFold(text, "auto"):
		return tokensLearnt
	case config.True(text):
		return tokensAlways
	}
	return tokensNever
}

func (s *Settings) user(name string) *user {
	at := slices.IndexFunc(s.users, func(u *user) bool { return u.name == name })
	if at < 0 {
		return nil
	}
	return s.users[at]
}

func (s *Settings) peer(name string) *peer {
	at := slices.IndexFunc(s.peers, func(p *peer) bool { return p.name == name })
	if at < 0 {
		return nil
	}
	return s.peers[at]
}

// at is the name of the peer with an address, or the address where there is none.
func (s *Settings) at(at netip.AddrPort) string {
	for _, p := range s.peers {
		if a, ok := address(p.host, p.port); ok && a == at {
			return p.name
		}
	}
	return at.String()
}

// who finds the user that calls, nil if nobody may. Without a name it is who asks for the
// least: nothing but an address that fits, nothing at all, then a secret.
func (s *Settings) who(name, context string, from netip.Addr) *user {
	var best *user
	score := 0
	for _, u := range s.users {
		if name != "" && u.name != name || !u.acl.Allows(from) || context != "" && !slices.Contains(u.contexts, context) {
			continue
		}
		if name != "" {
			return u
		}
		mine := 1
		if !u.acl.Empty() {
			mine++
		}
		if len(u.secrets) == 0 {
			mine += 2
		}
		if mine > score {
			best, score = u, mine
		}
	}
	return best
}
