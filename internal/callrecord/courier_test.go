package callrecord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/store"
)

// shelf is a target that can be away, and that will not have some rows.
type shelf struct {
	away    error
	refuses string
	got     []string
	asked   int
	closed  bool
}

func (s *shelf) row(e entry) ([]byte, error) { return []byte(e.record.UniqueID), nil }
func (s *shelf) close()                      { s.closed = true }

func (s *shelf) deliver(_ context.Context, rows [][]byte) (int, error) {
	s.asked++
	for i, row := range rows {
		switch {
		case s.away != nil:
			return i, s.away
		case string(row) == s.refuses:
			return i, &refusal{errors.New("not this one")}
		}
		s.got = append(s.got, string(row))
	}
	return len(rows), nil
}

func records(ids ...string) []entry {
	var list []entry
	for _, id := range ids {
		list = append(list, entry{record: &Record{UniqueID: id}})
	}
	return list
}

func TestCourierWaitsForWhoIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		away := &shelf{away: errors.New("nobody there")}
		c, err := newCourier("shelf", 'r', away, dir, 1<<20, quiet())
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"1", "2", "3"} {
			if err := c.write(records(id)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Second)
		d := c.delivery()
		if d.Waiting != 3 || d.Trouble == nil || d.Delivered != 0 {
			t.Errorf("while it is away: %+v", d)
		}
		if away.asked < 3 || away.asked > 8 {
			t.Errorf("it was asked %d times in five seconds, want a few", away.asked)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c.close(ctx)
		if !away.closed {
			t.Error("the target was not closed")
		}
		back := &shelf{}
		if c, err = newCourier("shelf", 'r', back, dir, 1<<20, quiet()); err != nil {
			t.Fatal(err)
		}
		_ = c.write(records("4"))
		synctest.Wait()
		if want := []string{"1", "2", "3", "4"}; !slices.Equal(back.got, want) {
			t.Errorf("got %v, want %v", back.got, want)
		}
		other := &shelf{}
		c.turnTo(other)
		_ = c.write(records("5"))
		synctest.Wait()
		if !slices.Equal(other.got, []string{"5"}) || !back.closed {
			t.Errorf("the new target has %v, the old one is closed: %v", other.got, back.closed)
		}
		c.close(t.Context())
	})
}

// A backend that is taken out of the configuration while the disk stands still stays, for what comes
// late, and ends with the books.
func TestCourierThatCanNotBeDismissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Bus: event.NewBus(), Logger: quiet(), Spool: t.TempDir()})
		to := &shelf{}
		_, gone := b.employ([]posting{{"shelf", "shelf", to}})
		if len(gone) != 0 {
			t.Fatalf("gone %v", gone)
		}
		disk := &gate{open: make(chan struct{})}
		b.Writer.set([]backend{disk})
		b.Writer.put(records("1")[0])
		_, gone = b.employ(nil)
		b.dismiss(gone, time.Second)
		if list := b.Deliveries(); len(list) != 1 || to.closed {
			t.Errorf("deliveries %+v, closed %v", list, to.closed)
		}
		close(disk.open)
		if err := b.Close(t.Context()); err != nil || !to.closed {
			t.Errorf("error %v, closed %v", err, to.closed)
		}
	})
}

func TestCourierDeliversPastAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := newCourier("shelf", 'r', &shelf{away: errors.New("nobody there")}, t.TempDir(), 1<<20, quiet())
		if err != nil {
			t.Fatal(err)
		}
		c.spool.fill(t)
		for _, id := range []string{"1", "2"} {
			if err := c.write(records(id)); err != nil {
				t.Errorf("record %s: %v", id, err)
			}
		}
		synctest.Wait()
		to := &shelf{}
		c.turnTo(to)
		synctest.Wait()
		if d := c.delivery(); !slices.Equal(to.got, []string{"1", "2"}) || d.Lost != 0 || d.Waiting != 0 || d.Trouble != nil {
			t.Errorf("got %v, %+v", to.got, d)
		}
		c.close(t.Context())
	})
}

func TestCourierPutsAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		to := &shelf{refuses: "2"}
		c, err := newCourier("shelf", 'r', to, dir, 1<<20, quiet())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.write(records("1", "2", "3"))
		synctest.Wait()
		if d := c.delivery(); !slices.Equal(to.got, []string{"1", "3"}) || d.Refused != 1 || d.Delivered != 2 || d.Waiting != 0 {
			t.Errorf("got %v, %+v", to.got, d)
		}
		c.close(t.Context())
		text, err := os.ReadFile(filepath.Join(dir, refusedFile))
		if err != nil || string(text) != "not this one\t2\n" {
			t.Errorf("put aside is %q (%v)", text, err)
		}
	})
}

func filled(id string) *Record {
	at := time.Date(2026, 3, 4, 5, 6, 7, 250_000_000, time.Local)
	return &Record{CallerID: `"Alice" <100>`, Source: "100", Destination: "200", Context: "office", Channel: "PJSIP/alice-1", DestinationChannel: "PJSIP/bob-2",
		LastApplication: "Dial", LastData: "PJSIP/bob,,'", Start: at, Answer: at.Add(2 * time.Second), End: at.Add(12500 * time.Millisecond),
		Duration: 12, Billable: 10, duration: 12500 * time.Millisecond, sinceAnswer: 10500 * time.Millisecond, Disposition: answered, AMAFlags: 2,
		Account: "sales", UniqueID: id, LinkedID: "1.0", UserField: "u", Sequence: 7, Variables: []event.Variable{{Name: "Project", Value: "blue"}}}
}

func configOf(t *testing.T, text string) *config.File {
	t.Helper()
	f, err := config.Parse("test.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSQLiteColumns(t *testing.T) {
	g, problems := LoadSQLite(configOf(t, `[master]
table => calls
columns => calldate, clid, project, what
values => '${CDR(start)}','${CDR(clid)}','${CDR(project)}','it''s, ${CDR(dst)}'
`), "cdr")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	dir := t.TempDir()
	to := newSQLiteTarget(Config{Dir: dir, Expand: expandSample, Logger: quiet()}, *g, nil)
	c, err := newCourier("sqlite", 'r', to, filepath.Join(dir, "spool"), 1<<20, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.write([]entry{{record: filled("1")}, {record: filled("2")}}); err != nil {
		t.Fatal(err)
	}
	c.close(t.Context())
	if d := c.delivery(); d.Delivered != 2 || d.Trouble != nil {
		t.Fatalf("%+v", d)
	}
	db, err := store.OpenSQLite(filepath.Join(dir, sqliteFile), "", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got [4]string
	var id, n int
	if err := db.QueryRow("SELECT AcctId, calldate, clid, project, what FROM calls WHERE AcctId = 2").Scan(&id, &got[0], &got[1], &got[2], &got[3]); err != nil {
		t.Fatal(err)
	}
	if want := [4]string{"2026-03-04 05:06:07", `"Alice" <100>`, "blue", "it's, 200"}; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// a column more: the table gets it, and keeps its rows
	g.Columns, g.Values = append(g.Columns, "linkedid"), append(g.Values, "${CDR(linkedid)}")
	more := newSQLiteTarget(Config{Dir: dir, Logger: quiet()}, *g, nil)
	defer more.close()
	g.Values[3] = "${CDR(dst)}"
	row, err := more.row(entry{record: filled("3")})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := more.deliver(t.Context(), [][]byte{row}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if err := db.QueryRow("SELECT count(*), max(linkedid) FROM calls").Scan(&n, &got[0]); err != nil || n != 3 || got[0] != "1.0" {
		t.Errorf("%d rows, linkedid %q (%v); want 3 and 1.0", n, got[0], err)
	}
}

// expandSample fills ${CDR(dst)} in.
func expandSample(ctx context.Context, _ *channel.Channel, text string) string {
	v, _ := ctx.Value(recordKey{}).(*Record)
	return strings.ReplaceAll(text, "${CDR(dst)}", v.Destination)
}

func TestSQLiteTemplates(t *testing.T) {
	for list, want := range map[string][]string{
		"":                      nil,
		"'a','b'":               {"a", "b"},
		"'a,b', ${F(x,y)},'c'":  {"a,b", "${F(x,y)}", "c"},
		"'it''s'":               {"it's"},
		"${CDR(a)},'${CDR(b)}'": {"${CDR(a)}", "${CDR(b)}"},
	} {
		if got := sqlValues(list); !slices.Equal(got, want) {
			t.Errorf("%s is %q, want %q", list, got, want)
		}
	}
	if g, problems := LoadSQLite(configOf(t, "[master]\ncolumns=a,b\nvalues='1'\n"), "cdr"); g != nil || len(problems) != 1 {
		t.Errorf("two columns and one value: %v %v", g, problems)
	}
}

func TestWebhook(t *testing.T) {
	var got []map[string]any
	answer := http.StatusServiceUnavailable
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var list []map[string]any
		if err := json.Unmarshal(body, &list); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if user, password, _ := r.BasicAuth(); user != "me" || password != "secret" || r.Header.Get("X-Site") != "a: b" {
			t.Errorf("asked as %s/%s with %v", user, password, r.Header)
		}
		for _, one := range list {
			if one["uniqueid"] == "bad" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
		}
		w.WriteHeader(answer)
		if answer == http.StatusNoContent {
			got = append(got, list...)
		}
	}))
	defer server.Close()
	g, problems := LoadWebhook(configOf(t, fmt.Sprintf("[general]\nurl=%s/cdr\nusername=me\npassword=secret\nheader=X-Site: a: b\nbatch=10\n", server.URL)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	to := newWebhookTarget(*g)
	defer to.close()
	var rows [][]byte
	for _, id := range []string{"1", "bad", "2"} {
		row, err := to.row(entry{record: filled(id)})
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	var refused *refusal
	if n, err := to.deliver(t.Context(), rows[:1]); n != 0 || err == nil || errors.As(err, &refused) {
		t.Errorf("a server that is busy took %d (%v)", n, err)
	}
	answer = http.StatusNoContent
	if n, err := to.deliver(t.Context(), rows); n != 1 || !errors.As(err, &refused) {
		t.Errorf("%d arrived before the bad one (%v), want 1 and a refusal", n, err)
	}
	if n, err := to.deliver(t.Context(), rows[2:]); n != 1 || err != nil {
		t.Errorf("%d arrived (%v), want 1", n, err)
	}
	if len(got) != 2 || got[0]["billsec"] != 10.0 || got[0]["disposition"] != "ANSWERED" || got[1]["uniqueid"] != "2" ||
		got[0]["variables"].(map[string]any)["Project"] != "blue" {
		t.Errorf("got %v", got)
	}
	if _, problems := LoadWebhook(configOf(t, "[general]\nurl=ftp://x\n")); len(problems) != 1 {
		t.Errorf("ftp: %v", problems)
	}
}

func snapshotNamed(name string) *event.Channel { return &event.Channel{Name: name, UniqueID: "1.1"} }
