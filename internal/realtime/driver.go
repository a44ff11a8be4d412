package realtime

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/store"
)

// A driver asks one database.
type driver interface {
	rows(ctx context.Context, table string, where []Condition) ([]Row, error)
	update(ctx context.Context, table string, where []Condition, to []Field) (int, error)
	store(ctx context.Context, table string, row []Field) (int, error)
	destroy(ctx context.Context, table string, where []Condition) (int, error)
	// static returns the lines of a file: category, var_name, var_val, cat_metric.
	static(ctx context.Context, table, file string) ([]line, error)
	// columns returns the names of those that a table has; nil where it can't be known.
	columns(ctx context.Context, table string) ([]string, error)
	close()
}

// A line is one of a configuration file.
type line struct{ category, metric, name, value string }

// condition writes a comparison in SQL. value is the place of the parameter.
func condition(c Condition, column, value string) (string, error) {
	if !operators[c.Operator] {
		return "", fmt.Errorf("there is no operator %s", c.Operator)
	}
	operator := c.Operator
	if operator == "" {
		operator = "="
	}
	text := column + " " + operator + " " + value
	if strings.HasSuffix(operator, "LIKE") {
		text += ` ESCAPE '\'`
	}
	return text, nil
}

func quote(name string) string { return store.QuoteName(name, false) }

// compared is the value as it stands in a database.
func (c Condition) compared() string {
	if strings.HasSuffix(c.Operator, "LIKE") {
		return c.Value
	}
	return encode(c.Value)
}
