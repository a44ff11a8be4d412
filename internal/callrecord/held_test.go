package callrecord

import (
	"context"
	"reflect"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Records that wait for their batch when the process is killed are written by the next
// one, once.
func TestBatchOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	books := func() (*Books, *remembers) {
		b := New(Config{Bus: event.NewBus(), Logger: quiet(), Dir: dir, Spool: dir,
			Expand: func(_ context.Context, _ *channel.Channel, text string) string { return text }})
		if problems := b.Configure(Files{CDR: configOf(t, "[general]\nbatch=yes\nsize=10\ntime=3600\n")}); len(problems) > 0 {
			t.Fatal(problems)
		}
		r := &remembers{}
		return b, r
	}
	b, r := books()
	b.Writer.set([]backend{r})
	b.complete([]*Record{filled("1"), filled("2")})
	b.Submit()
	b.complete([]*Record{filled("3"), filled("4")})
	if err := b.Writer.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(r.got) != 2 {
		t.Fatalf("%d records are written, want the batch of 2", len(r.got))
	}
	defer b.Close(t.Context()) //nolint:errcheck // this one was killed

	list, err := b.Writer.held.Load().left() // as the next process finds it
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || !reflect.DeepEqual(stripped(list[0]), stripped(filled("3"))) || !list[0].Start.Equal(filled("3").Start) {
		t.Fatalf("left are %d records: %+v", len(list), list)
	}
	b.takeUp()
	if err := b.Writer.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows, _, _ := b.Writer.held.Load().waiting(); rows != 0 || len(r.got) != 4 || r.got[3].UniqueID != "4" {
		t.Errorf("%d are kept and %d written, want 0 and 4", rows, len(r.got))
	}
}

// stripped is a record without its moments, which compare by Equal.
func stripped(v *Record) Record {
	c := *v
	c.Start, c.Answer, c.End = filled("").Start, filled("").Start, filled("").Start
	return c
}

// remembers is a backend.
type remembers struct{ got []*Record }

func (*remembers) name() string { return "remembers" }

func (r *remembers) write(batch []entry) error {
	for _, e := range batch {
		if e.record != nil {
			r.got = append(r.got, e.record)
		}
	}
	return nil
}
