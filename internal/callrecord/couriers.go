package callrecord

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Databases are the files of backends that may be away; one that is missing is nil.
type Databases struct{ CDRSQLite, CDRPgSQL, CDRHTTP, CDRNATS, CELSQLite, CELPgSQL, CELHTTP, CELNATS *config.File }

// defaultLimit is how much may wait for each backend.
const defaultLimit = 512 << 20

// A posting is a backend that a file asks for: its module, which is also the name of
// its folder, and what it is called.
type posting struct {
	module, title string
	to            target
}

// kind says whether records or events are for it.
func (p posting) kind() byte {
	if strings.HasPrefix(p.module, "cel") {
		return 'e'
	}
	return 'r'
}

// postings reads the files.
func (b *Books) postings(f Databases, diary *DiarySettings) ([]posting, []config.Diagnostic) {
	var list []posting
	var problems []config.Diagnostic
	add := func(module, title string, make func() (target, error)) {
		if !b.config.Loaded(module) {
			return
		}
		to, err := make()
		if err != nil {
			b.config.Logger.Error("call records can't be delivered", "backend", title, "error", err)
			return
		}
		list = append(list, posting{module, title, to})
	}
	for _, one := range []struct {
		file                 *config.File
		table, module, title string
		diary                *DiarySettings
	}{{f.CDRSQLite, "cdr", "cdr_sqlite3_custom", "CDR sqlite3 custom backend", nil}, {f.CELSQLite, "cel", "cel_sqlite3_custom", "CEL sqlite3 custom backend", diary}} {
		g, found := LoadSQLite(one.file, one.table)
		problems = append(problems, found...)
		if g != nil {
			add(one.module, one.title, func() (target, error) { return newSQLiteTarget(b.config, *g, one.diary), nil })
		}
	}
	for _, one := range []struct {
		file                 *config.File
		table, module, title string
	}{{f.CDRPgSQL, "cdr", "cdr_pgsql", "pgsql"}, {f.CELPgSQL, "cel", "cel_pgsql", "CEL PGSQL backend"}} {
		g, found := LoadPgSQL(one.file, one.table)
		problems = append(problems, found...)
		if g != nil {
			add(one.module, one.title, func() (target, error) { return newPgSQLTarget(*g) })
		}
	}
	for _, one := range []struct {
		file          *config.File
		module, title string
	}{{f.CDRHTTP, "cdr_http", "cdr_http"}, {f.CELHTTP, "cel_http", "cel_http"}} {
		g, found := LoadWebhook(one.file)
		problems = append(problems, found...)
		if g != nil {
			add(one.module, one.title, func() (target, error) { return newWebhookTarget(*g), nil })
		}
	}
	for _, one := range []struct {
		file            *config.File
		module, subject string
	}{{f.CDRNATS, "cdr_nats", "cdr"}, {f.CELNATS, "cel_nats", "cel"}} {
		g, found := LoadNATS(one.file, one.subject)
		problems = append(problems, found...)
		if g != nil {
			add(one.module, one.module, func() (target, error) { return newNATSTarget(*g), nil })
		}
	}
	return list, problems
}

// employ returns the couriers for the backends that are asked for, and those that
// nobody asks for any more. b.configuring is held.
func (b *Books) employ(list []posting) (now []*courier, gone map[string]*courier) {
	kept := map[string]*courier{}
	gone = map[string]*courier{}
	for _, p := range list {
		if c := b.couriers[p.module]; c != nil {
			c.turnTo(p.to)
			kept[p.module] = c
			now = append(now, c)
			continue
		}
		limit := b.config.SpoolLimit
		if limit <= 0 {
			limit = defaultLimit
		}
		c, err := newCourier(p.title, p.kind(), p.to, filepath.Join(b.config.Spool, p.module), limit, b.config.Logger)
		if err != nil {
			b.config.Logger.Error("call records can't be delivered", "backend", p.title, "error", err)
			p.to.close()
			continue
		}
		kept[p.module] = c
		now = append(now, c)
	}
	for module, c := range b.couriers {
		if kept[module] == nil {
			gone[module] = c
		}
	}
	b.mu.Lock()
	b.couriers = kept
	b.mu.Unlock()
	return now, gone
}

// dismiss ends couriers when nothing more can be handed to them. While the disk stands still they
// stay, so that what comes late is kept, too, until somebody asks for them again or the next
// Configure or Close. b.configuring is held.
func (b *Books) dismiss(gone map[string]*courier, patience time.Duration) {
	if len(gone) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.Writer.Sync(ctx); err != nil {
		b.config.Logger.Warn("call records still wait for the disk", "error", err)
		b.mu.Lock()
		maps.Copy(b.couriers, gone)
		b.mu.Unlock()
		return
	}
	for _, c := range gone {
		c.close(ctx)
	}
}

// Deliveries tell how the backends are doing that may be away, by name.
func (b *Books) Deliveries() []Delivery {
	b.mu.Lock()
	var list []Delivery
	for _, c := range b.couriers {
		list = append(list, c.delivery())
	}
	b.mu.Unlock()
	slices.SortFunc(list, func(x, y Delivery) int { return strings.Compare(x.Backend, y.Backend) })
	return list
}
