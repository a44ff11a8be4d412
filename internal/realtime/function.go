package realtime

import (
	"context"
	"errors"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// Function is a row of the dialplan.
type Function = command.Function[*channel.Channel]

const module = "func_realtime"

var errArguments = errors.New("a family, a column and a value are needed")

// Functions are those of the dialplan. Their arguments are parted by commas.
func (h *House) Functions() []Function {
	row := func(name, syntax, synopsis string) command.Row {
		return command.Row{Name: name, Module: module, Syntax: name + "(" + syntax + ")", Synopsis: synopsis}
	}
	return []Function{
		{Row: row("REALTIME", "family,fieldmatch[,matchvalue[,delim1|field[,delim2]]]", "Object of a family, or set a field of it"),
			Read: h.read, Write: h.write, RiskyWrite: true},
		{Row: row("REALTIME_STORE", "family,field1[,fieldN[,…]]", "Add an object to a family"), Write: h.storeWrite, RiskyWrite: true},
		{Row: row("REALTIME_DESTROY", "family,fieldmatch[,matchvalue[,delim1[,delim2]]]", "Object of a family, which is removed"),
			Read: h.destroyRead, Write: h.destroyWrite, RiskyRead: true, RiskyWrite: true},
		{Row: row("REALTIME_FIELD", "family,fieldmatch,matchvalue,fieldname", "Field of an object of a family"), Read: h.fieldRead},
		{Row: row("REALTIME_HASH", "family,fieldmatch,matchvalue", "Object of a family, for HASH"), Read: h.hashRead},
	}
}

// arguments parts at commas.
func arguments(args string, least, most int) ([]string, error) {
	list := strings.SplitN(args, ",", most)
	for len(list) < most {
		list = append(list, "")
	}
	for _, one := range list[:least] {
		if one == "" {
			return nil, errArguments
		}
	}
	return list, nil
}

// joined writes a row: names and values parted by the second delimiter, pairs by the
// first.
func joined(row Row, first, second string) string {
	if first == "" {
		first = ","
	}
	if second == "" {
		second = "="
	}
	var b strings.Builder
	for _, f := range row {
		b.WriteString(f.Name + second + f.Value + first)
	}
	return b.String()
}

func (h *House) read(ctx context.Context, _ *channel.Channel, args string) (string, error) {
	a, err := arguments(args, 2, 5)
	if err != nil {
		return "", err
	}
	row, err := h.One(ctx, a[0], Where(a[1], a[2])...)
	if err != nil {
		return "", err
	}
	return joined(row, a[3], a[4]), nil
}

// write sets a field: REALTIME(family,match,value,field)=new.
func (h *House) write(ctx context.Context, _ *channel.Channel, args, value string) error {
	a, err := arguments(args, 4, 5)
	if err != nil {
		return err
	}
	_, err = h.Update(ctx, a[0], Where(a[1], a[2]), Field{a[3], value})
	return err
}

func (h *House) fieldRead(ctx context.Context, _ *channel.Channel, args string) (string, error) {
	a, err := arguments(args, 4, 4)
	if err != nil {
		return "", err
	}
	row, err := h.One(ctx, a[0], Where(a[1], a[2])...)
	return row.Get(a[3]), err
}

// hashFields is the variable in which HASH finds the names of the fields.
const hashFields = "~ODBCFIELDS~"

func (h *House) hashRead(ctx context.Context, c *channel.Channel, args string) (string, error) {
	a, err := arguments(args, 3, 3)
	if err != nil {
		return "", err
	}
	row, err := h.One(ctx, a[0], Where(a[1], a[2])...)
	if err != nil {
		return "", err
	}
	var names, values []string
	for _, f := range row {
		names, values = append(names, f.Name), append(values, quoted(f.Value))
	}
	if c != nil {
		c.SetVariable(hashFields, strings.Join(names, ","))
	}
	return strings.Join(values, ","), nil
}

// quoted is a value in a list with commas.
func quoted(value string) string {
	if strings.ContainsAny(value, `,"\`) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	}
	return value
}

// storeWrite adds an object: the names of the fields are the arguments, what is set
// the values.
func (h *House) storeWrite(ctx context.Context, c *channel.Channel, args, value string) error {
	family, list, _ := strings.Cut(args, ",")
	if family == "" || list == "" {
		return errArguments
	}
	names, values := strings.Split(list, ","), strings.Split(value, ",")
	if len(values) > len(names) {
		values = append(values[:len(names)-1:len(names)-1], strings.Join(values[len(names)-1:], ","))
	}
	var row []Field
	for i, v := range values {
		row = append(row, Field{names[i], v})
	}
	_, err := h.Store(ctx, family, row...)
	if c != nil {
		c.SetVariable("REALTIME_STORE_RESULT", map[bool]string{true: "1", false: "0"}[err == nil])
	}
	return err
}

func (h *House) destroyRead(ctx context.Context, c *channel.Channel, args string) (string, error) {
	a, err := arguments(args, 2, 5)
	if err != nil {
		return "", err
	}
	text, err := h.read(ctx, c, args)
	if err != nil || text == "" {
		return "", err
	}
	_, err = h.Destroy(ctx, a[0], Where(a[1], a[2])...)
	return text, err
}

func (h *House) destroyWrite(ctx context.Context, _ *channel.Channel, args, _ string) error {
	a, err := arguments(args, 2, 5)
	if err != nil {
		return err
	}
	_, err = h.Destroy(ctx, a[0], Where(a[1], a[2])...)
	return err
}
