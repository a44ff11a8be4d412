package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver" // the database/sql driver "sqlite3"
	_ "github.com/ncruces/go-sqlite3/embed"  // SQLite itself, as WebAssembly

	"github.com/ncruces/go-sqlite3"
	"github.com/tetratelabs/wazero"
)

const (
	commitDelay = 20 * time.Millisecond // a change waits for others to share its transaction
	commitEvery = time.Second           // when there are many: each transaction waits for the disk several times
	retryDelay  = 5 * time.Second       // between attempts to write to a file that refuses
	busyTime    = 2 * time.Second       // for somebody else who writes to the file
)

// Open reads the file and starts to write changes to it; it returns at once, and
// Ready tells when the entries are known. It may be called once. The file's
// folder must exist. cache is the folder in which the compiled engine is kept,
// which makes later starts quick; empty is none. The first cache that any
// database of the process names is used by all.
func (d *Database) Open(file, cache string) {
	d.file = file
	d.opened.Store(true)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		d.fresh.Store(true)
	}
	j := newJournal(file, func(err error) { d.logger.Warn("a change of the database is not safe before its commit", "error", err) })
	d.mu.Lock()
	d.journal = j
	d.mu.Unlock()
	go func() {
		defer close(d.done)
		if err := d.replay(j); err != nil {
			d.logger.Error("changes of the database that were not committed can't be read", "error", err)
		}
		go j.run()
		defer j.close()
		db, err := d.load(file, cache)
		if err != nil {
			d.degrade(err)
		}
		close(d.ready)
		d.write(db)
		if db != nil {
			_ = db.Close()
		}
		d.answer(ErrInMemory)
	}()
}

// replay takes up the changes that an earlier process had not committed.
func (d *Database) replay(j *journal) error {
	n := 0
	later := map[string]bool{} // changed since the database was opened
	d.mu.RLock()
	for key := range d.pending {
		later[key] = true
	}
	d.mu.RUnlock()
	err := j.replay(func(key string, value *string) {
		n++
		d.mu.Lock()
		defer d.mu.Unlock()
		if later[key] {
			return
		}
		if d.pending[key] = value; value == nil {
			delete(d.entries, key)
		} else {
			d.entries[key] = *value
		}
	})
	if n > 0 {
		d.logger.Info("changes of the database that were not committed are taken up", "changes", n)
		d.signal()
	}
	return err
}

// Fresh reports whether there was no file when the database was opened: nothing
// is in it then, and nobody need wait until it is read.
func (d *Database) Fresh() bool { return d.fresh.Load() }

// degrade notes that changes stay in memory, and says so once.
func (d *Database) degrade(err error) {
	d.mu.Lock()
	again := d.degraded != nil
	d.degraded = err
	d.mu.Unlock()
	if !again {
		d.logger.Error("database goes on in memory: what is written is lost at the next start", "error", err)
	}
}

// restore notes that changes reach the disk again.
func (d *Database) restore() {
	d.mu.Lock()
	before := d.degraded
	d.degraded = nil
	d.mu.Unlock()
	if before != nil {
		d.logger.Warn("database is written to disk again")
	}
}

// engine guards the settings of the SQLite module, which are the process's.
var engine sync.Once

func prepareEngine(cache string) (err error) {
	if cache == "" {
		return nil
	}
	engine.Do(func() {
		var c wazero.CompilationCache
		if err = os.MkdirAll(cache, 0o700); err != nil {
			return
		}
		if c, err = wazero.NewCompilationCacheWithDir(cache); err == nil && sqlite3.RuntimeConfig == nil {
			sqlite3.RuntimeConfig = wazero.NewRuntimeConfig().WithMemoryLimitPages(1024).WithCompilationCache(c) // 64 MiB
		}
	})
	return err
}

// load opens the file and reads its entries.
func (d *Database) load(file, cache string) (*sql.DB, error) {
	if err := prepareEngine(cache); err != nil {
		d.logger.Warn("database engine is compiled at every start", "cache", cache, "error", err)
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("open database %s: its folder is missing", file)
	}
	// no write-ahead log: the file alone is the database, for Asterisk and for backups
	query := url.Values{"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTime.Milliseconds()), "journal_mode(truncate)", "synchronous(full)"}}
	db, err := sql.Open("sqlite3", (&url.URL{Scheme: "file", OmitHost: true, Path: file, RawQuery: query.Encode()}).String())
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
	rows, err := db.Query("SELECT key, value FROM astdb WHERE key IS NOT NULL")
	if err != nil {
		return err
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var key string
		var value sql.NullString
		if err := rows.Scan(&key, &value); err != nil {
			return err
		}
		found[key] = value.String
	}
	if err := rows.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, value := range found {
		if _, changed := d.pending[key]; !changed {
			d.entries[key] = value
		}
	}
	return nil
}

// write is the one writer: it commits what has changed, in groups. db is nil
// where there is no file to write to.
func (d *Database) write(db *sql.DB) {
	retry := time.NewTimer(retryDelay)
	defer retry.Stop()
	var last time.Time // of a round
	for {
		stopping := false
		select {
		case <-d.wake:
			d.gather(max(commitDelay, commitEvery-time.Since(last)))
		case <-d.urgent:
		case <-retry.C:
		case <-d.stop:
			stopping = true
		}
		if err := d.round(db); err != nil {
			retry.Reset(retryDelay)
		}
		last = time.Now()
		if stopping {
			return
		}
	}
}

// gather lets more changes come, unless somebody waits for the disk.
func (d *Database) gather(delay time.Duration) {
	pause := time.NewTimer(delay)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-d.urgent:
	case <-d.stop:
	}
}

// round commits what has changed and answers those who wait for it. What can't
// be written waits for the next round.
func (d *Database) round(db *sql.DB) error {
	if db == nil {
		d.mu.Lock()
		d.pending = map[string]*string{} // nobody will ever write them
		if d.journal != nil {
			d.journal.abandon()
		}
		d.mu.Unlock()
		d.answer(ErrInMemory)
		return nil
	}
	d.mu.Lock()
	changes, waiting := d.pending, d.waiting
	d.pending, d.waiting = map[string]*string{}, nil
	number := d.journal.round()
	d.mu.Unlock()
	var err error
	if len(changes) > 0 {
		if err = commit(db, changes); err != nil {
			err = fmt.Errorf("write database: %w", err)
			d.putBack(changes)
			d.degrade(err)
		} else {
			d.restore()
		}
	}
	if err == nil {
		d.journal.settle(number)
	}
	for _, w := range waiting {
		w <- err
	}
	return err
}

// putBack has changes written later, where no newer ones came.
func (d *Database) putBack(changes map[string]*string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, value := range changes {
		if _, newer := d.pending[key]; !newer {
			d.pending[key] = value
		}
	}
}

// answer tells all who wait for the disk.
func (d *Database) answer(err error) {
	d.mu.Lock()
	waiting := d.waiting
	d.waiting = nil
	d.mu.Unlock()
	for _, w := range waiting {
		w <- err
	}
}

func commit(db *sql.DB, changes map[string]*string) (err error) {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			if undo := tx.Rollback(); !errors.Is(undo, sql.ErrTxDone) {
				err = errors.Join(err, undo)
			}
		}
	}()
	put, err := tx.Prepare("INSERT INTO astdb(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value")
	if err != nil {
		return err
	}
	defer put.Close()
	del, err := tx.Prepare("DELETE FROM astdb WHERE key = ?")
	if err != nil {
		return err
	}
	defer del.Close()
	for key, value := range changes {
		if value == nil {
			_, err = del.Exec(key)
		} else {
			_, err = put.Exec(key, *value)
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Sync waits until all changes so far are on the disk, and survive whatever
// happens to the process. The error is why they are not: ErrInMemory, what the
// file said, or the cause of ctx.
func (d *Database) Sync(ctx context.Context) error {
	if !d.opened.Load() {
		return ErrInMemory
	}
	w := make(chan error, 1)
	d.mu.Lock()
	d.waiting = append(d.waiting, w)
	d.mu.Unlock()
	select {
	case d.urgent <- struct{}{}:
	default:
	}
	select {
	case err := <-w:
		return err
	case <-d.done:
		return ErrInMemory
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close writes what is left and closes the file, or gives up when ctx ends.
// Without Open there is nothing to do. The error is also why changes are lost.
func (d *Database) Close(ctx context.Context) error {
	if !d.opened.Load() {
		return nil
	}
	d.once.Do(func() { close(d.stop) })
	select {
	case <-d.done:
	case <-ctx.Done():
		return fmt.Errorf("close database: %w", context.Cause(ctx))
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	if len(d.pending) > 0 && d.degraded != nil {
		return fmt.Errorf("close database: %d changes are lost: %w", len(d.pending), d.degraded)
	}
	return nil
}
