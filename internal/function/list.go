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
	return plain(unescape(text))[:1]
}

func (h *House) cut(_ context.Context, c *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 3)
	if len(parts) < 3 {
		return "", fmt.Errorf("%w: CUT(varname,char-delim,range-spec)", errArgs)
	}
	d := "-"
	if raw := strings.SplitN(args, ",", 3)[1]; raw != "" {
		d = plain(unescape(raw))[:1]
	}
	value := h.variable(c, parts[0])
	if value == "" {
		return "", nil
	}
	fields := strings.Split(value, d)
	var out []string
	for _, r := range strings.Split(parts[2], "&") {
		from, to, err := fieldRange(r, len(fields))
		if err != nil {
			return "", err
		}
		for i := from; i <= to && i <= len(fields); i++ {
			out = append(out, fields[i-1])
		}
	}
	return strings.Join(out, d), nil
}

// fieldRange reads N, N-M, N- or -M.
func fieldRange(text string, count int) (from, to int, err error) {
	left, right, dash := strings.Cut(text, "-")
	from, to = 1, count
	if left != "" {
		if from, err = strconv.Atoi(strings.TrimSpace(left)); err != nil || from < 1 {
			return 0, 0, fmt.Errorf("%q is no range of fields", text)
		}
	}
	if !dash {
		return from, from, nil
	}
	if right != "" {
		if to, err = strconv.Atoi(strings.TrimSpace(right)); err != nil {
			return 0, 0, fmt.Errorf("%q is no range of fields", text)
		}
	}
	return from, to, nil
}

// value reads a list: of the variable, or where there is none of that name the
// name itself, if it is no plain name.
func (h *House) fieldCount(_ context.Context, c *channel.Channel, args string) (string, error) {
	name, d, _ := strings.Cut(args, ",")
	value := h.variable(c, name)
	if value == "" {
		return "0", nil
	}
	return strconv.Itoa(strings.Count(value, delimiter(d)) + 1), nil
}

func (h *House) fieldNumber(_ context.Context, c *channel.Channel, args string) (string, error) {
	parts := strings.SplitN(args, ",", 3)
	if len(parts) < 3 {
		return "", fmt.Errorf("%w: FIELDNUM(varname,delim,value)", errArgs)
	}
	for i, f := range strings.Split(h.variable(c, parts[0]), delimiter(parts[1])) {
		if f == parts[2] {
			return strconv.Itoa(i + 1), nil
		}
	}
	return "0", nil
}

func (h *House) listFilter(_ context.Context, c *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 3)
	if len(parts) < 3 {
		return "", fmt.Errorf("%w: LISTFILTER(varname,delim,value)", errArgs)
	}
	d := delimiter(parts[1])
	var kept []string
	for _, f := range strings.Split(h.variable(c, parts[0]), d) {
		if f != parts[2] {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, d), nil
}

func (h *House) take(last bool) func(context.Context, *channel.Channel, string) (string, error) {
	return func(_ context.Context, c *channel.Channel, args string) (string, error) {
		name, d, _ := strings.Cut(args, ",")
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
		name, d, _ := strings.Cut(args, ",")
		d = delimiter(d)
		old := h.variable(c, name)
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
		v, _ := strconv.ParseFloat(text, 64) // what is no number sorts as 0
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
		if err := h.Dialplan.Assign(ctx, c, strings.TrimSpace(name), command.Arg(values, i)); err != nil {
			return err
		}
	}
	return nil
}
