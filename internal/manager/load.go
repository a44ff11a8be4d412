package manager

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/facts"
)

// later are the options that Asterisk knows and that are not honoured yet.
var later = map[string]bool{
	"tlsenable": true, "tlsbindaddr": true, "tlscertfile": true, "tlsprivatekey": true, "tlscipher": true, "tlsdisablev1": true,
	"tlsdisablev11": true, "tlsdisablev12": true, "webenabled": true, "httptimeout": true,
	"brokeneventsaction": true, "debug": true, "allowmultiplelogin": false, "addeventfilter": true, "inheritance": true,
}

// Load reads manager.conf, and the rules that it names from acl.conf, which may be
// nil. What it cannot honour is said in the diagnostics.
func Load(f, acl *config.File) (*Settings, []config.Diagnostic) {
	g := &Settings{Accounts: map[string]*Account{}, Disabled: map[string]bool{}, AllowMultiple: true, DisplayConnects: true,
		AuthTimeout: 30 * time.Second, AuthLimit: 50}
	r := &reader{settings: g, acl: acl}
	address, port := "0.0.0.0", "5038"
	var bind config.Entry
	for _, s := range f.Sections() {
		switch {
		case s.Template:
		case strings.EqualFold(s.Name, "general"):
			for _, e := range s.Entries {
				switch strings.ToLower(e.Key) {
				case "bindaddr":
					address, bind = e.Value, e
				case "port":
					if n, err := strconv.Atoi(e.Value); err != nil || n < 0 || n > 65535 {
						r.say(config.Error, e, "give one from 1 to 65535", "port = %s is no port: %s is used", e.Value, port)
						continue
					}
					port = e.Value
				default:
					r.general(e)
				}
			}
		default:
			r.account(s)
		}
	}
	if host, p, ok := strings.Cut(address, ":"); ok && !strings.Contains(p, ":") {
		address, port = host, p
	}
	if err := config.CheckHost(address); err != nil {
		r.say(config.Error, bind, "write an address of this machine, or 0.0.0.0 for all", "bindaddr: %v: AMI is not served", err)
		g.Enabled = false
	}
	if strings.Contains(address, ":") && !strings.HasPrefix(address, "[") {
		address = "[" + address + "]"
	}
	g.Address = address + ":" + port
	for _, a := range g.Accounts {
		if !a.multipleSet {
			a.AllowMultiple = g.AllowMultiple
		}
	}
	return g, r.diagnostics
}

type reader struct {
	settings    *Settings
	acl         *config.File
	diagnostics []config.Diagnostic
}

func (r *reader) say(s config.Severity, e config.Entry, hint, format string, args ...any) {
	r.diagnostics = append(r.diagnostics, config.Diagnostic{Severity: s, File: e.File, Line: e.Line,
		Problem: fmt.Sprintf(format, args...), Hint: hint})
}

// optionNames are the options of both kinds of sections.
func optionNames(object string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, o := range facts.Options("manager.conf", object) {
			if !yield(o.Name) {
				return
			}
		}
	}
}

func (r *reader) unknown(e config.Entry, names iter.Seq[string]) {
	if later[strings.ToLower(e.Key)] {
		r.say(config.Warning, e, "", "option %s is known and not honoured yet", e.Key)
		return
	}
	r.say(config.Warning, e, config.Suggest(e.Key, names), "unknown option %s", e.Key)
}

func (r *reader) general(e config.Entry) {
	g := r.settings
	switch strings.ToLower(e.Key) {
	case "enabled":
		g.Enabled = config.True(e.Value)
	case "timestampevents":
		g.TimestampEvents = config.True(e.Value)
	case "displayconnects":
		g.DisplayConnects = config.True(e.Value)
	case "allowmultiplelogin":
		g.AllowMultiple = config.True(e.Value)
	case "authtimeout":
		r.number(e, func(n int) { g.AuthTimeout = time.Duration(n) * time.Second })
	case "authlimit":
		r.number(e, func(n int) { g.AuthLimit = n })
	case "channelvars":
		for _, name := range strings.Split(e.Value, ",") {
			g.ChannelVars = append(g.ChannelVars, strings.TrimSpace(name))
		}
	case "disabledevents":
		for _, name := range strings.Split(e.Value, ",") {
			g.Disabled[strings.ToLower(strings.TrimSpace(name))] = true
		}
	default:
		r.unknown(e, optionNames("general"))
	}
}

func (r *reader) number(e config.Entry, set func(int)) {
	n, err := strconv.Atoi(e.Value)
	if err != nil || n < 0 {
		r.say(config.Error, e, "give a whole number", "%s = %s is no number", e.Key, e.Value)
		return
	}
	set(n)
}

func (r *reader) account(s *config.Section) {
	a := &Account{Name: s.Name, DisplayConnects: r.settings.DisplayConnects}
	for _, e := range s.Entries {
		switch strings.ToLower(e.Key) {
		case "secret":
			a.Secret = e.Value
		case "read":
			a.Read = r.classes(e)
		case "write":
			a.Write = r.classes(e)
		case "deny", "permit":
			a.Allow = append(a.Allow, r.rule(a, e)...)
		case "acl":
			r.named(a, e)
		case "writetimeout":
			r.number(e, func(n int) { a.WriteTimeout = time.Duration(n) * time.Millisecond })
		case "displayconnects":
			a.DisplayConnects = config.True(e.Value)
		case "allowmultiplelogin":
			a.AllowMultiple, a.multipleSet = config.True(e.Value), true
		case "setvar":
			name, value, _ := strings.Cut(e.Value, "=")
			a.SetVar = append(a.SetVar, command.Field{Key: name, Value: value})
		default:
			if criteria, ok := strings.CutPrefix(strings.ToLower(e.Key), "eventfilter"); ok && (criteria == "" || criteria[0] == '(') {
				r.filter(a, e)
				continue
			}
			r.unknown(e, optionNames("user"))
		}
	}
	if a.Secret == "" {
		place, ok := s.Entry("secret")
		if !ok {
			place = config.Entry{File: s.File, Line: s.Line}
		}
		r.say(config.Warning, place, "write secret = something that nobody guesses", "account %s has no secret: nobody can log in as it", s.Name)
	}
	r.settings.Accounts[a.Name] = a
}

func (r *reader) classes(e config.Entry) command.Class {
	c, unknown := ParseClasses(e.Value)
	for _, name := range unknown {
		hint := "the classes are " + strings.Join(command.ClassNames[:], " ")
		if near := config.Nearest(name, slices.Values(command.ClassNames[:])); near != "" {
			hint = "do you mean " + near + "?"
		}
		r.say(config.Warning, e, hint, "unknown class %q", name)
	}
	return c
}

// filter reads eventfilter, or eventfilter(criteria). One that is none lets the
// account see all, as on the reference.
func (r *reader) filter(a *Account, e config.Entry) {
	criteria := strings.TrimSuffix(strings.TrimPrefix(e.Key[len("eventfilter"):], "("), ")")
	if criteria == "" && e.Key[len(e.Key)-1] == ')' {
		criteria = "()" // there are parentheses, and no criteria in them
	}
	f, err := NewFilter(criteria, e.Value)
	if err != nil {
		r.say(config.Warning, e, "write eventfilter(name(…),header(…),method(…)) = text, or eventfilter = expression", "%s = %s: %v", e.Key, e.Value, err)
		return
	}
	a.Filters = append(a.Filters, f)
}

// rule reads a permit or deny line. One that can't be read closes the account.
func (r *reader) rule(a *Account, e config.Entry) (rules []Rule) {
	for _, text := range strings.Split(e.Value, ",") {
		text, negated := strings.CutPrefix(strings.TrimSpace(text), "!")
		p, err := ParseNet(text)
		if err != nil {
			r.say(config.Error, e, "write address/mask or address/bits", "%s = %s: %v: nobody can log in as %s", e.Key, text, err, a.Name)
			a.Closed = true
			continue
		}
		rules = append(rules, Rule{Permit: strings.EqualFold(e.Key, "permit") != negated, Net: p})
	}
	return rules
}

// ParseNet reads an address, address/bits or address/mask.
func ParseNet(text string) (netip.Prefix, error) {
	address, mask, ok := strings.Cut(strings.TrimSpace(text), "/")
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, err
	}
	if !ok {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	if bits, err := strconv.Atoi(mask); err == nil {
		return a.Prefix(bits)
	}
	m, err := netip.ParseAddr(mask)
	if err != nil || m.BitLen() != a.BitLen() {
		return netip.Prefix{}, fmt.Errorf("%q is no mask", mask)
	}
	bits, open := 0, false
	for _, b := range m.AsSlice() {
		for i := 7; i >= 0; i-- {
			one := b&(1<<i) != 0
			if one && open {
				return netip.Prefix{}, fmt.Errorf("mask %s has holes", mask)
			}
			if !one {
				open = true
			} else {
				bits++
			}
		}
	}
	return a.Prefix(bits)
}

// named adds the rules of acl.conf that an account names. Rules that are not
// there let nobody in.
func (r *reader) named(a *Account, e config.Entry) {
	for _, name := range strings.Split(e.Value, ",") {
		s := r.acl.Section(strings.TrimSpace(name))
		if s == nil {
			r.say(config.Error, e, "define it in acl.conf", "there is no ACL %s: nobody can log in as %s", name, a.Name)
			a.Closed = true
			continue
		}
		var rules []Rule
		for _, line := range s.Lines() {
			if key := strings.ToLower(line.Key); key == "permit" || key == "deny" {
				rules = append(rules, r.rule(a, line)...)
			}
		}
		a.Named = append(a.Named, rules)
	}
}
