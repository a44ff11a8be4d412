package exchange

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/store"
	"github.com/octothorpe/octothorpe/internal/store/postgrestest"
)

const queueTables = `
CREATE TABLE queues (name text, strategy text);
CREATE TABLE queue_members (queue_name text, interface text, membername text, penalty integer, paused integer, reason_paused text, uniqueid integer, ringinuse text);
CREATE TABLE queue_log (time text, callid text, queuename text, agent text, event text, data text, data1 text, data2 text, data3 text, data4 text, data5 text);
INSERT INTO queues VALUES ('sales', 'ringall');
INSERT INTO queue_members VALUES ('sales', 'Local/100@house/n', 'Alice', 2, 0, '', 1, 'yes'), ('sales', 'Local/101@house/n', 'Bob', 1, 1, 'lunch', 2, 'no');
`

// queueDatabase is an exchange whose queues, and their log, lie in a database.
func queueDatabase(t *testing.T, db *sql.DB, driver, file, said, logger string) *trial {
	t.Helper()
	k := prepareTrial(t, "[house]\nexten => 100,1,Answer()\n")
	if _, err := db.Exec(queueTables); err != nil {
		t.Fatal(err)
	}
	k.write(file, said)
	k.write("logger.conf", "[general]\n"+logger)
	k.write("extconfig.conf", fmt.Sprintf("[settings]\nqueues => %[1]s,main\nqueue_members => %[1]s,main\nqueue_log => %[1]s,main\n", driver))
	k.configureRealtime()
	k.configureLog()
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	return k
}

func sqliteQueues(t *testing.T, logger string) (*trial, *sql.DB) {
	path := filepath.Join(t.TempDir(), "queues.db")
	db, err := store.OpenSQLite(path, "", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return queueDatabase(t, db, "sqlite3", "res_config_sqlite3.conf", "[main]\ndbfile = "+path+"\n", logger), db
}

// lines are the rows of a query, their columns parted by bars.
func lines(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, _ := rows.Columns()
	var list []string
	for rows.Next() {
		values, to := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range to {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		var parts []string
		for _, v := range values {
			parts = append(parts, v.String)
		}
		list = append(list, strings.Join(parts, "|"))
	}
	return list
}

func (k *trial) comes(db *sql.DB, what, query string, want ...string) {
	k.t.Helper()
	var got []string
	defer func() {
		if k.t.Failed() {
			k.t.Logf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}()
	k.eventually(what, func() bool { got = lines(k.t, db, query); return slices.Equal(got, want) })
}

const (
	logRows    = "SELECT callid, queuename, agent, event, data, data1, data2, data3, data4, data5 FROM queue_log WHERE event <> 'CONFIGRELOAD' ORDER BY time"
	memberRows = "SELECT membername, penalty, paused, reason_paused, ringinuse FROM queue_members ORDER BY uniqueid"
)

// What Asterisk 22 writes for the same, with res_config_sqlite3 and these tables.
func playQueueTable(t *testing.T, k *trial, db *sql.DB) {
	for _, command := range []string{
		"queue pause member Local/100@house/n queue sales reason coffee", "queue set penalty 7 on Local/100@house/n in sales",
		"queue set ringinuse no on Local/100@house/n in sales", "queue unpause member Local/101@house/n queue sales reason really",
		"queue add member Local/103@house/n to sales penalty 4",
	} {
		k.execute(command)
	}
	k.queueLog.Write("sales", "me", "agent", "THING", "a|b|c|d|e|f")
	k.comes(db, "the lines are in the database", logRows,
		"NONE|NONE|NONE|QUEUESTART||||||",
		"REALTIME|sales|Local/100@house/n|ADDMEMBER||||||",
		"REALTIME|sales|Local/101@house/n|ADDMEMBER||PAUSED||||",
		"NONE|sales|Alice|PAUSE||coffee||||",
		"NONE|sales|Local/100@house/n|PENALTY||7||||",
		"NONE|sales|Local/100@house/n|RINGINUSE||0||||",
		"NONE|sales|Bob|UNPAUSE||really||||",
		"CLI|sales|Local/103@house/n|ADDMEMBER||||||",
		"me|sales|agent|THING||a|b|c|d|e|f",
	)
	k.comes(db, "the members are", memberRows, "Alice|7|1|coffee|0", "Bob|1|0|really|no")
	for _, want := range []string{"Alice (Local/100@house/n) with penalty 7 (ringinuse disabled) (realtime) (paused:coffee was ", "Bob (Local/101@house/n) with penalty 1 (ringinuse disabled) (realtime) ("} {
		if text := k.execute("queue show sales"); !strings.Contains(text, want) {
			t.Errorf("queue show: no %q in\n%s", want, text)
		}
	}
	k.change(db, "DELETE FROM queue_members WHERE membername = 'Bob'")
	k.eventually("the member is gone", func() bool { return !strings.Contains(k.execute("queue show sales"), "Bob") })
	k.eventually("that is told", func() bool {
		return slices.Contains(lines(t, db, logRows), "REALTIME|sales|Local/101@house/n|REMOVEMEMBER||||||")
	})
}

func TestQueueLogAndMembersInSQLite(t *testing.T) {
	k, db := sqliteQueues(t, "")
	playQueueTable(t, k, db)
	k.end()
	if _, err := os.Stat(filepath.Join(k.dirs.Log, "queue_log")); err == nil {
		t.Error("there is a file queue_log, too")
	}
}

func TestQueueLogAndMembersInPostgreSQL(t *testing.T) {
	server := postgrestest.Start(t)
	db, err := server.Open(1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	k := queueDatabase(t, db, "pgsql", "res_pgsql.conf", fmt.Sprintf("[general]\ndbhost = %s\ndbname = %s\ndbuser = %s\n", server.Host, server.Database, server.User), "")
	defer k.end()
	playQueueTable(t, k, db)
}

// A table without data1 to data5 has all in data; queue_log_to_file has the file be
// written as well; and while there is no table nothing is lost.
func TestQueueLogWaitsForItsTable(t *testing.T) {
	k, db := sqliteQueues(t, "queue_log_to_file = yes\n")
	defer k.end()
	k.comes(db, "the start is told", "SELECT event FROM queue_log WHERE event <> 'CONFIGRELOAD' ORDER BY time", "QUEUESTART", "ADDMEMBER", "ADDMEMBER")
	k.change(db, "DROP TABLE queue_log")
	k.queueLog.Write("sales", "me", "agent", "ONE", "a|b|c")
	k.queueLog.Write("sales", "me", "agent", "TWO", "d")
	k.eventually("two wait", func() bool { d := k.queuePost.post.Delivery(); return d.Waiting == 2 && d.Trouble != nil })
	k.change(db, "CREATE TABLE queue_log (time text, callid text, queuename text, agent text, event text, data text)")
	k.comes(db, "they have arrived", "SELECT event, data FROM queue_log ORDER BY time LIMIT 2", "ONE|a|b|c", "TWO|d")
	text, err := os.ReadFile(filepath.Join(k.dirs.Log, "queue_log"))
	if err != nil || !strings.Contains(string(text), "|me|sales|agent|ONE|a|b|c\n") {
		t.Errorf("the file has %q (%v)", text, err)
	}
}

// A change of a member waits while its table is away, also over a restart, and is not undone
// by what is read before it is written.
func TestMembersWaitForTheirTable(t *testing.T) {
	k, db := sqliteQueues(t, "")
	k.change(db, "ALTER TABLE queue_members RENAME TO elsewhere")
	k.execute("queue pause member Local/100@house/n queue sales reason coffee")
	k.execute("queue set penalty 7 on Local/100@house/n in sales")
	k.eventually("two wait", func() bool { d := k.inQueues.post.Delivery(); return d.Waiting == 2 && d.Trouble != nil })
	k.change(db, "ALTER TABLE elsewhere RENAME TO queue_members")
	if text := k.execute("queue show sales"); !strings.Contains(text, "with penalty 7 (ringinuse enabled) (realtime) (paused:coffee") {
		t.Errorf("what waits is undone:\n%s", text)
	}
	k.comes(db, "they are written", memberRows, "Alice|7|1|coffee|yes", "Bob|1|1|lunch|no")
	k.eventually("nothing waits", func() bool { return k.inQueues.post.Delivery().Waiting == 0 })
	k.change(db, "ALTER TABLE queue_members RENAME TO elsewhere")
	k.execute("queue unpause member Local/101@house/n queue sales")
	k.end()

	k.change(db, "ALTER TABLE elsewhere RENAME TO queue_members")
	var err error
	if k.Exchange, err = New(Options{State: k.dirs.Etc, Version: "22"}); err != nil {
		t.Fatal(err)
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	k.comes(db, "the last is written by the next run", memberRows, "Alice|7|1|coffee|yes", "Bob|1|0||no")
	k.eventually("the queue has it", func() bool { return !strings.Contains(k.execute("queue show sales"), "paused:lunch") })
}
