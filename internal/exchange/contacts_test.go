package exchange

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/store"
)

// An entry of AstDB that has the name of the family of contacts, or one like it, is
// none of them, and does not keep the phones from starting.
func TestContactsAreThoseBelowTheirFamily(t *testing.T) {
	dir := t.TempDir()
	open := func() *store.Database {
		d := store.New(slog.New(slog.DiscardHandler))
		d.Open(filepath.Join(dir, "astdb.sqlite3"), filepath.Join(dir, "cache"))
		return d
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d := open()
	for key, value := range map[string]string{"contact": "x", "contact/ana;@1": "one", "contactless/ben": "y", "Contact/cid": "z"} {
		if err := d.Put("registrar", key, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(ctx); err != nil {
		t.Fatal(err)
	}
	d = open()
	tree, err := contacts{d}.Tree(ctx, "registrar/contact")
	if err != nil || len(tree) != 1 || tree["ana;@1"] != "one" {
		t.Errorf("contacts %v, %v; want that of ana alone", tree, err)
	}
	if err := d.Close(ctx); err != nil {
		t.Fatal(err)
	}
}
