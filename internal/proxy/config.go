package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/octothorpe/octothorpe/ami"
)

// Config is proxy.yaml.
type Config struct {
	Listen    []Listener      `yaml:"listen"`    // for AMI
	WebSocket []Listener      `yaml:"websocket"` // for JSON over WebSockets, at /ami
	Metrics   string          `yaml:"metrics"`   // address of /metrics; none if empty
	Upstreams []Upstream      `yaml:"upstreams"`
	Default   string          `yaml:"default"` // where actions go that name no server
	Users     map[string]User `yaml:"users"`
	Limits    Limits          `yaml:"limits"`
	Origins   []string        `yaml:"origins"` // of pages that may use the WebSocket, beside the proxy's own host

	folder string // to which the paths of files are relative
}

// A Listener is where clients connect.
type Listener struct {
	Address string     `yaml:"address"`
	TLS     *ServerTLS `yaml:"tls"`
}

// ServerTLS are files in PEM.
type ServerTLS struct {
	Certificate       string `yaml:"certificate"`
	Key               string `yaml:"key"`
	ClientAuthorities string `yaml:"client_authorities"` // clients then need a certificate of one of them
}

// An Upstream is a server.
type Upstream struct {
	Name       string     `yaml:"name"`
	Address    string     `yaml:"address"`
	Username   string     `yaml:"username"`
	Secret     string     `yaml:"secret"`
	SecretFile string     `yaml:"secret_file"`
	Plain      bool       `yaml:"plain_login"`
	Events     string     `yaml:"events"`
	Resync     *bool      `yaml:"resync"` // on unless it is set to no
	TLS        *ClientTLS `yaml:"tls"`
}

// ClientTLS says how a server is known.
type ClientTLS struct {
	Authorities string `yaml:"authorities"` // PEM; the system's if empty
	ServerName  string `yaml:"server_name"`
	Insecure    bool   `yaml:"insecure"` // the certificate is not checked
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// A User may log in.
type User struct {
	Secret     string       `yaml:"secret"`
	SecretFile string       `yaml:"secret_file"`
	Read       list         `yaml:"read"`    // classes of events, or all
	Write      list         `yaml:"write"`   // classes of actions, or all
	Servers    list         `yaml:"servers"` // names; all if empty
	Allow      []prefix     `yaml:"allow"`   // addresses; all if empty
	Deny       []prefix     `yaml:"deny"`
	Filters    []filterText `yaml:"filters"`
	Sessions   int          `yaml:"sessions"` // at once; no limit if 0
	Rate       float64      `yaml:"rate"`     // actions a second; no limit if 0

	filters ami.Filters
	read    classes
	write   classes
}

// Limits bound what clients cost.
type Limits struct {
	Unauthenticated int           `yaml:"unauthenticated"` // connections that have not logged in; 1,000
	LoginTimeout    time.Duration `yaml:"login_timeout"`   // 30 s
	Sessions        int           `yaml:"sessions"`        // 20,000
	Queue           int           `yaml:"queue"`           // bytes that wait for a client; 4 MiB
	Stall           time.Duration `yaml:"stall"`           // 30 s
	Message         int           `yaml:"message"`         // bytes of an action; 64 KiB
	Pending         int           `yaml:"pending"`         // actions of a session without an answer; 1,000
}

// A list is written as one, or as a text with commas.
type list []string

func (l *list) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]string)(l))
	}
	var text string
	if err := n.Decode(&text); err != nil {
		return err
	}
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			*l = append(*l, part)
		}
	}
	return nil
}

// A prefix is a network, or one address.
type prefix netip.Prefix

func (p *prefix) UnmarshalYAML(n *yaml.Node) error {
	if network, err := netip.ParsePrefix(n.Value); err == nil {
		*p = prefix(network.Masked())
		return nil
	}
	address, err := netip.ParseAddr(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no address and no network", n.Line, n.Value)
	}
	*p = prefix(netip.PrefixFrom(address, address.BitLen()))
	return nil
}

// A filterText is a text, or criteria and a pattern.
type filterText struct {
	Criteria string `yaml:"criteria"`
	Pattern  string `yaml:"pattern"`
}

func (f *filterText) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		f.Pattern = n.Value
		return nil
	}
	type plain filterText
	return n.Decode((*plain)(f))
}

// Load reads a configuration, and tells everything that is wrong with it.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := parseConfig(text, filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func parseConfig(text []byte, folder string) (*Config, error) {
	c := &Config{folder: folder}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	err := d.Decode(c)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	var mistakes *yaml.TypeError
	if err != nil && !errors.As(err, &mistakes) {
		return nil, err
	}
	c.complete()
	if err = errors.Join(plain(mistakes), c.check()); err != nil {
		return nil, err
	}
	return c, nil
}

var (
	unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)
	wrongType  = regexp.MustCompile(`cannot unmarshal !!(\w+) (.*)into \S+$`)
)

// plain says what does not fit in words that know nothing of this program.
func plain(mistakes *yaml.TypeError) error {
	if mistakes == nil {
		return nil
	}
	var wrong []error
	for _, text := range mistakes.Errors {
		text = unknownKey.ReplaceAllString(text, "there is no option $1")
		wrong = append(wrong, errors.New(wrongType.ReplaceAllString(text, "${2}does not fit here")))
	}
	return errors.Join(wrong...)
}

func or[T comparable](v, usual T) T {
	var zero T
	if v == zero {
		return usual
	}
	return v
}

// complete fills in what is usual.
func (c *Config) complete() {
	l := &c.Limits
	l.Unauthenticated = or(l.Unauthenticated, 1000)
	l.LoginTimeout = or(l.LoginTimeout, 30*time.Second)
	l.Sessions = or(l.Sessions, 20_000)
	l.Queue = or(l.Queue, 4<<20)
	l.Stall = or(l.Stall, 30*time.Second)
	l.Message = or(l.Message, 64<<10)
	l.Pending = or(l.Pending, 1000)
	if c.Default == "" && len(c.Upstreams) == 1 {
		c.Default = c.Upstreams[0].Name
	}
	for i := range c.Listen {
		c.Listen[i].Address = withPort(c.Listen[i].Address, ami.Port)
	}
	for i := range c.WebSocket {
		c.WebSocket[i].Address = withPort(c.WebSocket[i].Address, "8088")
	}
}

func withPort(address, port string) string {
	if _, _, err := net.SplitHostPort(address); err != nil && address != "" {
		return net.JoinHostPort(strings.Trim(address, "[]"), port)
	}
	return address
}

// path is that of a file in the configuration.
func (c *Config) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.folder, name)
}

// secret reads a secret from where it stands.
func (c *Config) secret(text, file string) (string, error) {
	if file == "" {
		return text, nil
	}
	b, err := os.ReadFile(c.path(file))
	return strings.TrimRight(string(b), "\r\n"), err
}

// check tells all that is wrong.
func (c *Config) check() error {
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if len(c.Listen)+len(c.WebSocket) == 0 {
		bad("nothing to listen to: listen or websocket")
	}
	for _, l := range slices.Concat(c.Listen, c.WebSocket) {
		if l.Address == "" {
			bad("a listener has no address")
		}
	}
	names := map[string]bool{}
	for i := range c.Upstreams {
		u := &c.Upstreams[i]
		switch {
		case u.Name == "" || strings.ContainsAny(u.Name, "\r\n,"):
			bad("upstream %d: the name %q", i+1, u.Name)
		case names[u.Name]:
			bad("upstream %s: the name is taken", u.Name)
		}
		names[u.Name] = true
		if u.Address == "" {
			bad("upstream %s: no address", u.Name)
		}
		var err error
		if u.Secret, err = c.secret(u.Secret, u.SecretFile); err != nil {
			bad("upstream %s: %w", u.Name, err)
		}
	}
	if len(c.Upstreams) == 0 {
		bad("no upstreams")
	}
	if c.Default != "" && !names[c.Default] {
		bad("default: no upstream is called %s", c.Default)
	}
	if len(c.Users) == 0 {
		bad("no users: nobody could log in")
	}
	for name, u := range c.Users {
		if err := u.complete(c, names); err != nil {
			bad("user %s: %w", name, err)
		}
		c.Users[name] = u
	}
	return errors.Join(wrong...)
}

// complete reads what a user's texts mean.
func (u *User) complete(c *Config, servers map[string]bool) error {
	var err error
	var wrong []error
	if u.Secret, err = c.secret(u.Secret, u.SecretFile); err != nil {
		wrong = append(wrong, err)
	}
	if u.Secret == "" {
		wrong = append(wrong, errors.New("no secret: nobody is let in without one"))
	}
	for _, name := range u.Servers {
		if !servers[name] {
			wrong = append(wrong, fmt.Errorf("no upstream is called %s", name))
		}
	}
	if u.read, err = parseClasses(u.Read); err != nil {
		wrong = append(wrong, fmt.Errorf("read: %w", err))
	}
	if u.write, err = parseClasses(u.Write); err != nil {
		wrong = append(wrong, fmt.Errorf("write: %w", err))
	}
	for _, f := range u.Filters {
		filter, err := ami.ParseFilter(f.Criteria, f.Pattern)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		u.filters = append(u.filters, filter)
	}
	return errors.Join(wrong...)
}
