package exchange

import (
	"database/sql"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/store"
)

const realtimeTables = `
CREATE TABLE ps_endpoints (id, context, aors, auth, allow, mailboxes);
CREATE TABLE ps_aors (id, max_contacts);
CREATE TABLE ps_auths (id, auth_type, username, password);
CREATE TABLE numbers (exten, context, priority, app, appdata);
CREATE TABLE queues (name, strategy, announce_frequency);
CREATE TABLE queue_members (queue_name, interface, penalty, membername);
CREATE TABLE queue_rules (rule_name, time, min_penalty, max_penalty, raise_penalty);
INSERT INTO queue_rules VALUES ('patient', 60, '0', '+5', NULL), ('patient', 30, NULL, '3', NULL), ('kept', 9, '1', '', '2');
CREATE TABLE boxes (context, mailbox, password, fullname, email, attach);
CREATE TABLE files (filename, cat_metric, var_metric, commented, category, var_name, var_val);
CREATE TABLE ps_contacts (id, uri, expiration_time, endpoint, user_agent, path, via_addr, via_port, call_id, reg_server, prune_on_boot,
 qualify_frequency, qualify_timeout, qualify_2xx_only, authenticate_qualify, outbound_proxy);
CREATE TABLE acls (name, sense, rule, rule_order);
INSERT INTO acls VALUES ('office', 'permit', '127.0.0.0/8', 2), ('office', 'deny', '0.0.0.0/0', 1);
CREATE TABLE sippeers (name, host, type, ipaddr, port);
INSERT INTO sippeers VALUES ('sid', 'dynamic', 'friend', NULL, NULL);
CREATE TABLE counts (id, msgs_new, msgs_old);
INSERT INTO ps_endpoints VALUES ('carl', 'house', 'carl', 'carl', '!all,ulaw', NULL);
INSERT INTO ps_aors VALUES ('carl', 1);
INSERT INTO ps_auths VALUES ('carl', 'userpass', 'carl', 'secret');
INSERT INTO numbers VALUES ('700', 'outside', 1, 'Answer', ''), ('700', 'outside', 2, 'Hangup', ''), ('_8XX', 'outside', 1, 'Hangup', '');
INSERT INTO queues VALUES ('sales', 'rrmemory', 30);
INSERT INTO queue_members VALUES ('sales', 'PJSIP/ana', 3, 'Ana'), ('nobody', 'PJSIP/ben', 0, 'Ben');
INSERT INTO boxes VALUES ('default', '100', '1234', 'Carl C', 'c@example.org', 'yes');
INSERT INTO files VALUES ('followme.conf', 0, 0, 0, 'carl', 'number', '700');
INSERT INTO counts VALUES ('box@x', '4', '5');
`

// databaseTrial is an exchange whose configuration lies in a file of SQLite, too.
func databaseTrial(t *testing.T, sorcery string) (*trial, *sql.DB) {
	t.Helper()
	k := prepareTrial(t, "[house]\nswitch => Realtime/outside@numbers\n")
	path := filepath.Join(t.TempDir(), "realtime.db")
	db, err := store.OpenSQLite(path, "", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec(realtimeTables); err != nil {
		t.Fatal(err)
	}
	k.write("res_config_sqlite3.conf", "[main]\ndbfile = "+path+"\n")
	k.write("queuerules.conf", "[general]\nrealtime_rules = yes\n[kept]\npenaltychange = 5,7\n")
	k.write("extconfig.conf", `[settings]
ps_endpoints => sqlite3,main
ps_aors => sqlite3,main
ps_auths => sqlite3,main
numbers => sqlite3,main
queues => sqlite3,main
queue_members => sqlite3,main
queue_rules => sqlite3,main
voicemail => sqlite3,main,boxes
mailboxes => sqlite3,main,counts
ps_contacts => sqlite3,main
acls => sqlite3,main
sippeers => sqlite3,main
followme.conf => sqlite3,main,files
`)
	k.write("sorcery.conf", sorcery)
	k.configureRealtime()
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	return k, db
}

const sorceryOfDatabase = `[res_pjsip]
endpoint = realtime,ps_endpoints
endpoint = config,pjsip.conf,criteria=type=endpoint
aor = realtime,ps_aors
aor = config,pjsip.conf,criteria=type=aor
auth = realtime,ps_auths
auth = config,pjsip.conf,criteria=type=auth
contact = realtime,ps_contacts
[res_mwi_external]
mailboxes = realtime,mailboxes
`

// squeezed is a text whose words have one blank between them.
func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }

func (k *trial) change(db *sql.DB, statement string) {
	k.t.Helper()
	if _, err := db.Exec(statement); err != nil {
		k.t.Fatal(err)
	}
}

// What lies in a database is there from the start, and what is changed there is in
// force when somebody means it.
func TestObjectsLieInADatabase(t *testing.T) {
	k, db := databaseTrial(t, sorceryOfDatabase)
	defer k.end()
	shows := func(command, want string) {
		t.Helper()
		k.eventually(command+" shows "+want, func() bool { return strings.Contains(squeezed(k.execute(command)), want) })
	}
	hides := func(command, want string) {
		t.Helper()
		k.eventually(command+" does not show "+want, func() bool { return !strings.Contains(k.execute(command), want) })
	}
	shows("pjsip show endpoint carl", "context : house")
	shows("pjsip show endpoint ana", "context : house") // of the file
	k.change(db, "UPDATE ps_endpoints SET context = 'elsewhere' WHERE id = 'carl'")
	shows("pjsip show endpoint carl", "context : elsewhere")
	k.change(db, "INSERT INTO ps_endpoints VALUES ('dora', 'house', 'dora', NULL, 'alaw', NULL); INSERT INTO ps_aors VALUES ('dora', 7)")
	shows("pjsip show endpoint dora", "allow : (alaw)")
	shows("pjsip show aor dora", "max_contacts : 7")
	shows("pjsip show endpoints", "carl")
	k.change(db, "DELETE FROM ps_endpoints WHERE id = 'dora'")
	shows("pjsip show endpoint dora", "Unable to find object dora")

	for exten, want := range map[string]bool{"700": true, "812": true, "999": false} {
		if got := k.engine.Exists(channel.Location{Context: "house", Exten: exten, Priority: 1}, ""); got != want {
			t.Errorf("%s exists: %v, want %v", exten, got, want)
		}
	}

	shows("queue show rules", "After 5 seconds, adjust QUEUE_MAX_PENALTY to 7")
	shows("queue show rules", "After 9 seconds, adjust QUEUE_MAX_PENALTY by 0, adjust QUEUE_MIN_PENALTY to 1 and adjust QUEUE_RAISE_PENALTY to 2")
	shows("queue show rules", "After 30 seconds, adjust QUEUE_MAX_PENALTY to 3")
	shows("queue show rules", "After 60 seconds, adjust QUEUE_MAX_PENALTY by 5, adjust QUEUE_MIN_PENALTY to 0")
	shows("queue show sales", "'rrmemory'")
	shows("queue show sales", "Ana (PJSIP/ana) with penalty 3")
	k.change(db, "UPDATE queue_members SET penalty = 9; INSERT INTO queues VALUES ('night', 'linear', 0)")
	shows("queue show sales", "with penalty 9")
	shows("queue show night", "'linear'")
	k.change(db, "DELETE FROM queue_members WHERE queue_name = 'sales'")
	hides("queue show sales", "Ana")
	if text := k.execute("queue show"); strings.Contains(text, "nobody") {
		t.Errorf("members of a queue that does not exist make one:\n%s", text)
	}

	shows("voicemail show users", "Carl C")
	if err := k.rewritePassword("default", "100", "9876"); err != nil {
		t.Error(err)
	}
	var password string
	if err := db.QueryRow("SELECT password FROM boxes").Scan(&password); err != nil || password != "9876" {
		t.Errorf("the password is %q (%v), want 9876", password, err)
	}

	if f, err := k.look(followFile); err != nil || f.Get("carl", "number") != "700" {
		t.Errorf("followme.conf of the database is %v (%v)", f, err)
	}
	if c, known := k.mailboxes.Of("box@x"); !known || c.New != 4 || c.Old != 5 {
		t.Errorf("box@x has %+v (%v), want 4 and 5", c, known)
	}
	k.phone("carl").register()
	var uri string
	k.eventually("the registration is in the database", func() bool {
		return db.QueryRow("SELECT uri FROM ps_contacts WHERE id LIKE 'carl^3B@%' AND endpoint = 'carl'").Scan(&uri) == nil && strings.HasPrefix(uri, "sip:carl@")
	})
	tree, err := familyContacts{contacts{k.database}, k.Exchange}.Tree(t.Context(), contactFamily)
	if err != nil || len(tree) != 1 {
		t.Errorf("the registrations of the database are %v (%v), want one", tree, err)
	}
	rules, ok := k.rulesAnywhere(nil)("office")
	if !ok || !rules.Allows(netip.MustParseAddr("127.0.0.9")) || rules.Allows(netip.MustParseAddr("10.0.0.9")) {
		t.Errorf("the rules of the database are %v (%v)", rules, ok)
	}
	if _, ok := k.rulesAnywhere(nil)("nobody"); ok {
		t.Error("rules that are nowhere were found")
	}
	for command, want := range map[string]string{
		"realtime load ps_aors id carl":                  "max_contacts",
		"realtime load ps_aors id nobody":                "No rows found matching search criteria.",
		"realtime update ps_aors id carl max_contacts 5": "Updated 1 RealTime record.",
		"realtime store ps_aors id eve max_contacts 2":   "Stored RealTime record.",
		"realtime destroy ps_aors id nobody":             "Removed 0 RealTime records.",
		"realtime load other id x":                       "No rows found matching search criteria.",
	} {
		if text := k.execute(command); !strings.Contains(text, want) {
			t.Errorf("%s: %q, want %q in it", command, text, want)
		}
	}
}

// A cache keeps an object until somebody or time says otherwise.
func TestObjectsAreCached(t *testing.T) {
	k, db := databaseTrial(t, "[res_pjsip]\nendpoint/cache = memory_cache,name=phones,object_lifetime_stale=3600\nendpoint = realtime,ps_endpoints\n")
	defer k.end()
	context := func() string {
		_, rest, _ := strings.Cut(k.execute("pjsip show endpoint carl"), "context                            : ")
		text, _, _ := strings.Cut(rest, "\n")
		return strings.TrimSpace(text)
	}
	is := func(want string) {
		t.Helper()
		if got := context(); got != want {
			t.Errorf("the context is %q, want %q", got, want)
		}
	}
	is("house")
	k.change(db, "UPDATE ps_endpoints SET context = 'second'")
	is("house")
	if text := k.execute("sorcery memory cache show phones"); !strings.Contains(text, "Number of objects within cache: 1\n") {
		t.Error(text)
	}
	k.execute("sorcery memory cache expire phones carl")
	is("second")
	k.change(db, "UPDATE ps_endpoints SET context = 'third'")
	if err := k.reloading.beginWithin(t.Context()); err != nil { // nothing new comes into force
		t.Fatal(err)
	}
	k.execute("sorcery memory cache stale phones")
	is("second") // while the new one is asked for
	k.reloading.end()
	k.eventually("a stale object is asked for again", func() bool { return context() == "third" })
}

// Peers of sip.conf are read from their family, and their registrations written to the
// columns that it has.
func TestPeersOfAFamily(t *testing.T) {
	k, _ := databaseTrial(t, "")
	defer k.end()
	f := peerFamilies{k.realtime}
	if !f.Has("sippeers") || f.Has("sipregs") {
		t.Error("there are other families")
	}
	to := []event.Variable{{Name: "ipaddr", Value: "192.0.2.1"}, {Name: "useragent", Value: "x"}, {Name: "port", Value: "5071"}}
	if err := f.Update(t.Context(), "sippeers", "sid", to); err != nil {
		t.Fatal(err)
	}
	if err := f.Update(t.Context(), "sippeers", "sid", to[1:2]); err != nil {
		t.Errorf("a column that is not there: %v", err)
	}
	rows, err := f.Rows(t.Context(), "sippeers", event.Variable{Name: "ipaddr", Value: "192.0.2.1"}, event.Variable{Name: "port LIKE", Value: "%71"})
	if err != nil || len(rows) != 1 || rows[0][0] != (event.Variable{Name: "name", Value: "sid"}) {
		t.Errorf("rows %v, %v", rows, err)
	}
	if _, err := f.Rows(t.Context(), "nobody"); err == nil {
		t.Error("a family that is not there has rows")
	}
}
