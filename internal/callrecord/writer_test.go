package callrecord

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// gate is a backend that stands still until it is opened.
type gate struct {
	open chan struct{}
	got  int
	err  error
}

func (*gate) name() string { return "gate" }

func (g *gate) write(batch []entry) error {
	<-g.open
	for _, e := range batch {
		if e.record != nil {
			g.got++
		}
	}
	return g.err
}

// A disk that stands still makes who publishes wait, and nothing is lost.
func TestNothingIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		w := NewWriter(quiet())
		w.set([]backend{g})
		const all = 2 * waiting
		put := 0
		go func() {
			for range all {
				w.put(entry{record: &Record{}})
				put++
			}
		}()
		synctest.Wait()
		if put < waiting || put >= all {
			t.Errorf("%d of %d were put while nothing was written, want at least %d and not all", put, all, waiting)
		}
		close(g.open)
		synctest.Wait()
		if err := w.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if g.got != all || w.Written() != all {
			t.Errorf("%d written, %d counted, want %d", g.got, w.Written(), all)
		}
	})
}

// A backend that fails keeps nothing from the others, and is counted.
func TestBackendsThatFail(t *testing.T) {
	open := make(chan struct{})
	close(open)
	bad, good := &gate{open: open, err: errors.New("full")}, &gate{open: open}
	w := NewWriter(quiet())
	w.set([]backend{bad, good})
	for range 3 {
		w.put(entry{record: &Record{}})
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if good.got != 3 || w.Failures() != 3 {
		t.Errorf("the good one got %d, %d failures, want 3 and 3", good.got, w.Failures())
	}
}

// What stands still at the end is not waited for beyond the time that there is.
func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		w := NewWriter(quiet())
		w.set([]backend{g})
		w.put(entry{record: &Record{}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close = %v, want the end of the time", err)
		}
		close(g.open)
	})
}

var sample = Record{CallerID: `"Al" <123>`, Source: "123", Destination: "s1", Context: "default", Channel: "Local/1;2", DestinationChannel: "Local/2;1",
	LastApplication: "Dial", LastData: "Local/2/n,,g", Start: time.Unix(1795281185, 0), Answer: time.Unix(1795281186, 0), End: time.Unix(1795281190, 0),
	Duration: 5, Billable: 4, Disposition: answered, AMAFlags: 3, Account: "acc", PeerAccount: "peer", UniqueID: "1.1", LinkedID: "1.0", UserField: `a"b`,
	Sequence: 7, Variables: []event.Variable{{Name: "foo", Value: "bar"}}}

func TestCSV(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cdr-csv")
	b := &csvBackend{dir: dir, options: CSV{GMT: true, UniqueID: true, UserField: true, AccountLogs: true, NewColumns: true}}
	other := sample
	other.Account, other.Answer = "../outside", time.Time{}
	if err := b.write([]entry{{record: &sample}, {event: &Event{}}, {record: &other}}); err != nil {
		t.Fatal(err)
	}
	const rest = `"123","s1","default","""Al"" <123>","Local/1;2","Local/2;1","Dial","Local/2/n,,g","2026-11-21 17:13:05",`
	const line = `"acc",` + rest + `"2026-11-21 17:13:06","2026-11-21 17:13:10",5,4,"ANSWERED","DOCUMENTATION","1.1","a""b","peer","1.0",7` + "\n"
	const unanswered = `"../outside",` + rest + `,"2026-11-21 17:13:10",5,4,"ANSWERED","DOCUMENTATION","1.1","a""b","peer","1.0",7` + "\n"
	for name, want := range map[string]string{"Master.csv": line + unanswered, "acc.csv": line} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %v\n%swant\n%s", name, err, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "..", "outside.csv")); err == nil {
		t.Error("an account wrote outside of the folder")
	}
}

// Templates that are lists of fields quote what needs it, others nothing; as on the reference.
func TestTemplates(t *testing.T) {
	b := &customBackend{expand: func(ctx context.Context, _ *channel.Channel, text string) string {
		v, _ := ctx.Value(recordKey{}).(*Record)
		return "expanded " + v.field("lastdata", "") + " of " + text
	}}
	for _, c := range []struct{ template, want string }{
		{"${CDR(lastdata)},text,${CDR(userfield)},${CDR(foo)}", `"Local/2/n,,g",text,"a""b",bar`},
		{"${CSV_QUOTE(${CDR(clid)})},${CDR(sequence)},${CSV_QUOTE(${CDR(duration)})}", `"""Al"" <123>",7,"5"`},
		{"${CDR(lastdata)} x", "expanded Local/2/n,,g of ${CDR(lastdata)} x"},
		{"${CDR(duration,f)}", "expanded Local/2/n,,g of ${CDR(duration,f)}"},
	} {
		if got := b.line(Template{Text: c.template, fields: fieldsOf(c.template)}, &sample); got != c.want {
			t.Errorf("%s wrote %s, want %s", c.template, got, c.want)
		}
	}
}

func file(t *testing.T, text string) *config.File {
	t.Helper()
	f, err := config.Parse("test.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A batch is written when it is full, when its time has come and at the end; AMI
// hears of each record then.
func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := event.NewBus()
		var (
			mu   sync.Mutex
			told []string
		)
		defer bus.Subscribe(event.Kinds(event.KindCdr), func(s event.Stamped) {
			e, _ := s.Event.(*event.Cdr)
			mu.Lock()
			defer mu.Unlock()
			told = append(told, e.Channel+" "+e.Mapped[0].Name+"="+e.Mapped[0].Value)
		})()
		b := New(Config{Bus: bus, Logger: quiet(), Dir: t.TempDir()})
		if problems := b.Configure(Files{CDR: file(t, "[general]\nbatch=yes\nsize=2\ntime=10\nunanswered=yes\n"),
			CDRManager: file(t, "[general]\nenabled=yes\n[mappings]\nuniqueid => ID\n")}); len(problems) > 0 {
			t.Error(problems)
		}
		call := func(name string) {
			c := &event.Channel{Name: name, UniqueID: name, State: event.Up, Created: time.Now()}
			bus.Publish(&event.Newchannel{Channel: c})
			bus.Publish(&event.Hangup{Channel: c})
		}
		expect := func(want string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if got := strings.Join(told, ","); got != want {
				t.Errorf("told %q, want %q", got, want)
			}
			told = nil
		}
		call("a")
		expect("")
		call("b")
		expect("a ID=a,b ID=b")
		call("c")
		time.Sleep(9 * time.Second)
		expect("")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		expect("c ID=c")
		synctest.Wait()
		call("d")
		if n, _ := b.Pending(); n != 1 {
			t.Errorf("%d pending, want 1", n)
		}
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect("d ID=d")
		if b.Writer.Written() != 4 {
			t.Errorf("%d written, want 4", b.Writer.Written())
		}
	})
}
