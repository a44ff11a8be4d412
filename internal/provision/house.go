package provision

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A House gives the phones of one exchange their files. Its fields are set before Configure.
type House struct {
	// Folder is phoneprov below astdatadir.
	Folder string
	// Expand puts variables, functions and expressions into a text, beside those of the
	// exchange the variables given.
	Expand func(ctx context.Context, variables map[string]string, text string) string
	Logger *slog.Logger

	mu     sync.Mutex // a leaf
	routes map[string]*route
	users  []*user
	byMAC  map[string]*user
}

// A user is a phone with its lines.
type user struct {
	mac      string
	provider string
	profile  *profile
	lines    []*Line
}

// A route is what is served at a path.
type route struct {
	uri     string
	path    string // below the folder
	kind    string
	profile string
	user    *user // nil: the file is served as it is
}

// Configure makes routes of profiles and of the lines of all phones.
func (h *House) Configure(ctx context.Context, s *Settings, lines []*Line) {
	b := &builder{house: h, ctx: ctx, settings: s, routes: map[string]*route{}, byMAC: map[string]*user{}}
	for _, name := range s.order {
		for _, f := range s.profiles[name].static {
			b.routes[f.uri] = &route{uri: f.uri, path: f.path, kind: f.kind, profile: name}
		}
	}
	for _, l := range lines {
		b.line(l)
	}
	for _, u := range b.users {
		b.dynamic(u)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.routes, h.users, h.byMAC = b.routes, b.users, b.byMAC
}

// A builder makes what a House serves.
type builder struct {
	house    *House
	ctx      context.Context //nolint:containedctx // it lives as long as Configure
	settings *Settings
	routes   map[string]*route
	users    []*user
	byMAC    map[string]*user
}

// line adds a line to its phone.
func (b *builder) line(l *Line) {
	log := b.house.Logger.With("provider", l.Provider, "line", l.Name, "mac", l.MAC)
	name := l.Profile
	if name == "" {
		name = b.settings.fallback
	}
	p := b.settings.profiles[name]
	if p == nil {
		log.Warn("a phone gets no files: there is no such profile", "profile", name)
		return
	}
	u := b.byMAC[l.MAC]
	switch {
	case u == nil:
		u = &user{mac: l.MAC, provider: l.Provider, profile: p}
		b.byMAC[l.MAC] = u
		b.users = append(b.users, u)
	case u.provider != l.Provider:
		log.Warn("a phone's line is left out: another provider has the phone", "other", u.provider)
		return
	}
	l.Variables = b.variables(p, l)
	l.index, _ = strconv.Atoi(l.Variables["LINE"])
	if slices.ContainsFunc(u.lines, func(other *Line) bool { return other.index == l.index }) {
		log.Warn("a phone's line is left out: it has another of that number", "number", l.index)
		return
	}
	u.lines = append(u.lines, l)
	slices.SortStableFunc(u.lines, func(x, y *Line) int { return x.index - y.index })
}

// variables are what templates may name: the provider's, those of the profile, and the
// time zone's.
func (b *builder) variables(p *profile, l *Line) map[string]string {
	all := zoneVariables(l.Variables["TIMEZONE"], time.Now())
	maps.Copy(all, l.Variables)
	all["MAC"], all["PROFILE"] = l.MAC, p.name
	for _, name := range []string{"LINE", "LINEKEYS"} {
		if all[name] == "" {
			all[name] = "1"
		}
	}
	if all["SERVER"] == "" {
		if address := b.settings.server.find(b.house.Logger); address != "" {
			all["SERVER"] = address
		}
	}
	if all["SERVER_PORT"] == "" {
		all["SERVER_PORT"] = b.settings.server.port // which has a default
	}
	for _, v := range p.variables {
		all[v.name] = b.house.Expand(b.ctx, all, v.value)
	}
	return all
}

// dynamic makes the routes of a phone's templates.
func (b *builder) dynamic(u *user) {
	for _, f := range u.profile.dynamic {
		uri := b.house.Expand(b.ctx, u.lines[0].Variables, f.uri)
		b.routes[uri] = &route{uri: uri, path: f.path, kind: f.kind, profile: u.profile.name, user: u}
	}
}

// find is the address that phones are told; "" is that at which each asks.
func (s server) find(log *slog.Logger) string {
	if s.address != "" || s.netDevice == "" {
		return s.address
	}
	device, err := net.InterfaceByName(s.netDevice)
	var addresses []net.Addr
	if err == nil {
		addresses, err = device.Addrs()
	}
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.To4() != nil {
			return network.IP.String()
		}
	}
	log.Warn("phones are told the address at which they ask: serveriface has none", "interface", s.netDevice, "error", err)
	return ""
}

// route finds what is served at a path.
func (h *House) route(uri string) *route {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.routes[uri]
}
