package realtime

import (
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/store"
	"github.com/octothorpe/octothorpe/internal/store/postgrestest"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func configOf(t *testing.T, text string) *config.File {
	t.Helper()
	f, err := config.Parse("test.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// houses runs a test over each kind of database. The table phones has what tables
// says, the table lines is one of configuration files.
func houses(t *testing.T, test func(t *testing.T, h *House)) {
	t.Run("sqlite3", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a.db")
		db, err := store.OpenSQLite(path, "", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(tables); err != nil {
			t.Fatal(err)
		}
		test(t, house(t, "phones => sqlite3,one,phones\nx.conf => sqlite3,one,lines\n", "[one]\ndbfile = "+path+"\n", ""))
	})
	t.Run("pgsql", func(t *testing.T) {
		server := postgrestest.Start(t)
		db, err := server.Open(1)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(tables); err != nil {
			t.Fatal(err)
		}
		test(t, house(t, "phones => pgsql,general,phones\nx.conf => pgsql,general,lines\n", "",
			fmt.Sprintf("[general]\ndbsock = %s/.s.PGSQL.5432\ndbname = postgres\ndbuser = test\n", server.Host)))
	})
	t.Run("curl", func(t *testing.T) {
		w := &web{tables: map[string][]url.Values{}}
		s := httptest.NewServer(w)
		defer s.Close()
		w.fill()
		test(t, house(t, fmt.Sprintf("phones => curl,%s/phones\nx.conf => curl,%s/lines\n", s.URL, s.URL), "", ""))
	})
}

const tables = `CREATE TABLE phones (id varchar(40), context varchar(40), allow text, max_contacts integer, note text);
INSERT INTO phones VALUES ('alice', 'in', 'ulaw;alaw', 2, NULL), ('bob', 'in', 'g722', 1, 'a^3Bb'), ('carol', 'out', '', NULL, ' ');
CREATE TABLE lines (id integer, cat_metric integer, var_metric integer, commented integer, filename varchar(128), category varchar(128), var_name varchar(128), var_val varchar(128));
INSERT INTO lines VALUES (1, 0, 0, 0, 'x.conf', 'general', 'a', '1;2'), (2, 0, 1, 0, 'x.conf', 'general', 'b', '2'), (3, 0, 2, 1, 'x.conf', 'general', 'c', '3'),
 (4, 0, 0, 0, 'y.conf', 'other', 'd', '4')`

func house(t *testing.T, families, sqlite, pgsql string) *House {
	t.Helper()
	h := New(quiet(), "")
	f := Files{Families: configOf(t, "[settings]\n"+families), SQLite: configOf(t, sqlite), PgSQL: configOf(t, pgsql)}
	if problems := h.Configure(f); len(problems) > 0 {
		t.Fatal(problems)
	}
	t.Cleanup(h.Close)
	return h
}

func text(list []Row) string {
	var out []string
	for _, r := range list {
		var fields []string
		for _, f := range r {
			fields = append(fields, f.Name+"="+f.Value)
		}
		out = append(out, strings.Join(fields, " "))
	}
	return strings.Join(out, " | ")
}

func TestFamilies(t *testing.T) {
	houses(t, func(t *testing.T, h *House) {
		ask := func(want string, where ...string) {
			t.Helper()
			list, err := h.All(t.Context(), "Phones", Where(where...)...)
			if got := text(list); err != nil || got != want {
				t.Errorf("%v: %q (%v), want %q", where, got, err, want)
			}
		}
		ask("id=alice context=in allow=ulaw allow=alaw max_contacts=2", "id", "alice")
		ask("", "id", "nobody")
		ask("id=alice context=in allow=ulaw allow=alaw max_contacts=2 | id=bob context=in allow=g722 max_contacts=1 note=a;b", "id LIKE", "%", "context", "in")
		ask("id=carol context=out note=", "id LIKE", "car%")
		if n, err := h.Store(t.Context(), "phones", Field{"id", "d'ave"}, Field{"note", "x;y"}, Field{"max_contacts", ""}); n != 1 || err != nil {
			t.Errorf("stored %d (%v)", n, err)
		}
		ask("id=d'ave note=x;y", "id", "d'ave")
		if n, err := h.Update(t.Context(), "phones", Where("id", "d'ave"), Field{"note", "z"}, Field{"max_contacts", "7"}); n != 1 || err != nil {
			t.Errorf("updated %d (%v)", n, err)
		}
		ask("id=d'ave max_contacts=7 note=z", "id", "d'ave")
		if n, err := h.Update(t.Context(), "phones", Where("id", "nobody"), Field{"note", "z"}); n != 0 || err != nil {
			t.Errorf("updated %d (%v), want none", n, err)
		}
		if n, err := h.Destroy(t.Context(), "phones", Where("id", "d'ave")...); n != 1 || err != nil {
			t.Errorf("destroyed %d (%v)", n, err)
		}
		ask("", "id", "d'ave")
		if n, err := h.Destroy(t.Context(), "phones"); n != 0 || err == nil {
			t.Errorf("without a condition %d were destroyed (%v)", n, err)
		}
		if _, err := h.All(t.Context(), "other", Where("id", "1")...); err == nil {
			t.Error("a family that is not there was found")
		}
		got, ok, err := h.File(t.Context(), "x.conf")
		if want := "[general]\na = 1\\;2\nb = 2\n"; got != want || !ok || err != nil {
			t.Errorf("x.conf is %q %v (%v), want %q", got, ok, err, want)
		}
	})
}

func TestPriorities(t *testing.T) {
	w := &web{tables: map[string][]url.Values{}}
	s := httptest.NewServer(w)
	defer s.Close()
	w.fill()
	h := house(t, "phones => sqlite3,gone,phones,1\nphones => curl,"+s.URL+"/phones,,2\n", "[gone]\ndbfile=/nowhere/x.db\n", "")
	row, err := h.One(t.Context(), "phones", Where("id", "bob")...)
	if row.Get("allow") != "g722" || err != nil {
		t.Errorf("the second place has %v (%v)", row, err)
	}
}

func TestWhatCanNotBe(t *testing.T) {
	for line, want := range map[string]string{
		"a => odbc,dsn,a":               "ODBC",
		"a => mysql,general,a":          "pgsql or sqlite3",
		"a => dbase,a":                  "pgsql, sqlite3 and curl",
		"a => curl,localhost":           "http://",
		"modules.conf => pgsql,general": "before any",
		"a => pgsql,general,a,none":     "number",
	} {
		families, problems := LoadFamilies(configOf(t, "[settings]\n"+line+"\n"))
		if len(problems) != 1 || len(families) != 0 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%s: %v, want one with %q", line, problems, want)
		}
	}
}

func TestFunctions(t *testing.T) {
	w := &web{tables: map[string][]url.Values{}}
	s := httptest.NewServer(w)
	defer s.Close()
	w.fill()
	h := house(t, "phones => curl,"+s.URL+"/phones\n", "", "")
	rows := h.Functions()
	at := func(name string) Function {
		return rows[slices.IndexFunc(rows, func(f Function) bool { return f.Name == name })]
	}
	read := func(name, args, want string) {
		t.Helper()
		if got, err := at(name).Read(t.Context(), nil, args); got != want || err != nil {
			t.Errorf("%s(%s) is %q (%v), want %q", name, args, got, err, want)
		}
	}
	read("REALTIME", "phones,id,bob", "id=bob,context=in,allow=g722,max_contacts=1,note=a;b,")
	read("REALTIME", "phones,id,bob,|,:", "id:bob|context:in|allow:g722|max_contacts:1|note:a;b|")
	read("REALTIME_FIELD", "phones,id,bob,allow", "g722")
	read("REALTIME_HASH", "phones,id,bob", "bob,in,g722,1,a;b")
	if err := at("REALTIME").Write(t.Context(), nil, "phones,id,bob,allow", "opus"); err != nil {
		t.Error(err)
	}
	read("REALTIME_FIELD", "phones,id,bob,allow", "opus")
	if err := at("REALTIME_STORE").Write(t.Context(), nil, "phones,id,context", "eve,a,b"); err != nil {
		t.Error(err)
	}
	read("REALTIME_FIELD", "phones,id,eve,context", "a,b")
	read("REALTIME_DESTROY", "phones,id,eve", "id=eve,context=a,b,")
	read("REALTIME", "phones,id,eve", "")
}

// web is a web server that keeps tables in memory.
type web struct {
	mu     sync.Mutex
	tables map[string][]url.Values
	order  map[string][]string
}

func (w *web) fill() {
	w.order = map[string][]string{"phones": {"id", "context", "allow", "max_contacts", "note"}}
	w.tables["phones"] = []url.Values{
		{"id": {"alice"}, "context": {"in"}, "allow": {"ulaw", "alaw"}, "max_contacts": {"2"}},
		{"id": {"bob"}, "context": {"in"}, "allow": {"g722"}, "max_contacts": {"1"}, "note": {"a;b"}},
		{"id": {"carol"}, "context": {"out"}, "note": {" "}}}
	w.order["lines"] = []string{"category", "cat_metric", "var_name", "var_val"}
	w.tables["lines"] = []url.Values{
		{"category": {"general"}, "cat_metric": {"0"}, "var_name": {"a"}, "var_val": {"1;2"}},
		{"category": {"general"}, "cat_metric": {"0"}, "var_name": {"b"}, "var_val": {"2"}}}
}

// meets reports whether a row is one that a form asks for.
func meets(row, form url.Values) bool {
	for name, values := range form {
		column, like := strings.CutSuffix(name, " LIKE")
		if like && !regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(values[0]), "%", ".*")+"$").MatchString(row.Get(column)) || !like && row.Get(name) != values[0] {
			return false
		}
	}
	return true
}

func (w *web) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, rest, _ := strings.Cut(r.URL.Path, "/")
	table, operation, _ := strings.Cut(rest, "/")
	body, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(out, html.EscapeString(err.Error()), http.StatusBadRequest)
		return
	}
	where := form
	if operation == "update" {
		where = r.URL.Query()
	}
	var hits, others []url.Values
	for _, row := range w.tables[table] {
		if operation == "static" || meets(row, where) {
			hits = append(hits, row)
		} else {
			others = append(others, row)
		}
	}
	switch operation {
	case "single", "multi", "static":
		for i, row := range hits {
			if i > 0 && operation == "single" {
				break
			}
			var pairs []string
			for _, name := range w.order[table] {
				for _, value := range row[name] {
					pairs = append(pairs, url.PathEscape(name)+"="+url.PathEscape(value))
				}
			}
			fmt.Fprint(out, strings.Join(pairs, "&")+"\r\n")
		}
	case "update":
		for _, row := range hits {
			for name, values := range form {
				row[name] = values
			}
		}
		fmt.Fprint(out, len(hits))
	case "store":
		w.tables[table] = append(w.tables[table], form)
		fmt.Fprint(out, 1)
	case "destroy":
		w.tables[table] = others
		fmt.Fprint(out, len(hits))
	}
}
