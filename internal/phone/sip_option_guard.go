package phone

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// sipGuardOptions are the options of a peer about DTLS, ICE and feedback, for which
// [general] may give a default.
func sipGuardOptions() []sipOption {
	type d = sipDraft
	file := func(name string, at func(*DTLS) *string) sipOption {
		return fromText(name, func(v *d) *string { return at(&v.DTLS) })
	}
	return []sipOption{
		fromBool("avpf", func(v *d) *bool { return &v.UseAVPF }),
		fromBool("force_avp", func(v *d) *bool { return &v.ForceAVP }),
		fromBool("icesupport", func(v *d) *bool { return &v.ICE }),
		fromBool("dtlsenable", func(v *d) *bool { return &v.Peer.DTLS }),
		fromBool("dtlsautogeneratecert", func(v *d) *bool { return &v.DTLS.AutoGenerate }),
		file("dtlscertfile", func(v *DTLS) *string { return &v.CertFile }),
		file("dtlsprivatekey", func(v *DTLS) *string { return &v.KeyFile }),
		file("dtlscafile", func(v *DTLS) *string { return &v.CAFile }),
		file("dtlscapath", func(v *DTLS) *string { return &v.CAPath }),
		file("dtlscipher", func(v *DTLS) *string { return &v.Cipher }),
		setter("dtlsverify", func(v *d, s string) error { return setVerify(&v.Endpoint, s) }),
		setter("dtlssetup", func(v *d, s string) error {
			return oneOf(&v.DTLS.Setup, s, "actpass", "active", "passive")
		}),
		setter("dtlsfingerprint", func(v *d, s string) error {
			return oneOf(&v.DTLS.Fingerprint, s, "SHA-256", "SHA-1")
		}),
	}
}

// oneOf puts one of some words in, as it is written there.
func oneOf(at *string, text string, words ...string) error {
	for _, word := range words {
		if strings.EqualFold(word, text) {
			*at = word
			return nil
		}
	}
	return fmt.Errorf("%q is none of %s", text, strings.Join(words, ", "))
}

// setKeepalive reads keepalive: seconds, or yes for a minute.
func setKeepalive(v *sipDraft, s string) error {
	switch {
	case isTrue(s):
		v.Peer.Keepalive = time.Minute
		return nil
	case isFalse(s):
		v.Peer.Keepalive = 0
		return nil
	}
	n, err := parseInt(s, math.MaxInt32/1000)
	if err == nil {
		v.Peer.Keepalive = time.Duration(n) * time.Second
	}
	return err
}

// setPeerAuth reads auth=user:secret@realm of a peer: what it asks us for, by realm.
func setPeerAuth(v *sipDraft, s string) error {
	a, err := parseSIPAuth(s)
	if err == nil {
		v.Peer.Realms = append(v.Peer.Realms[:len(v.Peer.Realms):len(v.Peer.Realms)], a)
	}
	return err
}

// excludeStatic keeps peers that register from the addresses of those that have one
// (dynamic_exclude_static).
func (m *Model) excludeStatic() {
	taken := m.fixedAddresses()
	for _, e := range m.Endpoints {
		if e.Peer.Dynamic {
			e.ContactACL = append(e.ContactACL[:len(e.ContactACL):len(e.ContactACL)], taken...)
		}
	}
}

// fixedAddresses are rules that deny the addresses of peers that have one.
func (m *Model) fixedAddresses() Rules {
	var rules Rules
	for _, name := range m.order {
		p := m.Endpoints[name].Peer
		if p.Dynamic || p.Host == "" {
			continue
		}
		if r, err := ParseRules(false, strings.Trim(p.Host, "[]")); err == nil {
			rules = append(rules, r...)
		}
	}
	return rules
}
