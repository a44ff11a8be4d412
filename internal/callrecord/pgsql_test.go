package callrecord

import (
	"errors"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/store/postgrestest"
)

const pgTable = `CREATE TABLE cdr (id serial PRIMARY KEY, calldate timestamp NOT NULL, clid text, dst varchar(3) NOT NULL DEFAULT '', "end" timestamptz,
 answer integer, duration integer NOT NULL DEFAULT 0, billsec numeric(10,1), disposition varchar(45), amaflags integer, uniqueid text UNIQUE,
 "Project" text, unknown text DEFAULT 'kept')`

// The server takes what its columns ask for, is away for a while, and has everything
// once and in order when it is back.
func TestPostgreSQL(t *testing.T) {
	server := postgrestest.Start(t)
	db, err := server.Open(1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(pgTable); err != nil {
		t.Fatal(err)
	}
	to, err := newPgSQLTarget(PgSQL{Server: server.Postgres, Table: "cdr"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCourier("pgsql", 'r', to, t.TempDir(), 1<<20, quiet())
	if err != nil {
		t.Fatal(err)
	}
	silent := filled("2")
	silent.Answer, silent.Destination = time.Time{}, "1234567"
	if err := c.write([]entry{{record: filled("1")}, {record: silent}}); err != nil {
		t.Fatal(err)
	}
	arrive(t, c, 2)
	var calldate, clid, project, unknown, disposition string
	var end time.Time
	var answer, duration, flags int
	var exact float64
	err = db.QueryRow(`SELECT calldate::text, clid, "end", answer, duration, billsec, disposition, amaflags, "Project", unknown FROM cdr WHERE uniqueid = '1'`).
		Scan(&calldate, &clid, &end, &answer, &duration, &exact, &disposition, &flags, &project, &unknown)
	if err != nil {
		t.Fatal(err)
	}
	v := filled("1")
	if calldate != "2026-03-04 05:06:07.25" || clid != v.CallerID || !end.Equal(v.End) || int64(answer) != v.Answer.Unix() || duration != 12 || exact != 10.5 ||
		disposition != "ANSWERED" || flags != 2 || project != "blue" || unknown != "kept" {
		t.Error("the row is", calldate, clid, end, answer, duration, exact, disposition, flags, project, unknown)
	}
	var dst string
	var never *int
	if err := db.QueryRow("SELECT dst, answer FROM cdr WHERE uniqueid = '2'").Scan(&dst, &never); err != nil || dst != "123" || never != nil {
		t.Errorf("too long and unanswered: %q %v (%v)", dst, never, err)
	}

	server.Stop()
	if err := c.write([]entry{{record: filled("3")}, {record: filled("1")}, {record: filled("4")}}); err != nil { // 1 is there already
		t.Fatal(err)
	}
	waitFor(t, "the server to be missed", func() bool { return c.delivery().Trouble != nil })
	if d := c.delivery(); d.Waiting != 3 {
		t.Errorf("%d rows wait, want 3", d.Waiting)
	}
	server.Again()
	arrive(t, c, 4)
	d := c.delivery()
	if d.Waiting != 0 || d.Refused != 1 || d.Trouble != nil {
		t.Errorf("%+v", d)
	}
	var order string
	if err := db.QueryRow("SELECT string_agg(uniqueid, ' ' ORDER BY id) FROM cdr").Scan(&order); err != nil || order != "1 2 3 4" {
		t.Errorf("order %q (%v), want 1 2 3 4", order, err)
	}

	// a table that is changed is looked at again, one that is gone is waited for
	if _, err := db.Exec("ALTER TABLE cdr RENAME TO old"); err != nil {
		t.Fatal(err)
	}
	_ = c.write([]entry{{record: filled("5")}})
	waitFor(t, "the table to be missed", func() bool { return c.delivery().Trouble != nil })
	if _, err := db.Exec("CREATE TABLE cdr (uniqueid text, sequence bigint)"); err != nil {
		t.Fatal(err)
	}
	arrive(t, c, 5)
	var sequence int
	if err := db.QueryRow("SELECT sequence FROM cdr").Scan(&sequence); err != nil || sequence != 7 {
		t.Errorf("sequence %d (%v), want 7", sequence, err)
	}
	c.close(t.Context())
}

func TestPostgreSQLEvents(t *testing.T) {
	server := postgrestest.Start(t)
	db, err := server.Open(1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE SCHEMA pbx; CREATE TABLE pbx.cel (eventtime timestamptz, eventtype text, userdeftype text, channame text, amaflags int)"); err != nil {
		t.Fatal(err)
	}
	e := &Event{Name: "USER_DEFINED", Own: "mine", Time: time.Now().Round(time.Microsecond), Channel: snapshotNamed("Local/1")}
	for _, shown := range []bool{false, true} {
		to, err := newPgSQLTarget(PgSQL{Server: server.Postgres, Schema: "pbx", Table: "cel", ShowOwn: shown})
		if err != nil {
			t.Fatal(err)
		}
		row, err := to.row(entry{event: e})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := to.deliver(t.Context(), [][]byte{row}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		to.close()
		var kind, own, name string
		var when time.Time
		if err := db.QueryRow("DELETE FROM pbx.cel RETURNING eventtime, eventtype, userdeftype, channame").Scan(&when, &kind, &own, &name); err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{false: "mine", true: "USER_DEFINED"}[shown]
		if kind != want || own != "mine" || name != "Local/1" || !when.Equal(e.Time) {
			t.Errorf("shown %v: %s %s %s %s", shown, kind, own, name, when)
		}
	}
}

func TestPostgreSQLThatIsNotThere(t *testing.T) {
	g, problems := LoadPgSQL(configOf(t, "[global]\nhostname=/nowhere\nport=5433\ntable=t\nuser=o'brien\nencoding=LATIN9\n"), "cdr")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	to, err := newPgSQLTarget(*g)
	if err != nil {
		t.Fatal(err)
	}
	defer to.close()
	row, _ := to.row(entry{record: filled("1")})
	var refused *refusal
	if n, err := to.deliver(t.Context(), [][]byte{row}); n != 0 || err == nil || errors.As(err, &refused) {
		t.Errorf("%d arrived (%v), want none and no refusal", n, err)
	}
}

func arrive(t *testing.T, c *courier, n uint64) {
	t.Helper()
	waitFor(t, "rows to arrive", func() bool { return c.delivery().Delivered >= n && c.delivery().Waiting == 0 })
}

func waitFor(t *testing.T, what string, there func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !there(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}
