package rest

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/wsclient"
)

// outbounds are the WebSockets that ari.conf has opened, with their clients, by name. Those without a client are none.
func (s *Server) outbounds() (list []Outbound, clients []*wsclient.Client) {
	all := slices.Clone(s.settings.Load().Outbound)
	slices.SortFunc(all, func(a, b Outbound) int { return strings.Compare(a.Name, b.Name) })
	for _, o := range all {
		if client := s.Clients.Find(o.Client); client != nil {
			list, clients = append(list, o), append(clients, client)
		}
	}
	return list, clients
}

// connectionType is how websocket_client.conf says when a WebSocket is open.
func connectionType(c *wsclient.Client) string {
	if c.Persistent {
		return kindPersistent
	}
	return kindForCalls
}

func rule(widths ...int) string {
	var parts []string
	for _, n := range widths {
		parts = append(parts, strings.Repeat("-", n))
	}
	return strings.Join(parts, " ")
}

func (s *Server) showOutbounds(w io.Writer, _ []string) error {
	const form = "%-32s %-15s %-32s %-7s %s\n"
	fmt.Fprintf(w, form, "Name", "Type", "Apps", "Status", "URI")
	fmt.Fprintln(w, rule(32, 15, 32, 7, 64))
	list, clients := s.outbounds()
	for i, o := range list {
		status := "valid"
		if !s.settings.Load().knows(&o) {
			status = "INVALID"
		}
		fmt.Fprintf(w, form, o.Name, connectionType(clients[i]), strings.Join(o.Apps, ","), status, clients[i].URI)
	}
	return nil
}

// outbound is the WebSocket of a name; it fails the command where there is none.
func (s *Server) outbound(w io.Writer, name string) (*Outbound, *wsclient.Client, error) {
	list, clients := s.outbounds()
	i := slices.IndexFunc(list, func(o Outbound) bool { return o.Name == name })
	if i < 0 {
		fmt.Fprintln(w, "Error getting ARI configuration")
		return nil, nil, errSilent
	}
	return &list[i], clients[i], nil
}

func (s *Server) showOutbound(w io.Writer, args []string) error {
	o, c, err := s.outbound(w, args[0])
	if err != nil {
		return err
	}
	mark, user := "", o.User
	if !s.settings.Load().knows(o) {
		mark, user = "**INVALID**", user+" (invalid)"
	}
	fmt.Fprintf(w, "[%s] %s\n", o.Name, mark)
	for _, line := range [][2]string{
		{"uri", c.URI}, {"protocols", strings.Join(c.Protocols, ",")}, {"apps", strings.Join(o.Apps, ",")}, {"username", c.Username},
		{"password", "********"}, {"local_ari_user", user}, {"connection_type", connectionType(c)}, {"subscribe_all", yesNo(o.All)},
		{"connec_timeout", fmt.Sprint(c.Timeout.Milliseconds())}, {"reconnect_attempts", fmt.Sprint(c.Attempts)},
		{"reconnect_interval", fmt.Sprint(c.Interval.Milliseconds())}, {"tls_enabled", yesNo(c.TLS.Enabled)}, {"ca_list_file", c.TLS.CAFile},
		{"ca_list_path", c.TLS.CAPath}, {"cert_file", c.TLS.Certificate}, {"priv_key_file", c.TLS.Key},
		{"verify_server", yesNo(c.TLS.CheckServer)}, {"verify_server_hostname", yesNo(c.TLS.CheckName)},
	} {
		fmt.Fprintf(w, "%-24s %s\n", line[0]+" =", line[1])
	}
	fmt.Fprintln(w)
	return nil
}

func (s *Server) startOutbound(w io.Writer, args []string) error {
	o, _, err := s.outbound(w, args[0])
	if err != nil {
		return err
	}
	if !s.settings.Load().knows(o) {
		return fmt.Errorf("the user %s of %s is not in ari.conf", o.User, o.Name)
	}
	s.start(o)
	fmt.Fprintf(w, "Starting websocket session for outbound-websocket '%s'\n", o.Name)
	return nil
}

func (s *Server) showSessions(w io.Writer, _ []string) error {
	const form = "%-37s %-15s %-32s %-5s %s\n"
	fmt.Fprintf(w, form, "Connection ID", "Type", "RemoteAddr", "State", fmt.Sprintf("%-16s", "Apps"))
	fmt.Fprintln(w, rule(37, 15, 32, 5, 16))
	for _, one := range s.listed() {
		peer, state := one.peer, "Up"
		switch {
		case one.kind == kindForCalls:
			peer, state = "", "N/A"
		case !s.isOpen(one):
			peer, state = "", "Down"
		}
		fmt.Fprintf(w, form, one.id, one.kind, cmp.Or(peer, "N/A"), state, strings.Join(one.apps, ","))
	}
	return nil
}

func (s *Server) shutSession(w io.Writer, args []string) error {
	all := s.listed()
	i := slices.IndexFunc(all, func(one *session) bool { return one.id == args[0] })
	if i < 0 {
		fmt.Fprintf(w, "Websocket session '%s' not found\n", args[0])
		return errSilent
	}
	s.shut(all[i])
	fmt.Fprintf(w, "Shutting down websocket session '%s'\n", args[0])
	return nil
}

func (s *Server) shutSessions(w io.Writer, _ []string) error {
	s.Shutdown()
	_, err := fmt.Fprintln(w, "Shutting down all websocket sessions")
	return err
}
