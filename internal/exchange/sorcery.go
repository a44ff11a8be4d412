package exchange

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/rest"
)

// sorcery are the objects that sorcery.conf has lie in databases, and what is known of
// them. The types of phones are read as a whole at the start and when phones are read
// again; one object is asked for again when somebody means it, unless a cache stands
// before its database. What has changed is put in force then and there.
type sorcery struct {
	types     atomic.Pointer[map[string]*objectType] // of phones, by their names; nil: none lies in a database
	mailboxes atomic.Pointer[objectType]             // nil: they are in AstDB
	contacts  atomic.Pointer[objectType]             // likewise
	unread    seldom                                 // what could not be read
}

// An objectType is a type whose objects lie in a database.
type objectType struct {
	class, kind string
	from        backing
	cache       *cacheSettings // nil: there is none

	mu     sync.Mutex              // not held while a database is asked
	rows   map[string][]rest.Tuple // what is in force
	cached map[string]*cachedObject
	whole  bool // the cache has all that the database has
}

// A backing is a database of objects of one type.
type backing interface {
	all(ctx context.Context) (map[string][]rest.Tuple, error)
	one(ctx context.Context, id string) (fields []rest.Tuple, ok bool, err error)
	put(ctx context.Context, id string, fields []rest.Tuple, fresh bool) error
	remove(ctx context.Context, id string) error
}

// elsewhere reports whether any object of phones lies in a database.
func (s *sorcery) elsewhere() bool { return s.types.Load() != nil }

// mapped returns the type of objects of phones, if it lies in a database.
func (s *sorcery) mapped(kind string) *objectType {
	if types := s.types.Load(); types != nil {
		return (*types)[kind]
	}
	return nil
}

// carry takes over what was known of the types before.
func (t *objectType) carry(before *objectType) {
	t.rows, t.cached = map[string][]rest.Tuple{}, map[string]*cachedObject{}
	if before == nil {
		return
	}
	before.mu.Lock()
	defer before.mu.Unlock()
	t.rows = before.rows
	if t.cache != nil && !t.cache.expireOnReload {
		t.cached, t.whole = before.cached, before.whole
	}
}

// load asks for all objects. While the database can't be asked what was known is in force.
func (t *objectType) load(ctx context.Context) error {
	rows, err := t.from.all(ctx)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = rows
	if t.cache != nil && t.cache.full {
		t.cached, t.whole = map[string]*cachedObject{}, true
		for id := range rows {
			t.cached[id] = &cachedObject{at: time.Now()}
		}
	}
	return nil
}

// refresh asks for one object, if the cache does not have it. It reports whether it is
// another than the one in force.
func (t *objectType) refresh(ctx context.Context, id string, later func(id string)) (changed bool, err error) {
	if ask, stale := t.lookUp(id); !ask {
		if stale {
			later(id)
		}
		return false, nil
	}
	return t.fetch(ctx, id)
}

// fetch asks the database for an object and notes it.
func (t *objectType) fetch(ctx context.Context, id string) (changed bool, err error) {
	fields, ok, err := t.from.one(ctx, id)
	if err != nil {
		return false, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	before, had := t.rows[id]
	if ok {
		t.remember(id)
	} else {
		delete(t.cached, id)
	}
	if ok == had && slices.Equal(before, fields) {
		return false, nil
	}
	rows := maps.Clone(t.rows) // who compares has the old one
	if delete(rows, id); ok {
		rows[id] = fields
	}
	t.rows = rows
	return true, nil
}

// fields are those of an object that is in force.
func (t *objectType) fields(id string) []rest.Tuple {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rows[id]
}

// sections are the objects in the language of pjsip.conf.
func (t *objectType) sections() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	ids := make([]string, 0, len(t.rows))
	for id := range t.rows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if o := (object{kind: t.kind, id: id, fields: t.rows[id]}); !strings.ContainsAny(id, "\r\n[]") {
			b.WriteString(strings.ReplaceAll(o.section(), "\r", ""))
		}
	}
	return b.String()
}

// valueOf is the value of a field.
func valueOf(fields []rest.Tuple, name string) string {
	for _, f := range fields {
		if strings.EqualFold(f.Attribute, name) {
			return f.Value
		}
	}
	return ""
}

// configureSorcery puts in force what readSorcery has found.
func (x *Exchange) configureSorcery(found sorceryMap) {
	types := map[string]*objectType{}
	var boxes, contacts *objectType
	for kind, place := range found.places {
		t := &objectType{class: place.class, kind: kind, from: x.backing(place), cache: found.caches[kind]}
		if kind == contactType {
			contacts = t
			continue
		}
		if place.class == mailboxClass {
			t.carry(x.sorcery.mailboxes.Load())
			boxes = t
			continue
		}
		t.carry(x.sorcery.mapped(kind))
		types[kind] = t
	}
	x.sorcery.contacts.Store(contacts)
	x.sorcery.mailboxes.Store(boxes)
	if boxes != nil {
		x.lookForMailboxes(boxes, "")
	}
	if len(types) == 0 {
		x.sorcery.types.Store(nil)
		return
	}
	x.sorcery.types.Store(&types)
	for _, t := range types {
		if err := t.load(x.background); err != nil {
			x.log.Error("objects can't be read from their database", "type", t.kind, "error", err)
		}
	}
}

// sorcerySections are the objects of phones that lie in databases.
func (x *Exchange) sorcerySections() string {
	types := x.sorcery.types.Load()
	if types == nil {
		return ""
	}
	var b strings.Builder
	kinds := make([]string, 0, len(*types))
	for kind := range *types {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		b.WriteString((*types)[kind].sections())
	}
	return b.String()
}

// applyPatience is how long who wants to know may wait for a reload that is under way.
const applyPatience = 10 * time.Second

// applyObjects puts what is known of objects in force.
func (x *Exchange) applyObjects() {
	ctx, cancel := context.WithTimeout(x.background, applyPatience)
	defer cancel()
	if err := x.reloading.beginWithin(ctx); err != nil {
		x.log.Warn("objects that have changed are not in force yet", "error", err)
		return
	}
	defer x.reloading.end()
	if err := x.phones.again(x, phone.PJSIP); err != nil {
		x.log.Error("objects that have changed are not in force", "error", err)
	}
}

// sorceryMap is what sorcery.conf says.
type sorceryMap struct {
	memory, elsewhere, file map[string]bool // types of phones
	places                  map[string]sorceryPlace
	caches                  map[string]*cacheSettings
	classes                 map[string][]string // the lines, for the console
}

// A sorceryPlace is where a type lies: a wizard, and what it is told.
type sorceryPlace struct{ class, kind, wizard, data string }

// mailboxClass is the section about mailboxes that programs keep.
const mailboxClass = "res_mwi_external"

// parseSorcery reads sorcery.conf.
func parseSorcery(f *config.File) (sorceryMap, []config.Diagnostic) {
	m := sorceryMap{memory: map[string]bool{}, elsewhere: map[string]bool{}, file: map[string]bool{}, places: map[string]sorceryPlace{},
		caches: map[string]*cacheSettings{}, classes: map[string][]string{}}
	r := config.NewReader(nil)
	for _, section := range f.Sections() {
		if section.Name == "general" { // what is not there to be changed is made, whatever update_or_create_on_update_miss says
			continue
		}
		kinds, ours := sorceryClasses[section.Name]
		if section.Name == mailboxClass {
			kinds, ours = []string{"mailboxes"}, true
		}
		for _, e := range section.Lines() {
			kind, role, _ := strings.Cut(e.Key, "/")
			wizard, data, _ := strings.Cut(e.Value, ",")
			wizard, data = strings.TrimSpace(wizard), strings.TrimSpace(data)
			m.classes[section.Name] = append(m.classes[section.Name], e.Key+" = "+e.Value)
			switch {
			case !ours || !slices.Contains(kinds, kind):
				r.Report(config.Warning, e, "", "%s of %s is kept where it always is: only objects of phones and mailboxes can be kept elsewhere", kind, section.Name)
			case wizard == "memory_cache" && role != "cache":
				r.Report(config.Error, e, "write "+kind+"/cache = memory_cache,…", "a cache keeps nothing by itself")
			case wizard == "memory_cache":
				cache, problem := readCache(section.Name+"/"+kind, data)
				if problem != "" {
					r.Report(config.Warning, e, "", "%s", problem)
				}
				m.caches[kind] = cache
			case kind == contactType && wizard == "astdb": // they are there in any case
			case wizard == "realtime" || wizard == "astdb":
				name, _, _ := strings.Cut(data, ",")
				if name = strings.TrimSpace(name); name == "" {
					r.Report(config.Error, e, "", "%s needs the name of a family", wizard)
					continue
				}
				m.places[kind] = sorceryPlace{section.Name, kind, wizard, name}
				m.elsewhere[kind] = true
			case section.Name == mailboxClass:
				r.Report(config.Warning, e, "write realtime,… or astdb,…", "mailboxes can't be kept in %s: they are in AstDB", wizard)
			case wizard == "memory":
				m.memory[kind], m.elsewhere[kind] = true, true
			case wizard == "config":
				m.file[kind], m.elsewhere[kind] = true, true
			default:
				r.Report(config.Warning, e, "write realtime, astdb, memory or config", "%s can't be kept in %s: it is in its file", kind, wizard)
			}
		}
	}
	for kind := range m.file {
		delete(m.elsewhere, kind)
	}
	return m, r.Diagnostics()
}
