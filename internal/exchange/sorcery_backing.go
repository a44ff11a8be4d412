package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/realtime"
	"github.com/octothorpe/octothorpe/internal/rest"
	"github.com/octothorpe/octothorpe/internal/store"
)

// backing makes the database of a type.
func (x *Exchange) backing(p sorceryPlace) backing {
	if p.wizard == "astdb" {
		return astdbBacking{x.database, p.data + "/" + p.kind}
	}
	if !x.realtime.Has(p.data) {
		x.log.Error("sorcery.conf names a family that extconfig.conf does not have", "type", p.kind, "family", p.data)
	}
	return realtimeBacking{x.realtime, p.data}
}

// realtimeBacking is a family of extconfig.conf whose rows are objects.
type realtimeBacking struct {
	house  *realtime.House
	family string
}

// idColumn is the name of objects in families.
const idColumn = "id"

// tuples are the fields of a row, without its name, in a row's order. Fields of the same
// name stand for themselves each.
func tuples(row realtime.Row) (id string, fields []rest.Tuple) {
	for _, f := range row {
		switch {
		case strings.EqualFold(f.Name, idColumn):
			id = f.Value
		case f.Value != "":
			fields = append(fields, rest.Tuple{Attribute: f.Name, Value: oneLine(f.Value)})
		}
	}
	return id, fields
}

func oneLine(text string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(text) }

func (b realtimeBacking) all(ctx context.Context) (map[string][]rest.Tuple, error) {
	list, err := b.house.All(ctx, b.family, realtime.Where(idColumn+" LIKE", "%")...)
	if err != nil {
		return nil, err
	}
	all := map[string][]rest.Tuple{}
	for _, row := range list {
		if id, fields := tuples(row); id != "" {
			all[id] = fields
		}
	}
	return all, nil
}

func (b realtimeBacking) one(ctx context.Context, id string) ([]rest.Tuple, bool, error) {
	row, err := b.house.One(ctx, b.family, realtime.Where(idColumn, id)...)
	if err != nil || row == nil {
		return nil, false, err
	}
	name, fields := tuples(row)
	return fields, name == id, nil // a server that finds another does not know this one
}

func (b realtimeBacking) put(ctx context.Context, id string, fields []rest.Tuple, fresh bool) error {
	var row []realtime.Field
	for _, f := range fields {
		row = append(row, realtime.Field{Name: f.Attribute, Value: f.Value})
	}
	if !fresh {
		n, err := b.house.Update(ctx, b.family, realtime.Where(idColumn, id), row...)
		if err != nil || n > 0 {
			return err
		}
	}
	_, err := b.house.Store(ctx, b.family, append([]realtime.Field{{Name: idColumn, Value: id}}, row...)...)
	return err
}

func (b realtimeBacking) remove(ctx context.Context, id string) error {
	_, err := b.house.Destroy(ctx, b.family, realtime.Where(idColumn, id)...)
	return err
}

// astdbBacking are objects in AstDB, each as JSON under its name.
type astdbBacking struct {
	database *store.Database
	family   string
}

var errNotReady = errors.New("AstDB is not read yet")

func (b astdbBacking) ready(ctx context.Context) error {
	if b.database.Fresh() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, applyPatience)
	defer cancel()
	if err := b.database.Ready(ctx); err != nil {
		return errNotReady
	}
	return nil
}

func (b astdbBacking) all(ctx context.Context) (map[string][]rest.Tuple, error) {
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	all := map[string][]rest.Tuple{}
	b.database.Walk(b.family, func(e store.Entry) bool {
		if fields, err := fromJSON(e.Value); err == nil {
			all[strings.TrimPrefix(e.Key, "/"+b.family+"/")] = fields
		}
		return true
	})
	return all, nil
}

func fromJSON(text string) ([]rest.Tuple, error) {
	var values map[string]string
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return nil, fmt.Errorf("read an object: %w", err)
	}
	var fields []rest.Tuple
	for name, value := range values {
		fields = append(fields, rest.Tuple{Attribute: name, Value: oneLine(value)})
	}
	slices.SortFunc(fields, func(a, b rest.Tuple) int { return strings.Compare(a.Attribute, b.Attribute) })
	return fields, nil
}

func (b astdbBacking) one(ctx context.Context, id string) ([]rest.Tuple, bool, error) {
	if err := b.ready(ctx); err != nil {
		return nil, false, err
	}
	text, ok := b.database.Get(b.family, id)
	if !ok {
		return nil, false, nil
	}
	fields, err := fromJSON(text)
	return fields, err == nil, err
}

func (b astdbBacking) put(_ context.Context, id string, fields []rest.Tuple, fresh bool) error {
	values := map[string]string{}
	if text, ok := b.database.Get(b.family, id); ok && !fresh {
		_ = json.Unmarshal([]byte(text), &values) // what can't be read is replaced
	}
	for _, f := range fields {
		values[f.Attribute] = f.Value
	}
	text, err := json.Marshal(values)
	if err != nil {
		return fmt.Errorf("write an object: %w", err)
	}
	return b.database.Put(b.family, id, string(text))
}

func (b astdbBacking) remove(_ context.Context, id string) error {
	_, err := b.database.Del(b.family, id)
	return err
}
