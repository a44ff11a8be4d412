package exchange

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/rest"
)

// caches are the types before whose databases there is a cache, by the names of those.
func (x *Exchange) caches() map[string]*objectType {
	found := map[string]*objectType{}
	if types := x.sorcery.types.Load(); types != nil {
		for _, t := range *types {
			if t.cache != nil {
				found[t.cache.name] = t
			}
		}
	}
	return found
}

// cacheActions are the actions on caches of objects.
func (x *Exchange) cacheActions() []command.Action {
	var list []command.Action
	for _, a := range []struct {
		name, synopsis string
		object         bool
		run            func(t *objectType, id string, r *command.ActionRequest) error
	}{
		{"SorceryMemoryCacheExpire", "Empty a cache of objects", false, func(t *objectType, _ string, r *command.ActionRequest) error {
			if t.cache.full {
				return x.populate(t)
			}
			t.expire("")
			return nil
		}},
		{"SorceryMemoryCacheExpireObject", "Take an object out of a cache", true, func(t *objectType, id string, r *command.ActionRequest) error {
			if t.cache.full {
				return command.Refusal("Due to full backend caching per-object expiration is not available, consider using SorceryMemoryCachePopulate or SorceryMemoryCacheExpire instead")
			}
			if !t.expire(id) {
				return command.Refusal("The provided object could not be expired from the cache")
			}
			return nil
		}},
		{"SorceryMemoryCacheStale", "Have the objects of a cache read again", false, func(t *objectType, _ string, _ *command.ActionRequest) error {
			t.makeStale("")
			return nil
		}},
		{"SorceryMemoryCacheStaleObject", "Have an object of a cache read again", true, func(t *objectType, id string, r *command.ActionRequest) error {
			if !t.makeStale(id) {
				return command.Refusal("The provided object could not be marked as stale in the cache")
			}
			if config.True(r.Get("Reload")) {
				if ask, stale := t.lookUp(id); ask || stale {
					x.refreshLater(t, id)
				}
			}
			return nil
		}},
		{"SorceryMemoryCachePopulate", "Fill a cache of objects", false, func(t *objectType, _ string, _ *command.ActionRequest) error {
			if !t.cache.full {
				return command.Refusal("The provided cache does not have full backend caching enabled")
			}
			return x.populate(t)
		}},
	} {
		list = append(list, command.Action{Row: command.Row{Name: a.name, Synopsis: a.synopsis}, Privilege: command.System,
			Run: func(_ context.Context, r *command.ActionRequest) error {
				switch {
				case r.Get("Cache") == "":
					return command.Refusal(a.name + " requires that a cache name be provided.\n")
				case a.object && r.Get("Object") == "":
					return command.Refusal(a.name + " requires that an object name be provided\n")
				}
				t := x.caches()[r.Get("Cache")]
				if t == nil {
					return command.Refusal("The provided cache does not exist\n")
				}
				if err := a.run(t, r.Get("Object"), r); err != nil {
					return err
				}
				r.Reply("Success", cacheWords[a.name])
				return nil
			}})
	}
	return list
}

// cacheWords are what those actions answer when all is well.
var cacheWords = map[string]string{
	"SorceryMemoryCacheExpire":       "All objects were expired from the cache",
	"SorceryMemoryCacheExpireObject": "The provided object was expired from the cache",
	"SorceryMemoryCacheStale":        "All objects were marked as stale in the cache",
	"SorceryMemoryCacheStaleObject":  "The provided object was marked as stale in the cache",
	"SorceryMemoryCachePopulate":     "Cache has been expired and populated",
}

// populate has a cache be what its database is.
func (x *Exchange) populate(t *objectType) error {
	if err := t.load(x.background); err != nil {
		return command.Refusal("The database can't be asked: " + err.Error())
	}
	x.applyObjects()
	return nil
}

// sorceryCommands are the console's.
func (x *Exchange) sorceryCommands() []command.Console {
	row := func(name, syntax, synopsis string, least, most int, run func(out io.Writer, t *objectType, args []string) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: syntax, Synopsis: synopsis}, Run: func(_ context.Context, r *command.ConsoleRequest) error {
			if len(r.Args) < least || len(r.Args) > most {
				return &command.UsageError{}
			}
			t := x.caches()[r.Args[0]]
			if t == nil {
				return command.Refusal("Specified sorcery memory cache '" + r.Args[0] + "' does not exist")
			}
			return run(r.Out, t, r.Args)
		}}
	}
	return []command.Console{
		row("sorcery memory cache show", "sorcery memory cache show <name>", "Tell about a cache of objects", 1, 1,
			func(out io.Writer, t *objectType, _ []string) error { t.show(out); return nil }),
		row("sorcery memory cache dump", "sorcery memory cache dump <name>", "List the objects of a cache", 1, 1,
			func(out io.Writer, t *objectType, _ []string) error { t.dump(out); return nil }),
		row("sorcery memory cache expire", "sorcery memory cache expire <cache name> [object name]", "Empty a cache, or take an object out of it", 1, 2, x.consoleExpire),
		row("sorcery memory cache stale", "sorcery memory cache stale <cache name> [object name [reload]]", "Have objects of a cache read again", 1, 3, x.consoleStale),
		row("sorcery memory cache populate", "sorcery memory cache populate <cache name>", "Fill a cache", 1, 1, func(out io.Writer, t *objectType, _ []string) error {
			if !t.cache.full {
				return command.Refusal("Specified sorcery memory cache '" + t.cache.name + "' does not have full backend caching enabled")
			}
			if err := x.populate(t); err != nil {
				return err
			}
			t.mu.Lock()
			defer t.mu.Unlock()
			fmt.Fprintf(out, "Specified sorcery memory cache '%s' has been populated with '%d' objects from the backend\n", t.cache.name, len(t.cached))
			return nil
		}),
		{Row: command.Row{Name: "sorcery show settings", Syntax: "sorcery show settings", Synopsis: "Tell where objects lie"},
			Run: func(_ context.Context, r *command.ConsoleRequest) error {
				if len(r.Args) > 0 {
					return &command.UsageError{}
				}
				m, _ := parseSorcery(x.optional(sorceryFile))
				fmt.Fprintf(r.Out, "\nSorcery global settings\n-----------------\n  Update->Create fallback in backends: disabled\n")
				for _, class := range sortedNames(m.classes) {
					fmt.Fprintf(r.Out, "[%s]\n  %s\n", class, strings.Join(m.classes[class], "\n  "))
				}
				return nil
			}},
	}
}

func sortedNames(m map[string][]string) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (x *Exchange) consoleExpire(out io.Writer, t *objectType, args []string) error {
	switch {
	case len(args) == 1:
		if t.cache.full {
			if err := x.populate(t); err != nil {
				return err
			}
		} else {
			t.expire("")
		}
		fmt.Fprintf(out, "All objects have been removed from cache '%s'\n", t.cache.name)
	case t.cache.full:
		fmt.Fprintf(out, "Due to full backend caching per-object expiration is not available on cache '%s'\n", t.cache.name)
	case t.expire(args[1]):
		fmt.Fprintf(out, "Successfully expired object '%s' from cache '%s'\n", args[1], t.cache.name)
	default:
		fmt.Fprintf(out, "Object '%s' was not expired from cache '%s' as it was not found\n", args[1], t.cache.name)
	}
	return nil
}

func (x *Exchange) consoleStale(out io.Writer, t *objectType, args []string) error {
	switch {
	case len(args) == 1:
		t.makeStale("")
		fmt.Fprintf(out, "Marked all objects in sorcery memory cache '%s' as stale\n", t.cache.name)
	case t.makeStale(args[1]):
		fmt.Fprintf(out, "Successfully marked object '%s' in memory cache '%s' as stale\n", args[1], t.cache.name)
		if len(args) == 3 && args[2] == "reload" {
			if _, stale := t.lookUp(args[1]); stale {
				x.refreshLater(t, args[1])
			}
		}
	default:
		fmt.Fprintf(out, "Object '%s' in sorcery memory cache '%s' could not be marked as stale as it was not found\n", args[1], t.cache.name)
	}
	return nil
}

func (t *objectType) show(out io.Writer) {
	t.mu.Lock()
	n := len(t.cached)
	t.mu.Unlock()
	fmt.Fprintf(out, "Sorcery memory cache: %s\nNumber of objects within cache: %d\n", t.cache.name, n)
	if t.cache.maximum > 0 {
		fmt.Fprintf(out, "Maximum allowed objects: %d\n", t.cache.maximum)
	} else {
		fmt.Fprintf(out, "There is no limit on the maximum number of objects in the cache\n")
	}
	if t.cache.lifetime > 0 {
		fmt.Fprintf(out, "Number of seconds before object expires: %d\n", int(t.cache.lifetime/time.Second))
	} else {
		fmt.Fprintf(out, "Object expiration is not enabled - cached objects will not expire\n")
	}
	if t.cache.stale > 0 {
		fmt.Fprintf(out, "Number of seconds before object becomes stale: %d\n", int(t.cache.stale/time.Second))
	} else {
		fmt.Fprintf(out, "Object staleness is not enabled - cached objects will not go stale\n")
	}
	fmt.Fprintf(out, "Expire all objects on reload: %s\n", map[bool]string{true: "On", false: "Off"}[t.cache.expireOnReload])
}

func (t *objectType) dump(out io.Writer) {
	const format = "%-25.25s %-15s %-15s \n"
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(out, "Dumping sorcery memory cache '%s':\n", t.cache.name)
	if t.cache.stale == 0 {
		fmt.Fprintf(out, " * Staleness is not enabled - objects will not go stale\n")
	}
	if t.cache.lifetime == 0 {
		fmt.Fprintf(out, " * Object lifetime is not enabled - objects will not expire\n")
	}
	rule := strings.Repeat("-", 25) + " " + strings.Repeat("-", 15) + " " + strings.Repeat("-", 15) + " \n"
	fmt.Fprintf(out, format, "Object Name", "Stale In", "Expires In")
	fmt.Fprint(out, rule)
	var ids []string
	for id := range t.cached {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	left := func(c *cachedObject, of time.Duration) string {
		return fmt.Sprint(int(max(0, of-time.Since(c.at)) / time.Second))
	}
	for _, id := range ids {
		c := t.cached[id]
		stale := left(c, t.cache.stale)
		if c.stale {
			stale = "0"
		}
		fmt.Fprintf(out, format, id, stale, left(c, t.cache.lifetime))
	}
	fmt.Fprintf(out, "%sTotal number of objects cached: %d\n", rule, len(ids))
}

// refresher is a driver's way to have objects be asked for; nil is none.
func (x *Exchange) refresher(technology string) func(names ...string) {
	if technology != phone.PJSIP {
		return nil
	}
	return x.refreshObjects
}

// putMapped makes or changes an object in its database.
func (x *Exchange) putMapped(t *objectType, id string, fields []rest.Tuple) error {
	before := t.fields(id)
	if !(object{kind: t.kind, id: id, fields: merged(before, fields)}).sound() {
		return rest.ErrInvalid
	}
	_, exists, err := t.from.one(x.background, id)
	if err == nil {
		err = t.from.put(x.background, id, fields, !exists)
	}
	if err == nil {
		_, err = t.fetch(x.background, id)
	}
	if err != nil {
		x.log.Error("an object can't be written to its database", "type", t.kind, "object", id, "error", err)
		return rest.ErrForbidden
	}
	x.applyObjects()
	return nil
}

// removeMapped takes an object out of its database.
func (x *Exchange) removeMapped(t *objectType, id string) error {
	_, exists, err := t.from.one(x.background, id)
	if err == nil && !exists {
		return rest.ErrForbidden
	}
	if err == nil {
		err = t.from.remove(x.background, id)
	}
	if err == nil {
		_, err = t.fetch(x.background, id)
	}
	if err != nil {
		x.log.Error("an object can't be removed from its database", "type", t.kind, "object", id, "error", err)
		return rest.ErrForbidden
	}
	x.applyObjects()
	return nil
}

// sorceryFunction is AST_SORCERY: a field of an object of phones.
func (x *Exchange) sorceryFunction() command.Function[*channel.Channel] {
	return command.Function[*channel.Channel]{Row: command.Row{Name: "AST_SORCERY", Module: "func_sorcery", Synopsis: "Field of an object",
		Syntax:  "AST_SORCERY(module_name,object_type,object_id,field_name[,retrieval_method[,retrieval_details]])",
		Partial: "objects of phones only"},
		Read: func(_ context.Context, _ *channel.Channel, args string) (string, error) {
			a := strings.SplitN(args, ",", 6)
			if len(a) < 4 {
				return "", fmt.Errorf("AST_SORCERY needs a module, a type, an object and a field")
			}
			list, ok := (*outlook)(x).Object(a[1], a[2])
			if !ok {
				return "", fmt.Errorf("%s has no %s %s", a[0], a[1], a[2])
			}
			var values []string
			for _, f := range list {
				if f.Attribute == a[3] {
					values = append(values, f.Value)
				}
			}
			a = append(a, "concat", ",")
			if a[4] == "single" {
				var n int
				if _, err := fmt.Sscan(a[5], &n); err != nil || n == 0 {
					n = 1
				}
				if n < 0 {
					n += len(values) + 1
				}
				if n < 1 || n > len(values) {
					return "", nil
				}
				return values[n-1], nil
			}
			return strings.Join(values, a[5]), nil
		}}
}
