package exchange

import (
	"context"
	"slices"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/realtime"
)

// peerFamilies lends peers of sip.conf out of databases: it implements phone.Families.
type peerFamilies struct{ house *realtime.House }

// Has implements phone.Families.
func (f peerFamilies) Has(family string) bool { return f.house.Has(family) }

// Rows implements phone.Families.
func (f peerFamilies) Rows(ctx context.Context, family string, where ...event.Variable) ([][]event.Variable, error) {
	var pairs []string
	for _, v := range where {
		pairs = append(pairs, v.Name, v.Value)
	}
	rows, err := f.house.All(ctx, family, realtime.Where(pairs...)...)
	var list [][]event.Variable
	for _, row := range rows {
		one := make([]event.Variable, 0, len(row))
		for _, field := range row {
			one = append(one, event.Variable{Name: field.Name, Value: field.Value})
		}
		list = append(list, one)
	}
	return list, err
}

// Update implements phone.Families.
func (f peerFamilies) Update(ctx context.Context, family, name string, to []event.Variable) error {
	columns, err := f.house.Columns(ctx, family)
	if err != nil {
		return err
	}
	var fields []realtime.Field
	for _, v := range to {
		fields = append(fields, realtime.Field{Name: v.Name, Value: v.Value})
	}
	if columns != nil {
		fields = slices.DeleteFunc(fields, func(one realtime.Field) bool { return !hasColumn(columns, one.Name) })
	}
	if len(fields) == 0 {
		return nil
	}
	_, err = f.house.Update(ctx, family, realtime.Where("name", name), fields...)
	return err
}
