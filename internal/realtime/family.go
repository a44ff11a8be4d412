package realtime

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/store"
)

// A mapping is a line of extconfig.conf: where the objects of a family, or the lines
// of a file, are.
type mapping struct {
	family, driver, database, table string
	priority                        int
}

// Static reports whether the family is a configuration file.
func isFile(family string) bool { return strings.HasSuffix(family, ".conf") }

// first are the files that must be read before any database can be asked.
var first = []string{"asterisk.conf", "modules.conf", "logger.conf", "extconfig.conf", "res_pgsql.conf", "res_config_sqlite3.conf", "res_curl.conf"}

// instead says which driver to use in the place of those that there are not.
var instead = map[string]string{
	"odbc":   "use pgsql or sqlite3: ODBC needs drivers in C, which this program has no place for",
	"mysql":  "use pgsql or sqlite3, or curl with a web server in front of the database",
	"ldap":   "use curl with a web server in front of the directory",
	"sqlite": "use sqlite3",
}

// LoadFamilies reads extconfig.conf.
func LoadFamilies(f *config.File) (families map[string][]mapping, problems []config.Diagnostic) {
	r := config.NewReader(f)
	families = map[string][]mapping{}
	for _, e := range f.Merged("settings").Lines() {
		m, why, hint := readMapping(e)
		if why != "" {
			r.Report(config.Error, e, hint, "%s", why)
			continue
		}
		families[m.family] = append(families[m.family], m)
	}
	for _, list := range families {
		slices.SortStableFunc(list, func(a, b mapping) int { return a.priority - b.priority })
	}
	return families, r.Diagnostics()
}

func readMapping(e config.Entry) (m mapping, why, hint string) {
	words := splitQuoted(e.Value)
	m = mapping{family: strings.ToLower(e.Key), driver: strings.ToLower(words[0]), table: e.Key, priority: 1}
	if len(words) > 1 {
		m.database = words[1]
	}
	if len(words) > 2 && words[2] != "" {
		m.table = words[2]
	}
	if m.driver == "curl" {
		m.table = m.database
	}
	switch {
	case slices.Contains(first, m.family):
		return m, e.Key + " can't lie in a database: it is read before any can be asked", ""
	case instead[m.driver] != "":
		return m, "there is no driver " + words[0] + ": " + e.Key + " is kept nowhere", instead[m.driver]
	case m.driver != "sqlite3" && m.driver != "pgsql" && m.driver != "curl":
		return m, "there is no driver " + words[0] + ": " + e.Key + " is kept nowhere", "the drivers are pgsql, sqlite3 and curl"
	case m.driver == "curl" && !strings.HasPrefix(m.database, "http://") && !strings.HasPrefix(m.database, "https://"):
		return m, "curl needs the URL of a web server", "write " + e.Key + " => curl,http://…"
	case m.driver == "sqlite3" && m.database == "":
		return m, "sqlite3 needs the name of a section of res_config_sqlite3.conf", ""
	}
	if len(words) > 3 && words[3] != "" {
		n, err := strconv.Atoi(words[3])
		if err != nil || n < 1 {
			return m, words[3] + " is no priority", "write a number from 1 on"
		}
		m.priority = n
	}
	return m, "", ""
}

// splitQuoted parts a line at commas that do not stand in double quotes.
func splitQuoted(text string) []string {
	var list []string
	var b strings.Builder
	quoted := false
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			list = append(list, strings.TrimSpace(b.String()))
			b.Reset()
		default:
			b.WriteRune(c)
		}
	}
	return append(list, strings.TrimSpace(b.String()))
}

// A sqliteFile is a section of res_config_sqlite3.conf.
type sqliteFile struct {
	path string
	busy time.Duration
}

// aboutTables is why nothing is made of requirements.
const aboutTables = "tables are never made or altered by the exchange: a column that is missing is told of in the log"

// LoadSQLite reads res_config_sqlite3.conf: files by section.
func LoadSQLite(f *config.File) (map[string]sqliteFile, []config.Diagnostic) {
	r := config.NewReader(f)
	files := map[string]sqliteFile{}
	for _, section := range f.Sections() {
		if section.Template || strings.EqualFold(section.Name, "general") {
			continue
		}
		s := r.Section(section)
		one := sqliteFile{path: s.String("dbfile", ""), busy: s.Duration("busy_timeout", time.Millisecond, time.Second, 0, time.Hour)}
		s.Meaningless("batch", "debug")
		s.Never(aboutTables, "requirements")
		s.Done()
		if one.path == "" {
			r.Report(config.Error, config.Entry{File: section.File, Line: section.Line}, "write dbfile => /var/lib/…", "%s has no dbfile", section.Name)
			continue
		}
		files[section.Name] = one
	}
	return files, r.Diagnostics()
}

// A server is a section of res_pgsql.conf.
type server struct {
	store.Postgres
	ordered bool
}

// LoadPgSQL reads res_pgsql.conf. [general] is the server that families are at which
// name no other section.
func LoadPgSQL(f *config.File) (map[string]server, []config.Diagnostic) {
	r := config.NewReader(f)
	servers := map[string]server{}
	for _, section := range f.Sections() {
		if section.Template {
			continue
		}
		s := r.Section(section)
		p := server{ordered: s.Bool("order_multi_row_results_by_initial_column", true), Postgres: store.Postgres{Host: s.String("dbhost", ""),
			Port: s.Int("dbport", 0, 1, 65535), Database: s.String("dbname", "asterisk"), User: s.String("dbuser", ""), Password: s.String("dbpass", ""),
			Application: s.String("dbappname", "octothorpe")}}
		if socket := s.String("dbsock", ""); p.Host == "" && socket != "" {
			p.Host = folderOf(socket)
		}
		s.Never(aboutTables, "requirements")
		s.Done()
		servers[strings.ToLower(section.Name)] = p
	}
	return servers, r.Diagnostics()
}

// folderOf is the folder of a socket that is named whole or by its folder.
func folderOf(socket string) string {
	if i := strings.LastIndex(socket, "/.s.PGSQL."); i >= 0 {
		return socket[:i]
	}
	return socket
}

func (m mapping) String() string {
	return fmt.Sprintf("%s,%s,%s", m.driver, m.database, m.table)
}
