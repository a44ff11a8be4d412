package function

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// lists are the functions of variables that hold a list.
func (h *House) lists() []Function {
	return []Function{
		full("CUT", "func_cut", "Fields of a variable", "varname,char-delim,range-spec", h.cut, nil),
		full("FIELDQTY", "func_strings", "Number of fields of a variable", "varname,delim", h.fieldCount, nil),
		full("FIELDNUM", "func_strings", "Number of the field with a value", "varname,delim,value", h.fieldNumber, nil),
		full("LISTFILTER", "func_strings", "List without a value", "varname,delim,value", h.listFilter, nil),
		full("SHIFT", "func_strings", "Take the first field off", "varname[,delimiter]", h.take(false), nil),
		full("POP", "func_strings", "Take the last field off", "varname[,delimiter]", h.take(true), nil),
		full("PUSH", "func_strings", "Append a field", "varname[,delimiter]", nil, h.add(true)),
		full("UNSHIFT", "func_strings", "Put a field in front", "varname[,delimiter]", nil, h.add(false)),
		read("SORT", "func_cut", "Keys sorted by their numbers", "key:value,…", sortKeys),
		full("ARRAY", "func_strings", "Set several variables at once", "var1,var2,…", nil, h.array),
	}
}

// delimiter reads a delimiter, "," if none is given.
func delimiter(text string) string {
	if text == "" {
		return ","
	}
	return character(text)
}

func (h *House) cut(ctx context.Context, c *channel.Channel, args string) (string, error) {
	parts := arguments(args, 3)
	if len(parts) < 3 {
		return "", fmt.Errorf("%w: CUT(varname,char-delim,range-spec)", errArgs)
	}
	d := "-"
	if parts[1] != "" {
		d = character(parts[1])
	}
	value := h.value(ctx, c, parts[0])
	if value == "" {
		return "", nil
	}
	fields := strings.Split(value, d)
	var out []string
	next := 1 // fields are taken in their order, each once
	for _, r := range strings.Split(parts[2], "&") {
		from, to, ok := fieldRange(r, len(fields))
		if !ok {
			return "", fmt.Errorf("%q is no range of fields", r)
		}
		for next = max(next, from); next <= to && next <= len(fields); next++ {
			out = append(out, fields[next-1])
		}
	}
	return strings.Join(out, d), nil
}

// fieldRange reads the beginning of a text that is N, N-M, N- or -M.
func fieldRange(text string, count int) (from, to int, ok bool) {
	from, rest, hasFrom := leadingInteger(text)
	dash := strings.HasPrefix(rest, "-")
	if !dash {
		return from, from, hasFrom
	}
	to, _, hasTo := leadingInteger(rest[1:])
	if !hasTo {
		to = count
	}
	return from, to, hasFrom || hasTo
}

// leadingInteger reads an integer without a sign at the start of a text, after blanks.
func leadingInteger(text string) (n int, rest string, ok bool) {
	text = strings.TrimLeft(text, " \t")
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(text[:end])
	return n, text[end:], err == nil
}

func (h *House) fieldCount(ctx context.Context, c *channel.Channel, args string) (string, error) {
	name, d, _ := cutRaw(args, ',')
	if name == "" {
		return "1", nil // so many has the text without a name
	}
	value := h.value(ctx, c, name)
	if value == "" {
		return "0", nil
	}
	return strconv.Itoa(strings.Count(value, delimiter(d)) + 1), nil
}

func (h *House) fieldNumber(ctx context.Context, c *channel.Channel, args string) (string, error) {
	parts := arguments(args, 3)
	if len(parts) < 3 {
		return "", fmt.Errorf("%w: FIELDNUM(varname,delim,value)", errArgs)
	}
	value, d := h.value(ctx, c, parts[0]), character(parts[1])
	if value == "" || d == "" {
		return "0", nil
	}
	for i, f := range strings.Split(value, d) {
		if strings.EqualFold(f, parts[2]) {
			return strconv.Itoa(i + 1), nil
		}
	}
	return "0", nil
}

func (h *House) listFilter(ctx context.Context, c *channel.Channel, args string) (string, error) {
	parts := arguments(args, 3)
	if len(parts) < 3 {
		return "", fmt.Errorf("%w: LISTFILTER(varname,delim,value)", errArgs)
	}
	d := parts[1]
	if d == "" {
		d = ","
	}
	var kept []string
	for _, f := range strings.Split(h.value(ctx, c, parts[0]), d) {
		if f != parts[2] {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, d), nil
}

func (h *House) take(last bool) func(context.Context, *channel.Channel, string) (string, error) {
	return func(_ context.Context, c *channel.Channel, args string) (string, error) {
		name, d, _ := cutRaw(args, ',')
		d = delimiter(d)
		value := h.variable(c, name)
		var taken, rest string
		if last {
			if i := strings.LastIndex(value, d); i >= 0 {
				rest, taken = value[:i], value[i+len(d):]
			} else {
				taken = value
			}
		} else {
			taken, rest, _ = strings.Cut(value, d)
		}
		h.set(c, name, rest)
		return taken, nil
	}
}

func (h *House) add(last bool) func(context.Context, *channel.Channel, string, string) error {
	return func(_ context.Context, c *channel.Channel, args, value string) error {
		name, d, _ := cutRaw(args, ',')
		d = delimiter(d)
		old := h.variable(c, inherited(name))
		switch {
		case old == "":
			h.set(c, name, value)
		case last:
			h.set(c, name, old+d+value)
		default:
			h.set(c, name, value+d+old)
		}
		return nil
	}
}

// inherited is the name under which a variable is read that __name sets.
func inherited(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "_"), "_")
}

func sortKeys(args string) (string, error) {
	type pair struct {
		key   string
		value float64
	}
	var list []pair
	for _, p := range strings.Split(args, ",") {
		key, text, ok := strings.Cut(p, ":")
		if !ok {
			continue
		}
		v, _ := number(text) // what is no number sorts as 0
		list = append(list, pair{key, v})
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].value < list[j].value })
	keys := make([]string, len(list))
	for i, p := range list {
		keys[i] = p.key
	}
	return strings.Join(keys, ","), nil
}

func (h *House) array(ctx context.Context, c *channel.Channel, args, value string) error {
	names, values := command.SplitArgs(args, 0), command.SplitArgs(value, 0)
	for i, name := range names {
		if err := h.Dialplan.Assign(ctx, c, name, command.Arg(values, i)); err != nil {
			return err
		}
	}
	return nil
}
