package httpd

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Settings are http.conf.
type Settings struct {
	Address    string        // host:port; "" serves nothing
	Sessions   int           // sessionlimit: connections at a time
	Inactivity time.Duration // session_inactivity: how long a request may take to come
	KeepAlive  time.Duration // session_keep_alive: how long the next may; 0 takes none
	TLS        TLS
	Prefix     string  // of every path, with a slash before it; ""
	Name       *string // servername: nil is the default, and "" says none
	Static     bool    // enable_static
	Status     bool    // enable_status
	Body       int64   // max_request_body, bytes
	Redirects  []Redirect
	Uploads    []Upload
	Limits     []Restriction
}

// A Redirect sends who asks for a path elsewhere.
type Redirect struct{ From, To string }

// An Upload is a line of [post_mappings]: what is posted to a path goes to a folder.
type Upload struct{ From, Folder string }

// A Restriction is a section [/path] that says who may ask for what begins with it.
type Restriction struct {
	Path string
	ACL  config.ACL
}

// defaultBody is how much of a form may be posted, as on the reference.
const defaultBody = 40 << 10

// httpsPort is where HTTPS is served unless tlsbindaddr says otherwise.
const httpsPort = "8089"

// Load reads http.conf, and the rules that it names from acl.conf; both may be nil. As
// on the reference nothing is served without a bindaddr, or at one that is none.
func Load(f, acl *config.File) (*Settings, []config.Diagnostic) {
	r := config.NewReader(nil)
	general := f.Section("general")
	s := r.Section(general)
	enabled, bind := s.Bool("enabled", false), s.String("bindaddr", "")
	g := &Settings{}
	address := net.JoinHostPort(strings.Trim(bind, "[]"), strconv.Itoa(s.Int("bindport", 8088, 0, 65535)))
	g.Sessions = s.Int("sessionlimit", 100, 1, 65535)
	g.Inactivity = s.Duration("session_inactivity", time.Millisecond, 30*time.Second, time.Millisecond, time.Hour)
	g.KeepAlive = s.Duration("session_keep_alive", time.Millisecond, 15*time.Second, 0, time.Hour)
	g.TLS = ReadTLS(r, general, s, bind, httpsPort)
	if prefix := strings.Trim(s.String("prefix", ""), "/"); prefix != "" {
		g.Prefix = "/" + prefix
	}
	if s.Has("servername") {
		name := s.String("servername", "")
		g.Name = &name
	}
	g.Static = s.Bool("enablestatic", s.Bool("enable_static", false))
	g.Status = s.Bool("enable_status", false)
	g.Body = int64(s.Int("max_request_body", defaultBody, 1024, 1<<30))
	g.redirects(r, s, general)
	s.Done()
	wrong := config.CheckHost(bind)
	switch e, _ := general.Entry("enabled"); {
	case enabled && bind == "":
		r.Report(config.Warning, e, "write bindaddr=127.0.0.1, or 0.0.0.0 for all", "without a bindaddr HTTP is not served, as in Asterisk")
	case enabled && wrong != nil:
		e, _ = general.Entry("bindaddr")
		r.Report(config.Error, e, "write bindaddr=127.0.0.1, or 0.0.0.0 for all", "bindaddr: %v: HTTP is not served", wrong)
	case enabled:
		g.Address = address
	}
	g.sections(r, f, acl)
	return g, r.Diagnostics()
}

func (g *Settings) redirects(r *config.Reader, s *config.SectionReader, general *config.Section) {
	s.Has("redirect") // it is known
	for _, e := range general.Lines() {
		if !strings.EqualFold(e.Key, "redirect") {
			continue
		}
		from, to, ok := strings.Cut(strings.TrimSpace(e.Value), " ")
		if !ok {
			r.Report(config.Warning, e, "write redirect = /from /to", "redirect = %s: where to is missing", e.Value)
			continue
		}
		g.Redirects = append(g.Redirects, Redirect{from, strings.TrimSpace(to)})
	}
}

// sections reads those beside [general].
func (g *Settings) sections(r *config.Reader, f, acl *config.File) {
	for _, s := range f.Sections() {
		switch {
		case s.Template, strings.EqualFold(s.Name, "general"):
		case strings.EqualFold(s.Name, "post_mappings"):
			for _, e := range s.Lines() {
				g.Uploads = append(g.Uploads, Upload{"/" + strings.Trim(e.Key, "/"), e.Value})
			}
		case strings.EqualFold(s.Get("type"), "restriction"):
			limit := Restriction{Path: s.Name}
			for _, e := range s.Lines() {
				switch {
				case config.IsACL(e.Key):
					limit.ACL.Add(e, acl, "nobody may ask for "+s.Name, r.Report)
				case !strings.EqualFold(e.Key, "type"):
					r.Report(config.Warning, e, "the options are permit, deny and acl", "unknown option %s", e.Key)
				}
			}
			g.Limits = append(g.Limits, limit)
		default:
			r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, "write type=restriction, or mend its name", "section %s has no meaning", s.Name)
		}
	}
}
