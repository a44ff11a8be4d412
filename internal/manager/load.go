package manager

import (
	"fmt"
	"iter"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/httpd"
)

// securePort is where AMI is served over TLS unless tlsbindaddr says otherwise.
const securePort = "5039"

// Load reads manager.conf, and the rules that it names from acl.conf, which may be
// nil. Accounts in more are there, too, unless manager.conf has them. What it cannot
// honour is said in the diagnostics.
func Load(f, acl *config.File, more ...*config.File) (*Settings, []config.Diagnostic) {
	g := &Settings{Accounts: map[string]*Account{}, Disabled: map[string]bool{}, AllowMultiple: true, DisplayConnects: true,
		AuthTimeout: 30 * time.Second, AuthLimit: 50, HTTPTimeout: time.Minute, KeptBytes: defaultKeptBytes, KeptWindow: defaultKeptWindow}
	r := &reader{settings: g, acl: acl}
	r.address(f.Section("general"))
	for _, one := range more {
		for _, s := range one.Sections() {
			r.account(s)
		}
	}
	for _, s := range f.Sections() {
		switch {
		case s.Template:
		case strings.EqualFold(s.Name, "general"):
			for _, e := range s.Entries {
				r.general(e)
			}
		default:
			r.account(s)
		}
	}
	for _, a := range g.Accounts {
		if !a.multipleSet {
			a.AllowMultiple = g.AllowMultiple
		}
		if a.QueueBytes == 0 {
			a.QueueBytes = g.QueueBytes
		}
		if a.QueueTime == 0 {
			a.QueueTime = g.QueueTime
		}
	}
	return g, r.diagnostics
}

// address reads where AMI is served, in the clear and over TLS.
func (r *reader) address(general *config.Section) {
	g := r.settings
	address, port := "0.0.0.0", "5038"
	var bind config.Entry
	for _, e := range general.Lines() {
		switch strings.ToLower(e.Key) {
		case "enabled":
			g.Enabled = config.True(e.Value)
		case "bindaddr":
			address, bind = e.Value, e
		case "port":
			if n, err := strconv.Atoi(e.Value); err != nil || n < 0 || n > 65535 {
				r.say(config.Error, e, "give one from 1 to 65535", "port = %s is no port: %s is used", e.Value, port)
				continue
			}
			port = e.Value
		}
	}
	if host, p, ok := strings.Cut(address, ":"); ok && !strings.Contains(p, ":") {
		address, port = host, p
	}
	if err := config.CheckHost(address); err != nil {
		r.say(config.Error, bind, "write an address of this machine, or 0.0.0.0 for all", "bindaddr: %v: AMI is not served", err)
		g.Enabled = false
	}
	address = strings.Trim(address, "[]")
	g.Address = net.JoinHostPort(address, port)
	problems := config.NewReader(nil)
	g.TLS = httpd.ReadTLS(problems, general, problems.Section(general), address, securePort)
	r.diagnostics = append(r.diagnostics, problems.Diagnostics()...)
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
	r.say(config.Warning, e, config.Suggest(e.Key, names), "unknown option %s", e.Key)
}

func (r *reader) general(e config.Entry) {
	g := r.settings
	switch strings.ToLower(e.Key) {
	case "enabled", "bindaddr", "port", "tlsenable", "tlsbindaddr", "tlscertfile", "tlsprivatekey", "tlscipher", "tlsdisablev1", "tlsdisablev11",
		"tlsdisablev12", "tlsservercipherorder", "tlscafile", "tlscapath", "tlsdontverifyserver": // see address
	case "webenabled":
		g.WebEnabled = config.True(e.Value)
	case "httptimeout":
		r.number(e, func(n int) { g.HTTPTimeout = time.Duration(max(n, 1)) * time.Second })
	case "debug":
		g.Debug = config.True(e.Value)
	case "brokeneventsaction":
		g.BrokenEvents = config.True(e.Value)
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
		for name := range strings.SplitSeq(e.Value, ",") {
			g.ChannelVars = append(g.ChannelVars, strings.TrimSpace(name))
		}
	case "disabledevents":
		for name := range strings.SplitSeq(e.Value, ",") {
			g.Disabled[strings.ToLower(strings.TrimSpace(name))] = true
		}
	case "queuelimit":
		r.bound(e, &g.QueueBytes, &g.QueueTime)
	case "eventhistory":
		switch {
		case config.True(e.Value):
			g.Keep = true
		case config.False(e.Value):
			g.Keep = false
		default:
			g.Keep = r.bound(e, &g.KeptBytes, &g.KeptWindow)
		}
	default:
		r.unknown(e, optionNames("general"))
	}
}

// bound reads bytes and seconds, of which either may be left out: "4194304,30".
func (r *reader) bound(e config.Entry, bytes *int, long *time.Duration) bool {
	first, second, _ := strings.Cut(e.Value, ",")
	for i, text := range []string{first, second} {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 {
			r.say(config.Error, e, "write bytes,seconds, like 4194304,30", "%s = %s: %q is no number above 0", e.Key, e.Value, text)
			return false
		}
		if i == 0 {
			*bytes = n
		} else {
			*long = time.Duration(n) * time.Second
		}
	}
	return true
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
		case "deny", "permit", "acl":
			a.ACL.Add(e, r.acl, "nobody can log in as "+a.Name, r.say)
		case "queuelimit":
			r.bound(e, &a.QueueBytes, &a.QueueTime)
		case "ratelimit":
			r.number(e, func(n int) { a.ActionRate = float64(n) })
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
	if r.settings.Accounts[a.Name] == nil {
		r.settings.Names = append(r.settings.Names, a.Name)
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
