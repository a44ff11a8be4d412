package exchange

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/rest"
)

// slowBacking takes its time to say what it has, or to fail.
type slowBacking struct {
	backing
	kind  string
	rows  map[string][]rest.Tuple
	asked func(object string)
	fails error
}

func (b *slowBacking) one(_ context.Context, id string) ([]rest.Tuple, bool, error) {
	b.asked(b.kind + " " + id)
	time.Sleep(6 * time.Second)
	fields, ok := b.rows[id]
	return fields, ok, b.fails
}

// slowExchange has endpoint 200 with its AOR and auth in a slow database.
func slowExchange(log *bytes.Buffer, fails error) (x *Exchange, asked func() []string) {
	var mu sync.Mutex
	var list []string
	note := func(object string) {
		mu.Lock()
		defer mu.Unlock()
		list = append(list, object)
	}
	types := map[string]*objectType{}
	for kind, fields := range map[string][]rest.Tuple{"endpoint": {{Attribute: "aors", Value: "200"}, {Attribute: "auth", Value: "secret"}},
		"aor": {{Attribute: "max_contacts", Value: "1"}}, "auth": nil} {
		id := map[string]string{"auth": "secret"}[kind]
		if id == "" {
			id = "200"
		}
		rows := map[string][]rest.Tuple{id: fields}
		types[kind] = &objectType{kind: kind, rows: rows, from: &slowBacking{kind: kind, rows: rows, asked: note, fails: fails}}
	}
	x = &Exchange{background: context.Background(), log: slog.New(slog.NewTextHandler(log, nil))}
	x.sorcery.types.Store(&types)
	return x, func() []string {
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(list)
		return list
	}
}

// A phone that registers waits twice for a slow database, not once for each object, and
// nothing is asked twice.
func TestObjectsAreAskedForAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, asked := slowExchange(&bytes.Buffer{}, nil)
		began := time.Now()
		x.refreshObjects("200", "200@example.org", "200", "")
		if took := time.Since(began); took != 12*time.Second {
			t.Errorf("it took %v, want 12s", took)
		}
		if got, want := strings.Join(asked(), ", "), "aor 200, auth secret, endpoint 200, endpoint 200@example.org"; got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
	})
}

// A database that is away is told of once a second.
func TestWhatIsUnreadIsToldSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		x, _ := slowExchange(&log, errors.New("away"))
		x.refreshObjects("200", "200@example.org")
		if n := strings.Count(log.String(), "can't be read"); n != 2 || !strings.Contains(log.String(), "others=1") {
			t.Errorf("%d lines for two questions at a time, want one for each time:\n%s", n, log.String())
		}
	})
}
