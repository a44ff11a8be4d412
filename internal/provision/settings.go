package provision

import (
	"path"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// File says what phones get.
const File = "phoneprov.conf"

// Settings are phoneprov.conf.
type Settings struct {
	server   server
	fallback string // default_profile
	profiles map[string]*profile
	order    []string
}

// A server is where phones are told to register.
type server struct {
	address   string
	netDevice string // whose address it is
	port      string
}

// A profile is what phones of one kind get.
type profile struct {
	name      string
	variables []variable
	static    []file
	dynamic   []file
}

type variable struct{ name, value string }

// A file is what is served at a path: a file as it is, or a template.
type file struct {
	uri   string // of a template one itself
	path  string // below the folder phoneprov
	kind  string // MIME type
	where config.Entry
}

// defaultKind is the MIME type where nothing says another.
const defaultKind = "text/plain"

// Read reads phoneprov.conf, which may be nil.
func Read(f *config.File) (*Settings, []config.Diagnostic) {
	r := config.NewReader(nil)
	s := &Settings{profiles: map[string]*profile{}}
	general := r.Section(f.Section("general"))
	s.server = server{general.String("serveraddr", ""), general.String("serveriface", ""), general.String("serverport", "5060")}
	s.fallback = general.String("default_profile", "")
	general.Done()
	for _, section := range f.Sections() {
		if section.Template || strings.EqualFold(section.Name, "general") {
			continue
		}
		if s.profiles[section.Name] == nil {
			s.order = append(s.order, section.Name)
		}
		s.profiles[section.Name] = readProfile(r, section)
	}
	if s.fallback != "" && s.profiles[s.fallback] == nil {
		e, _ := f.Section("general").Entry("default_profile")
		r.Report(config.Warning, e, "", "there is no profile %s", s.fallback)
	}
	return s, r.Diagnostics()
}

// readProfile reads a section. A line holds for those that follow it.
func readProfile(r *config.Reader, section *config.Section) *profile {
	p := &profile{name: section.Name}
	folder, kind := "", defaultKind
	for _, e := range section.Lines() {
		switch strings.ToLower(e.Key) {
		case "mime_type":
			kind = e.Value
		case "staticdir":
			folder = e.Value
		case "setvar":
			name, value, ok := strings.Cut(e.Value, "=")
			if !ok {
				r.Report(config.Warning, e, "write setvar => NAME=value", "setvar %s has no value", e.Value)
				continue
			}
			p.variables = append(p.variables, variable{strings.TrimSpace(name), strings.TrimSpace(value)})
		case "static_file":
			name, own := cutKind(e.Value)
			p.static = inside(r, e, p.static, file{uri: name, path: folder + name, kind: own, where: e}, kind)
		default:
			name, own := cutKind(e.Value)
			p.dynamic = inside(r, e, p.dynamic, file{uri: e.Key, path: name, kind: own, where: e}, kind)
		}
	}
	return p
}

// cutKind reads "file[,type]".
func cutKind(text string) (name, kind string) {
	name, kind, _ = strings.Cut(text, ",")
	return strings.TrimSpace(name), strings.TrimSpace(kind)
}

// inside adds a file unless it lies outside of the folder.
func inside(r *config.Reader, e config.Entry, list []file, f file, kind string) []file {
	if f.kind == "" {
		f.kind = kind
	}
	if f.uri == "" || f.path == "" {
		r.Report(config.Warning, e, "", "%s names no file", e.Key)
		return list
	}
	if first := strings.Split(path.Clean(f.path), "/")[0]; first == ".." {
		r.Report(config.Error, e, "keep files below the folder phoneprov of astdatadir", "%s leads out of the folder of phones' files and is not served", f.path)
		return list
	}
	return append(list, f)
}
