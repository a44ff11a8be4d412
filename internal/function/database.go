package function

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// databases are the functions of AstDB.
func (h *House) databases() []Function {
	return []Function{
		risky(full("DB", "func_db", "Entry of the database", "family/key", h.dbRead, h.dbWrite), true),
		full("DB_EXISTS", "func_db", "Whether the database has an entry", "family/key", h.dbExists, nil),
		risky(full("DB_DELETE", "func_db", "Take an entry out of the database", "family/key", h.dbDelete,
			func(ctx context.Context, c *channel.Channel, args, _ string) error {
				_, err := h.dbDelete(ctx, c, args)
				return err
			}), true),
		full("DB_KEYS", "func_db", "Names below a prefix", "[prefix]", func(_ context.Context, _ *channel.Channel, args string) (string, error) {
			return strings.Join(h.Database.Keys(args), ","), nil
		}, nil),
		full("DB_KEYCOUNT", "func_db", "Number of names below a prefix", "[prefix]", func(_ context.Context, _ *channel.Channel, args string) (string, error) {
			return strconv.Itoa(len(h.Database.Keys(args))), nil
		}, nil),
	}
}

func familyKey(args string) (family, key string, err error) {
	family, key, ok := strings.Cut(args, "/")
	if !ok || family == "" || key == "" {
		return "", "", fmt.Errorf("%w: family/key", errArgs)
	}
	return family, key, nil
}

func (h *House) dbRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	family, key, err := familyKey(args)
	if err != nil {
		return "", err
	}
	value, ok := h.Database.Get(family, key)
	if ok {
		h.result(c, value)
	}
	return value, nil
}

// result leaves the value in DB_RESULT, which needs a channel.
func (h *House) result(c *channel.Channel, value string) {
	if c != nil {
		c.SetVariable("DB_RESULT", value)
	}
}

func (h *House) dbWrite(_ context.Context, _ *channel.Channel, args, value string) error {
	family, key, err := familyKey(args)
	if err != nil {
		return err
	}
	return h.Database.Put(family, key, value)
}

func (h *House) dbExists(_ context.Context, c *channel.Channel, args string) (string, error) {
	family, key, err := familyKey(args)
	if err != nil {
		return "", err
	}
	value, ok := h.Database.Get(family, key)
	if ok {
		h.result(c, value)
	}
	return truth(ok), nil
}

func (h *House) dbDelete(_ context.Context, c *channel.Channel, args string) (string, error) {
	family, key, err := familyKey(args)
	if err != nil {
		return "", err
	}
	value, _ := h.Database.Get(family, key)
	h.result(c, value)
	_, err = h.Database.Del(family, key)
	return value, err
}
