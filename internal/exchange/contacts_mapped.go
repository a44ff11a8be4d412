package exchange

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/octothorpe/octothorpe/internal/rest"
)

// contactType is the type of registrations, of which contactFamily is the place in AstDB.
const (
	contactType   = "contact"
	contactFamily = "registrar/contact"
)

// familyContacts keeps registrations in a family of a database, too, if sorcery.conf
// says so. AstDB has them in any case: it is what there is when the database is away.
type familyContacts struct {
	contacts
	x *Exchange
}

// Put implements phone.Store.
func (c familyContacts) Put(family, key, value string) error {
	err := c.contacts.Put(family, key, value)
	if t := c.x.sorcery.contacts.Load(); t != nil && family == contactFamily {
		fields, broken := fromJSON(value)
		_, exists, failed := t.from.one(c.x.background, key)
		if failed == nil && broken == nil {
			failed = t.from.put(c.x.background, key, fields, !exists)
		}
		err = errors.Join(err, broken, failed)
	}
	return err
}

// Delete implements phone.Store.
func (c familyContacts) Delete(family, key string) error {
	err := c.contacts.Delete(family, key)
	if t := c.x.sorcery.contacts.Load(); t != nil && family == contactFamily {
		err = errors.Join(err, t.from.remove(c.x.background, key))
	}
	return err
}

// Tree implements phone.Store.
func (c familyContacts) Tree(ctx context.Context, family string) (map[string]string, error) {
	t := c.x.sorcery.contacts.Load()
	if t == nil || family != contactFamily {
		return c.contacts.Tree(ctx, family)
	}
	all, err := t.from.all(ctx)
	if err != nil {
		c.x.log.Error("registrations can't be read from their database: those of AstDB are in force", "error", err)
		return c.contacts.Tree(ctx, family)
	}
	tree := map[string]string{}
	for id, fields := range all {
		text, err := json.Marshal(valuesOf(fields))
		if err != nil {
			return nil, err
		}
		tree[id] = string(text)
	}
	return tree, nil
}

// valuesOf are fields by their names.
func valuesOf(fields []rest.Tuple) map[string]string {
	values := map[string]string{}
	for _, f := range fields {
		values[f.Attribute] = f.Value
	}
	return values
}
