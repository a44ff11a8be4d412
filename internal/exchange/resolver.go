package exchange

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/sip"
)

// nameServers reads resolver_unbound.conf, which may be nil: those of nameserver
// first, then those of the file that resolv names. None are the machine's own.
func nameServers(f *config.File) ([]netip.AddrPort, []config.Diagnostic) {
	r := config.NewReader(f)
	section := f.Section("general")
	s := r.Section(section)
	s.All("nameserver")
	var servers []netip.AddrPort
	for _, e := range section.Lines() {
		if !strings.EqualFold(e.Key, "nameserver") {
			continue
		}
		if server, ok := nameServer(e.Value); ok {
			servers = append(servers, server)
			continue
		}
		r.Report(config.Error, e, "write an address, or address@port", "%q is no name server", e.Value)
	}
	file := s.String("resolv", "system")
	if strings.EqualFold(file, "system") {
		file = "/etc/resolv.conf"
	}
	if hosts := s.String("hosts", "system"); !strings.EqualFold(hosts, "system") && hosts != "/etc/hosts" {
		if e, ok := section.Entry("hosts"); ok {
			r.NotHonoured(e, "names of the machine itself are looked up in /etc/hosts alone")
		}
	}
	s.Never("questions for names are not written to the log", "debug")
	s.Later("answers are not verified (DNSSEC)", "ta_file")
	s.Done()
	if len(servers) > 0 && file != "" {
		servers = append(servers, sip.NameServers(file)...)
	} else if file != "/etc/resolv.conf" && file != "" {
		servers = sip.NameServers(file)
	}
	return servers, r.Diagnostics()
}

// nameServer reads an address with a port behind "@" where it is not 53.
func nameServer(text string) (netip.AddrPort, bool) {
	host, port, given := strings.Cut(text, "@")
	number := uint64(53)
	a, err := netip.ParseAddr(strings.TrimSpace(host))
	if err == nil && given {
		number, err = strconv.ParseUint(strings.TrimSpace(port), 10, 16)
	}
	return netip.AddrPortFrom(a, uint16(number)), err == nil && number > 0
}

// resolver asks the name servers of the configuration.
func (x *Exchange) resolver() sip.Resolver {
	var f *config.File
	if x.modules.wants("res_resolver_unbound") {
		f = x.optional("resolver_unbound.conf")
	}
	servers, problems := nameServers(f)
	x.report(problems)
	return sip.NewResolver(sip.ResolverConfig{Servers: servers})
}
