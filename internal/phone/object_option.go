package phone

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func aorOptions() *optionTable[AOR] {
	type a = AOR
	return newOptionTable(
		option[a]{name: "contact", set: func(v *a, s string) error {
			for _, uri := range splitList(s) {
				if !isSIPURI(uri) {
					return fmt.Errorf("%q is no SIP URI", uri)
				}
				v.Contacts = append(slices.Clone(v.Contacts), uri)
			}
			return nil
		}, show: func(*a) string { return "" }},
		seconds("default_expiration", func(v *a) *time.Duration { return &v.DefaultExpiration }, "3600"),
		seconds("minimum_expiration", func(v *a) *time.Duration { return &v.MinimumExpiration }, "60"),
		seconds("maximum_expiration", func(v *a) *time.Duration { return &v.MaximumExpiration }, "7200"),
		integer("max_contacts", func(v *a) *int { return &v.MaxContacts }, "0"),
		boolean("remove_existing", func(v *a) *bool { return &v.RemoveExisting }, "no"),
		boolean("remove_unavailable", func(v *a) *bool { return &v.RemoveUnavailable }, "no"),
		seconds("qualify_frequency", func(v *a) *time.Duration { return &v.QualifyFrequency }, "0"),
		fraction("qualify_timeout", func(v *a) *time.Duration { return &v.QualifyTimeout }, "3.0"),
		boolean("qualify_2xx_only", func(v *a) *bool { return &v.Qualify2xxOnly }, "no"),
		boolean("authenticate_qualify", func(v *a) *bool { return &v.AuthenticateQual }, "no"),
		text("outbound_proxy", func(v *a) *string { return &v.OutboundProxy }, ""),
		boolean("support_path", func(v *a) *bool { return &v.SupportPath }, "no"),
		list("mailboxes", func(v *a) *[]string { return &v.Mailboxes }, ""),
		text("voicemail_extension", func(v *a) *string { return &v.VoicemailExtension }, ""),
	)
}

// digestNames are the algorithms of RFC 8760 in their canonical spelling.
var digestNames = [...]string{"MD5", "SHA-256", "SHA-512-256"}

func parseAlgorithms(s string) ([]string, error) {
	var found []string
	for _, word := range splitList(s) {
		i := slices.IndexFunc(digestNames[:], func(n string) bool { return strings.EqualFold(n, word) })
		if i < 0 {
			return nil, fmt.Errorf("there is no digest algorithm %q", word)
		}
		found = append(found, digestNames[i])
	}
	return found, nil
}

// algorithms is a list of digest algorithms; without one the tables show MD5.
func algorithms[T any](name string, at func(*T) *[]string) option[T] {
	return option[T]{name: name, set: func(v *T, s string) (err error) { *at(v), err = parseAlgorithms(s); return err },
		show: func(v *T) string {
			if len(*at(v)) == 0 {
				return "MD5"
			}
			return strings.Join(*at(v), ",")
		}}
}

func authOptions() *optionTable[Auth] {
	type a = Auth
	at := func(v *a) *settings { return &v.other }
	return newOptionTable(
		option[a]{name: "auth_type", fallback: "userpass", set: func(v *a, s string) error {
			switch s = strings.ToLower(s); s {
			case "userpass", "md5", "google_oauth":
				v.Type = s
			case "digest":
				v.Type = "userpass"
			default:
				return fmt.Errorf("%q is none of digest, userpass, md5, google_oauth", s)
			}
			return nil
		}, show: func(v *a) string { return v.Type }},
		text("username", func(v *a) *string { return &v.Username }, ""),
		text("password", func(v *a) *string { return &v.Password }, ""),
		text("md5_cred", func(v *a) *string { return &v.MD5 }, ""),
		text("realm", func(v *a) *string { return &v.Realm }, ""),
		seconds("nonce_lifetime", func(v *a) *time.Duration { return &v.NonceLifetime }, "32"),
		option[a]{name: "password_digest", set: setPasswordDigest, show: showPasswordDigest},
		algorithms("supported_algorithms_uas", func(v *a) *[]string { return &v.AlgorithmsUAS }),
		algorithms("supported_algorithms_uac", func(v *a) *[]string { return &v.AlgorithmsUAC }),
		kept("refresh_token", at, keptText, ""), kept("oauth_clientid", at, keptText, ""), kept("oauth_secret", at, keptText, ""),
	)
}

func setPasswordDigest(v *Auth, s string) error {
	algorithm, digest, ok := strings.Cut(s, ":")
	names, err := parseAlgorithms(algorithm)
	if err != nil || !ok || len(names) != 1 {
		return fmt.Errorf("%q is no algorithm:digest", s)
	}
	if v.Digests == nil {
		v.Digests = map[string]string{}
	}
	v.Digests[names[0]] = strings.ToLower(strings.TrimSpace(digest))
	return nil
}

func showPasswordDigest(v *Auth) string {
	var list []string
	for _, name := range digestNames {
		if d := v.Digests[name]; d != "" {
			list = append(list, name+":"+d)
		}
	}
	if v.MD5 != "" && v.Digests["MD5"] == "" {
		list = append(list, "MD5:"+v.MD5)
	}
	return strings.Join(list, ",")
}

func identifyOptions() *optionTable[Identify] {
	type i = Identify
	return newOptionTable(
		text("endpoint", func(v *i) *string { return &v.Endpoint }, ""),
		boolean("srv_lookups", func(v *i) *bool { return &v.SRVLookups }, "yes"),
		option[i]{name: "match", set: func(v *i, s string) error {
			for _, word := range splitList(s) {
				if p, err := ParsePrefix(word); err == nil {
					v.Matches = append(v.Matches, p)
					v.written = append(v.written, matchText{withMask(p), p.Masked().String()})
				} else if place, ok := parsePlace(word); ok {
					v.Places = append(v.Places, place)
					v.written = append(v.written, matchText{place.masked(), place.String()})
				} else if strings.ContainsRune(word, '/') || strings.Trim(word, "0123456789.") == "" {
					return err // no host is called so, and to ask for it only takes time
				} else {
					v.Names = append(v.Names, word)
					v.written = append(v.written, matchText{word, word})
				}
			}
			return nil
		}},
		option[i]{name: "match_header", set: func(v *i, s string) error {
			name, value, ok := strings.Cut(s, ":")
			if !ok {
				return fmt.Errorf("%q is no header: value", s)
			}
			m, err := newHeaderMatch(strings.TrimSpace(name), strings.TrimSpace(value))
			v.Headers = append(v.Headers, m)
			return err
		}, show: func(v *i) string { return showMatches(v.Headers) }},
		option[i]{name: "match_request_uri", set: func(v *i, s string) error {
			m, err := newHeaderMatch("", strings.TrimSpace(s))
			v.RequestURIs = append(v.RequestURIs, m)
			return err
		}, show: func(v *i) string { return showMatches(v.RequestURIs) }},
	)
}

func newHeaderMatch(name, value string) (HeaderMatch, error) {
	m := HeaderMatch{Name: name, Value: value}
	if len(value) < 2 || value[0] != '/' || value[len(value)-1] != '/' {
		return m, nil
	}
	var err error
	if m.Pattern, err = regexp.CompilePOSIX(value[1 : len(value)-1]); err != nil {
		return m, fmt.Errorf("%s is no regular expression: %w", value, err)
	}
	return m, nil
}

func showMatches(list []HeaderMatch) string {
	var lines []string
	for _, m := range list {
		lines = append(lines, m.String())
	}
	return strings.Join(lines, ",")
}

// String returns the match as it is written in the file.
func (h HeaderMatch) String() string {
	if h.Name == "" {
		return h.Value
	}
	return h.Name + ": " + h.Value
}

func transportOptions() *optionTable[Transport] {
	type t = Transport
	return newOptionTable(
		words("protocol", func(v *t) *string { return &v.Protocol }, "udp", "tcp", "tls", "ws", "wss", "flow"),
		option[t]{name: "bind", set: func(v *t, s string) (err error) { v.Bind, err = parseBind(s); return err },
			show: func(v *t) string { return v.bound().String() }},
		text("domain", func(v *t) *string { return &v.Domain }, ""),
		text("external_media_address", func(v *t) *string { return &v.ExternalMedia }, ""),
		text("external_signaling_address", func(v *t) *string { return &v.ExternalSignaling }, ""),
		integer("external_signaling_port", func(v *t) *int { return &v.ExternalSignalingPort }, "0"),
		option[t]{name: "local_net", set: func(v *t, s string) error {
			for _, word := range splitList(s) {
				p, err := ParsePrefix(word)
				if err != nil {
					return err
				}
				v.LocalNets = append(v.LocalNets, p)
			}
			return nil
		}, show: func(v *t) string { return showPrefixes(v.LocalNets) }},
		text("cert_file", func(v *t) *string { return &v.CertFile }, ""),
		text("priv_key_file", func(v *t) *string { return &v.KeyFile }, ""),
		text("password", func(v *t) *string { return &v.KeyPassword }, ""),
		text("ca_list_file", func(v *t) *string { return &v.CAFile }, ""),
		text("ca_list_path", func(v *t) *string { return &v.CAPath }, ""),
		option[t]{name: "cipher", set: func(v *t, s string) error { return setCiphers(v, splitList(s)) },
			show: func(v *t) string { return strings.Join(v.Ciphers, ", ") }},
		words("method", func(v *t) *string { return &v.Method }, "unspecified", "default", "tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3",
			"sslv2", "sslv3", "sslv23"),
		capitalYesNo("verify_client", func(v *t) *bool { return &v.VerifyClient }, "no"),
		capitalYesNo("verify_server", func(v *t) *bool { return &v.VerifyServer }, "no"),
		capitalYesNo("require_client_cert", func(v *t) *bool { return &v.RequireClientCert }, "no"),
		capitalYesNo("allow_wildcard_certs", func(v *t) *bool { return &v.AllowWildcardCerts }, "no"),
		number("tos", func(v *t) *int { return &v.TOS }, parseTOS, "0"),
		integer("cos", func(v *t) *int { return &v.COS }, "0"),
		boolean("symmetric_transport", func(v *t) *bool { return &v.Symmetric }, "no"),
		boolean("allow_reload", func(v *t) *bool { return &v.AllowReload }, "no"),
		integer("async_operations", func(v *t) *int { return &v.AsyncOperations }, "1"),
		boolean("tcp_keepalive_enable", func(v *t) *bool { return &v.KeepaliveEnable }, "no"),
		seconds("tcp_keepalive_idle_time", func(v *t) *time.Duration { return &v.KeepaliveIdle }, "30"),
		seconds("tcp_keepalive_interval_time", func(v *t) *time.Duration { return &v.KeepaliveInterval }, "1"),
		integer("tcp_keepalive_probe_count", func(v *t) *int { return &v.KeepaliveProbes }, "5"),
		milliseconds("websocket_write_timeout", func(v *t) *time.Duration { return &v.WriteTimeout }, "100"),
	)
}

func showPrefixes(list []netip.Prefix) string {
	var lines []string
	for _, p := range list {
		lines = append(lines, withMask(p))
	}
	return strings.Join(lines, ",")
}

// withMask writes a prefix with a mask in place of its length, as the reference shows it.
func withMask(p netip.Prefix) string {
	mask := make([]byte, p.Addr().BitLen()/8)
	for i := range p.Bits() {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	m, _ := netip.AddrFromSlice(mask)
	return p.Masked().Addr().String() + "/" + m.String()
}

// parseBind reads address or address:port.
func parseBind(s string) (netip.AddrPort, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap, nil
	}
	host, port := s, 0
	if at := strings.LastIndexByte(s, ':'); at >= 0 && strings.Count(s, ":") == 1 {
		n, err := strconv.ParseUint(s[at+1:], 10, 16)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("%q is no address:port", s)
		}
		host, port = s[:at], int(n)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is no address to listen at", s)
	}
	return netip.AddrPortFrom(a, uint16(port)), nil
}

// bound returns the address with the protocol's port where none was given.
func (t *Transport) bound() netip.AddrPort {
	if t.Bind.Port() != 0 || !t.Bind.IsValid() || t.free {
		return t.Bind
	}
	port := uint16(5060)
	if t.Protocol == "tls" {
		port = 5061
	}
	return netip.AddrPortFrom(t.Bind.Addr(), port)
}
