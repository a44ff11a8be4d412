package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver" // the database/sql driver "sqlite3"
	_ "github.com/ncruces/go-sqlite3/embed"  // SQLite itself, as WebAssembly

	"github.com/ncruces/go-sqlite3"
	"github.com/tetratelabs/wazero"
)

// commitDelay is how long a change waits for others to share its transaction.
const commitDelay = 20 * time.Millisecond

// Open reads the file and starts to write changes to it; it returns at once, and
// Ready tells when the entries are known. cache is the folder in which the
// compiled engine is kept, which makes later starts quick; empty is none.
func (d *Database) Open(file, cache string) {
	go func() {
		defer close(d.done)
		db, err := d.load(file, cache)
		if err != nil {
			d.degrade(err)
		}
		close(d.ready)
		d.write(db)
		if db != nil {
			_ = db.Close()
		}
	}()
}

func (d *Database) degrade(err error) {
	d.mu.Lock()
	d.degraded = err
	d.mu.Unlock()
	d.logger.Error("database goes on in memory: what is written is lost at the next start", "error", err)
}

func (d *Database) load(file, cache string) (*sql.DB, error) {
	if cache != "" && sqlite3.RuntimeConfig == nil {
		if err := os.MkdirAll(cache, 0o700); err == nil {
			if c, err := wazero.NewCompilationCacheWithDir(cache); err == nil {
				sqlite3.RuntimeConfig = wazero.NewRuntimeConfig().WithMemoryLimitPages(1024).WithCompilationCache(c)
			}
		}
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=busy_timeout(2000)")
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", file, err)
	}
	db.SetMaxOpenConns(1)
	if err := d.read(db); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open database %s: %w", file, err)
	}
	return db, nil
}

func (d *Database) read(db *sql.DB) error {
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS astdb(key TEXT, value TEXT, PRIMARY KEY(key))"); err != nil {
		return err
	}
	rows, err := db.Query("SELECT key, value FROM astdb")
	if err != nil {
		return err
	}
	defer rows.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for rows.Next() {
		var e Entry
		if err := rows.Scan(&e.Key, &e.Value); err != nil {
			return err
		}
		if _, changed := d.pending[e.Key]; !changed {
			d.entries[e.Key] = e.Value
		}
	}
	return rows.Err()
}

// write is the one writer: it commits what has changed, in groups.
func (d *Database) write(db *sql.DB) {
	for {
		stopping := false
		select {
		case <-d.wake:
			select {
			case <-time.After(commitDelay):
			case <-d.stop:
			}
		case <-d.stop:
			stopping = true
		}
		d.mu.Lock()
		changes := d.pending
		d.pending = map[string]*string{}
		d.mu.Unlock()
		if db != nil && len(changes) > 0 {
			if err := commit(db, changes); err != nil && d.Degraded() == nil {
				d.degrade(fmt.Errorf("write database: %w", err))
			}
		}
		if stopping {
			return
		}
	}
}

func commit(db *sql.DB, changes map[string]*string) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	for key, value := range changes {
		if value == nil {
			_, err = tx.Exec("DELETE FROM astdb WHERE key = ?", key)
		} else {
			_, err = tx.Exec("INSERT INTO astdb(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", key, *value)
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Close writes what is left and closes the file, or gives up when ctx ends. It
// must follow Open.
func (d *Database) Close(ctx context.Context) error {
	d.mu.Lock()
	first := !d.closed
	d.closed = true
	d.mu.Unlock()
	if first {
		close(d.stop)
	}
	select {
	case <-d.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close database: %w", context.Cause(ctx))
	}
}
