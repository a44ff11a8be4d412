package callrecord

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Config is what books are made of.
type Config struct {
	Bus    *event.Bus
	Logger *slog.Logger
	// Dir is the log directory, below which records are written.
	Dir string
	// Spool is the folder in which records wait for databases that are away, SpoolLimit
	// how many bytes may wait for each; 0 is 512 MiB. Cache is where the compiled engine
	// of SQLite is kept.
	Spool      string
	SpoolLimit int64
	Cache      string
	// Expand replaces variables and functions in a template.
	Expand func(ctx context.Context, c *channel.Channel, text string) string
	// Format writes a time as strftime(3) does.
	Format func(t time.Time, format string) string
	// Loaded reports whether a module is in use; nil is all.
	Loaded func(module string) bool
}

// Books are the records of an exchange and where they go.
type Books struct {
	Ledger *Ledger
	Diary  *Diary
	Writer *Writer
	config Config

	configuring sync.Mutex // held by Configure and Close

	mu      sync.Mutex // guards what follows; not held while something is published or written
	mapped  *Mappings  // cdr_manager.conf; nil: AMI is told of no record
	names   []string   // of the backends, as they were set up
	batch   []*Record
	timer   *time.Timer // runs while there is a batch
	due     time.Time
	stopped bool

	couriers map[string]*courier // by module; changed by who holds configuring
}

// New returns books that hear nothing before Configure.
func New(g Config) *Books {
	if g.Loaded == nil {
		g.Loaded = func(string) bool { return true }
	}
	b := &Books{config: g, Writer: NewWriter(g.Logger)}
	b.Ledger = NewLedger(g.Bus, g.Logger, b.complete)
	b.Diary = NewDiary(g.Bus, b.Writer)
	return b
}

// Files are the configuration files; one that is missing is nil.
type Files struct {
	CDR, CDRManager, CDRCustom, CEL, CELCustom *config.File
	Databases
}

// Configure puts files in force. It may be called again.
func (b *Books) Configure(f Files) []config.Diagnostic {
	b.configuring.Lock()
	defer b.configuring.Unlock()
	g, problems := Load(f.CDR)
	var list []backend
	names := []string{}
	add := func(module string, w backend) {
		if b.config.Loaded(module) {
			list, names = append(list, w), append(names, w.name())
		}
	}
	custom, found := LoadCustom(f.CDRCustom)
	problems = append(problems, found...)
	if custom != nil {
		add("cdr_custom", &customBackend{dir: filepath.Join(b.config.Dir, "cdr-custom"), templates: custom, expand: b.config.Expand})
	}
	mapped, found := LoadManager(f.CDRManager)
	problems = append(problems, found...)
	if mapped != nil && b.config.Loaded("cdr_manager") {
		names = append(names, "cdr_manager")
	} else {
		mapped = nil
	}
	if g.CSV != nil {
		add("cdr_csv", &csvBackend{dir: filepath.Join(b.config.Dir, "cdr-csv"), options: *g.CSV})
	}
	diary, found := LoadCEL(f.CEL)
	if b.config.Format != nil {
		diary.format = b.config.Format
	}
	problems = append(problems, found...)
	templates, found := LoadCustom(f.CELCustom)
	problems = append(problems, found...)
	if templates != nil && b.config.Loaded("cel_custom") {
		list = append(list, newCELBackend(b.config, diary, templates))
		diary.Subscribers = append(diary.Subscribers, "CEL Custom CSV Logging")
	}
	if diary.Manager = diary.Manager && b.config.Loaded("cel_manager"); diary.Manager {
		diary.Subscribers = append(diary.Subscribers, "Manager Event Logging")
	}
	postings, found := b.postings(f.Databases, diary)
	problems = append(problems, found...)
	now, gone := b.employ(postings)
	for _, c := range now {
		list = append(list, c)
		if c.kind == 'e' {
			diary.Subscribers = append(diary.Subscribers, c.title)
		} else {
			names = append(names, c.title)
		}
	}
	b.mu.Lock()
	b.mapped, b.names = mapped, names
	b.mu.Unlock()
	first := b.Writer.held.Load() == nil
	if first {
		b.openHeld()
	}
	b.Writer.set(list)
	if first {
		b.takeUp()
	}
	b.dismiss(gone, time.Second)
	b.Ledger.Configure(g)
	b.Diary.Configure(diary)
	if !g.Batch {
		b.Submit()
	}
	return problems
}

// openHeld opens where records are kept while they wait for their batch.
func (b *Books) openHeld() {
	if b.config.Spool == "" {
		return
	}
	s, err := openSpool(filepath.Join(b.config.Spool, heldFolder), defaultLimit)
	if err != nil {
		b.config.Logger.Error("call records wait for their batch in memory alone", "error", err)
		return
	}
	b.Writer.held.Store(&held{s})
}

// takeUp delivers what waited for its batch when an earlier run ended.
func (b *Books) takeUp() {
	h := b.Writer.held.Load()
	if h == nil {
		return
	}
	list, err := h.left()
	if err != nil {
		b.config.Logger.Error("call records of an earlier run can't be read", "error", err)
	}
	if len(list) > 0 {
		b.config.Logger.Warn("call records of an earlier run that waited for their batch are written now", "records", len(list))
	}
	b.deliver(list, b.config.Bus.Publish, true)
}

// complete takes records whose channel is gone, as the bus tells of that.
func (b *Books) complete(list []*Record) {
	g := b.Ledger.Settings()
	if !g.Batch {
		b.deliver(list, b.config.Bus.Follow, false)
		return
	}
	for _, v := range list {
		b.Writer.put(entry{keep: v})
	}
	b.mu.Lock()
	b.batch = append(b.batch, list...)
	if len(b.batch) < g.Size && !b.stopped {
		if b.timer == nil {
			b.due = time.Now().Add(g.Time)
			b.timer = time.AfterFunc(g.Time, b.Submit)
		}
		b.mu.Unlock()
		return
	}
	list = b.takeBatch()
	b.mu.Unlock()
	b.deliver(list, b.config.Bus.Follow, true)
}

// takeBatch returns what waits; b.mu is held.
func (b *Books) takeBatch() []*Record {
	list := b.batch
	b.batch = nil
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	return list
}

// Submit delivers the batch whatever its size.
func (b *Books) Submit() {
	b.mu.Lock()
	list := b.takeBatch()
	b.mu.Unlock()
	b.deliver(list, b.config.Bus.Publish, true)
}

// deliver tells clients of records and hands them to the writer. held are those that
// were kept while they waited for their batch.
func (b *Books) deliver(list []*Record, tell func(event.Event), held bool) {
	b.mu.Lock()
	mapped := b.mapped
	b.mu.Unlock()
	for _, v := range list {
		if mapped != nil && b.config.Bus.Wants(event.KindCdr) {
			tell(mapped.event(v))
		}
		b.Writer.put(entry{record: v, held: held})
	}
}

// Close writes what waits and ends. Records of channels that live are lost, as
// is, with safeshutdown off, the batch.
func (b *Books) Close(ctx context.Context) error {
	b.Ledger.Close()
	b.Diary.Close()
	b.mu.Lock()
	b.stopped = true
	list := b.takeBatch()
	b.mu.Unlock()
	if b.Ledger.Settings().SafeShutdown {
		b.deliver(list, b.config.Bus.Publish, true)
	} else if len(list) > 0 {
		b.config.Logger.Warn("call records are written at the next start: safeshutdown is off", "records", len(list))
	}
	if err := b.Writer.Close(ctx); err != nil {
		return err
	}
	b.configuring.Lock()
	defer b.configuring.Unlock()
	var ends sync.WaitGroup
	for _, c := range b.couriers {
		ends.Go(func() { c.close(ctx) })
	}
	ends.Wait()
	b.mu.Lock()
	b.couriers = nil
	b.mu.Unlock()
	return nil
}

// Pending is how many complete records wait for their batch, and when that is due.
func (b *Books) Pending() (n int, due time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.batch), b.due
}

// Backends are the names of those that records go to.
func (b *Books) Backends() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.names
}
