package phone

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

func generalText(name string, at func(*sipGeneral) *string) sipOption {
	return setter(name, func(v *sipDraft, s string) error { *at(v.general) = s; return nil })
}

func generalBool(name string, at func(*sipGeneral) *bool) sipOption {
	return setter(name, func(v *sipDraft, s string) error { return truth(at(v.general), s) })
}

func generalSeconds(name string, at func(*sipGeneral) *time.Duration) sipOption {
	return setter(name, func(v *sipDraft, s string) error { return expiry(at(v.general), s) })
}

func generalBind(name string, at func(*sipGeneral) *netip.AddrPort) sipOption {
	return setter(name, func(v *sipDraft, s string) (err error) {
		*at(v.general), err = parseBind(s)
		return err
	})
}

// sipGeneralOptions are the options that only [general] has.
func sipGeneralOptions() []sipOption {
	type g = sipGeneral
	return slices.Concat(sipGeneralTransport(), sipLimitOptions(), sipJitterOptions(), sipExternOptions(), []sipOption{
		setter("context", func(v *sipDraft, s string) error { v.general.Context, v.Endpoint.Context = s, s; return nil }),
		generalText("realm", func(v *g) *string { return &v.Realm }),
		generalText("useragent", func(v *g) *string { return &v.UserAgent }),
		generalText("callerid", func(v *g) *string { return &v.FromUser }),
		generalText("fromdomain", func(v *g) *string { return &v.FromDomain }),
		generalText("regcontext", func(v *g) *string { return &v.RegContext }),
		setter("sdpsession", func(v *sipDraft, s string) error { v.general.SDPSession, v.Endpoint.SDPSession = s, s; return nil }),
		setter("sdpowner", func(v *sipDraft, s string) error { v.general.SDPOwner, v.Endpoint.SDPOwner = s, s; return nil }),
		generalBool("allowguest", func(v *g) *bool { return &v.AllowGuest }),
		setter("autocreatepeer", setAutoCreate),
		generalBool("alwaysauthreject", func(v *g) *bool { return &v.AlwaysAuthReject }),
		generalBool("match_auth_username", func(v *g) *bool { return &v.MatchAuthUsername }),
		generalBool("auth_options_requests", func(v *g) *bool { return &v.AuthOptions }),
		generalBool("accept_outofcall_message", func(v *g) *bool { return &v.AcceptMessages }),
		generalBool("auth_message_requests", func(v *g) *bool { return &v.AuthMessages }),
		generalBool("authfailureevents", func(v *g) *bool { return &v.AuthFailureEvents }),
		generalBool("dynamic_exclude_static", func(v *g) *bool { return &v.ExcludeStatic }),
		setter("sipdebug", func(v *sipDraft, s string) error { v.general.Debug = choose(isTrue(s), "yes", "no"); return among(s) }),
		setter("qualifypeers", func(v *sipDraft, s string) error {
			n, err := parseInt(s, math.MaxInt32)
			if err == nil {
				v.general.QualifyPeers = max(n, 1)
			}
			return err
		}),
		generalBool("recordhistory", func(v *g) *bool { return &v.RecordHistory }),
		generalBool("pedantic", func(v *g) *bool { return &v.Pedantic }),
		generalBool("srvlookup", func(v *g) *bool { return &v.SRVLookup }),
		generalBool("allowexternaldomains", func(v *g) *bool { return &v.AllowExternalDomains }),
		generalBool("autodomain", func(v *g) *bool { return &v.AutoDomain }),
		generalBool("domainsasrealm", func(v *g) *bool { return &v.DomainsAsRealm }),
		generalBool("compactheaders", func(v *g) *bool { return &v.compact }),
		generalBool("regextenonqualify", func(v *g) *bool { return &v.RegextenOnQualify }),
		setter("shrinkcallerid", func(v *sipDraft, s string) error { v.general.KeepCallerID = isFalse(s); return among(s) }),
		generalText("notifymimetype", func(v *g) *string { return &v.MWIType }),
		generalText("mwi_from", func(v *g) *string { return &v.MWIFrom }),
		generalBool("directrtpsetup", func(v *g) *bool { return &v.DirectRTPSetup }),
		generalBool("prematuremedia", func(v *g) *bool { return &v.PreMatureMedia }),
		generalBool("legacy_useroption_parsing", func(v *g) *bool { return &v.LegacyUserFieldParsing }),
		generalBool("rtcachefriends", func(v *g) *bool { return &v.Lending.Cache }),
		generalBool("rtupdate", func(v *g) *bool { return &v.Lending.Update }),
		generalBool("rtsavesysname", func(v *g) *bool { return &v.Lending.SaveSystem }),
		generalBool("rtsavepath", func(v *g) *bool { return &v.Lending.SavePath }),
		generalBool("ignoreregexpire", func(v *g) *bool { return &v.Lending.IgnoreExpiry }),
		setter("rtautoclear", setAutoClear),
		generalBool("store_sip_cause", func(v *g) *bool { return &v.StoreSIPCause }),
		generalBool("storesipcause", func(v *g) *bool { return &v.StoreSIPCause }),
		generalBool("notifyringing", func(v *g) *bool { return &v.NotifyRinging }),
		generalBool("notifyhold", func(v *g) *bool { return &v.NotifyHold }),
		generalBool("notifycid", func(v *g) *bool { return &v.NotifyCID }),
		generalBool("register_retry_403", func(v *g) *bool { return &v.RegisterRetry403 }),
		setter("callcounter", func(v *sipDraft, s string) error {
			v.general.CallCounter = isTrue(s)
			return setCallCounter(v, s)
		}),
		setter("domain", func(v *sipDraft, s string) error {
			name, context, _ := strings.Cut(s, ",")
			v.general.Domains = append(v.general.Domains, Domain{Name: strings.TrimSpace(name), Context: strings.TrimSpace(context)})
			return nil
		}),
		peerRules("contactpermit", true, func(v *sipDraft) *Rules { return &v.ContactACL }),
		peerRules("contactdeny", false, func(v *sipDraft) *Rules { return &v.ContactACL }),
		peerRules("directmediapermit", true, func(v *sipDraft) *Rules { return &v.Peer.DirectMediaACL }),
		peerRules("directmediadeny", false, func(v *sipDraft) *Rules { return &v.Peer.DirectMediaACL }),
		setter("tos_text", func(v *sipDraft, s string) (err error) { v.TOSText, err = parseTOS(s); return err }),
		setter("cos_text", func(v *sipDraft, s string) (err error) { v.COSText, err = parseInt(s, 7); return err }),
		generalSeconds("mwiexpiry", func(v *g) *time.Duration { return &v.MWIExpiry }),
		generalSeconds("defaultexpiry", func(v *g) *time.Duration { return &v.DefaultExpiry }),
		generalSeconds("maxexpiry", func(v *g) *time.Duration { return &v.MaxExpiry }),
		generalSeconds("minexpiry", func(v *g) *time.Duration { return &v.MinExpiry }),
		generalSeconds("submaxexpiry", func(v *g) *time.Duration { return &v.SubMaxExpiry }),
		generalSeconds("subminexpiry", func(v *g) *time.Duration { return &v.SubMinExpiry }),
		generalSeconds("registertimeout", func(v *g) *time.Duration { return &v.RegisterTimeout }),
		generalSeconds("qualifyfreq", func(v *g) *time.Duration { return &v.QualifyFrequency }),
		setter("qualifygap", func(v *sipDraft, s string) error {
			n, err := parseInt(s, math.MaxInt32)
			if err == nil {
				v.general.QualifyGap = time.Duration(n) * time.Millisecond
			}
			return err
		}),
		setter("registerattempts", func(v *sipDraft, s string) (err error) {
			v.general.RegisterAttempts, err = parseInt(s, math.MaxInt32)
			return err
		}),
		setter("qualify", func(v *sipDraft, s string) error {
			q, err := parseQualify(s)
			v.Peer.Qualify, v.general.QualifyDefault = q, q
			return err
		}),
		setter("maxforwards", func(v *sipDraft, s string) (err error) { v.general.MaxForwards, err = parseInt(s, 255); return err }),
		setter("tos_sip", func(v *sipDraft, s string) (err error) { v.general.TOSSIP, err = parseTOS(s); return err }),
		setter("cos_sip", func(v *sipDraft, s string) (err error) { v.general.COSSIP, err = parseInt(s, 7); return err }),
		setter("tos_audio", func(v *sipDraft, s string) (err error) { v.TOSAudio, err = parseTOS(s); return err }),
		setter("tos_video", func(v *sipDraft, s string) (err error) { v.TOSVideo, err = parseTOS(s); return err }),
		setter("cos_audio", func(v *sipDraft, s string) (err error) { v.COSAudio, err = parseInt(s, 7); return err }),
		setter("cos_video", func(v *sipDraft, s string) (err error) { v.COSVideo, err = parseInt(s, 7); return err }),
	})
}

func sipGeneralTransport() []sipOption {
	type g = sipGeneral
	tls := func(v *g) *Transport { return &v.TLSTransport }
	return []sipOption{
		generalBind("bindaddr", func(v *g) *netip.AddrPort { return &v.Bind }),
		generalBind("udpbindaddr", func(v *g) *netip.AddrPort { return &v.UDP }),
		generalBind("tcpbindaddr", func(v *g) *netip.AddrPort { return &v.TCP }),
		generalBind("tlsbindaddr", func(v *g) *netip.AddrPort { return &v.TLS }),
		generalBool("tcpenable", func(v *g) *bool { return &v.TCPOn }),
		generalBool("tlsenable", func(v *g) *bool { return &v.TLSOn }),
		setter("bindport", func(v *sipDraft, s string) (err error) {
			v.general.BindPort, err = parseInt(s, math.MaxUint16)
			return err
		}),
		generalText("tlscertfile", func(v *g) *string { return &tls(v).CertFile }),
		generalText("tlsprivatekey", func(v *g) *string { return &tls(v).KeyFile }),
		generalText("tlscafile", func(v *g) *string { return &tls(v).CAFile }),
		generalText("tlscapath", func(v *g) *string { return &tls(v).CAPath }),
		setter("tlscipher", func(v *sipDraft, s string) error { v.general.TLSTransport.Ciphers = strings.Split(s, ":"); return nil }),
		generalText("tlsclientmethod", func(v *g) *string { return &tls(v).Method }),
		setter("tlsdontverifyserver", func(v *sipDraft, s string) error {
			v.general.TLSTransport.VerifyServer = !isTrue(s)
			return among(s)
		}),
		generalText("media_address", func(v *g) *string { return &v.MediaAddress }),
		setter("localnet", func(v *sipDraft, s string) error {
			list, err := parsePrefixes(s)
			v.general.LocalNets = append(v.general.LocalNets, list...)
			return err
		}),
	}
}

// sipRegister reads register => [transport://]user[@domain][:secret[:authuser]]@host[:port][/extension][~expiry].
func (l *Loader) sipRegister(m *Model, g *sipGeneral, e config.Entry) {
	r, auth, err := parseRegister(e.Value)
	if err != nil {
		l.problem(e, false, "register: %v: the line is ignored", err)
		return
	}
	r.Name, r.Where = e.Value, e.Where()
	r.RetryInterval, r.MaxRetries, r.AuthRejectionPermanent = g.RegisterTimeout, g.RegisterAttempts, !g.RegisterRetry403
	if r.Expiration == 0 {
		r.Expiration = g.DefaultExpiry
	}
	if auth.Password == "" {
		if peer := m.Endpoints[strings.ToLower(r.Host)]; peer != nil {
			auth.Password, auth.MD5 = peer.Peer.Secret, peer.Peer.MD5
		}
	}
	auth.Name = ";register" + strconv.Itoa(len(m.Registrations))
	m.Auths[auth.Name] = auth
	r.OutboundAuths = []string{auth.Name}
	m.Registrations = append(m.Registrations, r)
}

func parseRegister(line string) (*Registration, *Auth, error) {
	r := &Registration{Transport: "udp", ContactUser: "s"}
	rest := line
	if proto, after, ok := strings.Cut(rest, "://"); ok {
		r.Transport, rest = strings.ToLower(proto), after
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return nil, nil, fmt.Errorf("%q has no user@host", line)
	}
	who, where := rest[:at], rest[at+1:]
	if before, expires, ok := strings.Cut(where, "~"); ok {
		n, err := parseInt(expires, math.MaxInt32)
		if err != nil {
			return nil, nil, err
		}
		where, r.Expiration = before, time.Duration(n)*time.Second
	}
	if before, exten, ok := strings.Cut(where, "/"); ok {
		where, r.ContactUser = before, exten
	}
	if _, peer, ok := strings.Cut(who, "?"); ok {
		who = peer
	}
	words := strings.Split(who, ":")
	auth := &Auth{Type: "userpass", Username: words[0]}
	if len(words) > 1 {
		auth.Password = words[1]
	}
	if len(words) > 2 {
		auth.Username = words[2]
	}
	user, domain, _ := strings.Cut(words[0], "@")
	if len(words) < 3 {
		auth.Username = user
	}
	r.Host, r.User, r.Port = where, user, 5060
	if r.Transport == "tls" {
		r.Port = 5061
	}
	if host, port, ok := strings.Cut(where, ":"); ok {
		n, err := parseInt(port, math.MaxUint16)
		if err != nil {
			return nil, nil, err
		}
		r.Host, r.Port = host, n
	}
	if user == "" || r.Host == "" {
		return nil, nil, fmt.Errorf("%q has no user@host", line)
	}
	if domain == "" {
		domain = r.Host
	}
	r.ServerURI, r.ClientURI = "sip:"+domain, "sip:"+user+"@"+domain
	if domain != r.Host || r.Port != 5060 {
		r.OutboundProxy = fmt.Sprintf("sip:%s:%d;transport=%s", r.Host, r.Port, r.Transport)
	} else if r.Transport != "udp" {
		r.ServerURI += ";transport=" + r.Transport
	}
	return r, auth, nil
}
