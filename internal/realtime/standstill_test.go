package realtime

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A stillDriver answers no question while it stands still.
type stillDriver struct {
	driver
	still bool
	asked int
}

func (d *stillDriver) wait(ctx context.Context) error {
	d.asked++
	if !d.still {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (d *stillDriver) rows(ctx context.Context, _ string, _ []Condition) ([]Row, error) {
	return nil, d.wait(ctx)
}

func (d *stillDriver) store(ctx context.Context, _ string, _ []Field) (int, error) {
	return 1, d.wait(ctx)
}

func TestNobodyWaitsAgainForADatabaseThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &stillDriver{still: true}
		h := New(quiet(), "")
		list, problems := LoadFamilies(configOf(t, "[settings]\nphones => pgsql,general,phones\nbooks => pgsql,general,books\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		h.families, h.drivers = list, map[string]driver{list["phones"][0].key(): d}
		ask := func(family string, wait time.Duration, asked bool, want error) {
			t.Helper()
			began, before := time.Now(), d.asked
			_, err := h.All(t.Context(), family)
			if took := time.Since(began); took != wait || (d.asked > before) != asked || !errors.Is(err, want) {
				t.Errorf("after %v: %v, asked: %v; want %v after %v, %v", took, err, d.asked > before, want, wait, asked)
			}
		}
		ask("phones", patience, true, context.DeadlineExceeded)
		ask("phones", 0, false, errStandsStill)
		ask("books", patience, true, context.DeadlineExceeded) // another table
		ask("phones", patience, true, context.DeadlineExceeded)
		time.Sleep(standstill)
		go func() { _, _ = h.All(t.Context(), "phones") }()
		synctest.Wait()
		ask("phones", 0, false, errStandsStill) // while another asks
		time.Sleep(patience + standstill)
		d.still = false
		ask("phones", 0, true, nil)
		ask("phones", 0, true, nil)
		d.still = true
		ask("phones", patience, true, context.DeadlineExceeded)
		d.still = false
		if n, err := h.Store(t.Context(), "phones", Field{"id", "alice"}); n != 1 || err != nil {
			t.Errorf("a row was not stored: %v", err)
		}
	})
}
