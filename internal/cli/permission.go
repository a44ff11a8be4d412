package cli

import (
	"net"
	"regexp"
	"strings"
	"syscall"
)

// Permissions say who may run which command on a remote console: cli_permissions.conf.
// They hold for the control socket; the exchange's own terminal may do everything.
type Permissions struct {
	// Default is for users and groups of whom nothing is said, and commands that
	// none of their lines matches.
	Default  bool
	Subjects []Subject
}

// A Subject is a user or group of the machine with its lines; the last that
// matches a command decides.
type Subject struct {
	Group bool
	Name  string
	ID    uint32
	Lines []Line
}

// A Line is permit= or deny=. It matches a command in which its pattern occurs, in
// any case; all is every command.
type Line struct {
	Permit  bool
	Text    string
	Pattern *regexp.Regexp // nil is all
}

// NewLine reads the value of permit= or deny=. What is no regular expression is
// taken as it stands.
func NewLine(permit bool, text string) Line {
	l := Line{Permit: permit, Text: text}
	if strings.EqualFold(text, "all") {
		return l
	}
	pattern, err := regexp.Compile("(?i)" + text)
	if err != nil {
		pattern = regexp.MustCompile("(?i)" + regexp.QuoteMeta(text))
	}
	l.Pattern = pattern
	return l
}

// Allows reports whether a user, a group, or a user of a group may run a command.
// What is said of the user counts more than what is said of the group.
func (p *Permissions) Allows(uid, gid *uint32, command string) bool {
	if p == nil {
		return true
	}
	allowed, said := p.Default, false
	for _, s := range p.Subjects {
		id := uid
		if s.Group {
			id = gid
		}
		if id == nil || *id != s.ID || s.Group && said {
			continue
		}
		for _, l := range s.Lines {
			if l.Pattern == nil || l.Pattern.MatchString(command) {
				allowed = l.Permit
				said = said || !s.Group
			}
		}
	}
	return allowed
}

// owner tells by whose program a connection to the control socket was made.
func owner(conn net.Conn) (uid, gid uint32, known bool) {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, 0, false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, 0, false
	}
	var peer *syscall.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		peer, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err != nil || failed != nil {
		return 0, 0, false
	}
	return peer.Uid, peer.Gid, true
}

// permitted reports whether this console may run a line.
func (r *remote) permitted(line string) bool {
	p := r.server.permissions.Load()
	if p == nil {
		return true
	}
	uid, gid, known := owner(r.conn)
	if !known {
		return p.Default
	}
	words := Words(line)
	return p.Allows(&uid, &gid, strings.Join(words, " ")) && p.Allows(&uid, &gid, r.server.dispatcher.spelled(words))
}

// Permit sets who may run what from now on; nil lets everybody run everything.
func (s *Server) Permit(p *Permissions) { s.permissions.Store(p) }

// Permissions returns what Permit has set.
func (s *Server) Permissions() *Permissions { return s.permissions.Load() }
