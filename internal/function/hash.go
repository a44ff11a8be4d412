package function

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// hashes are the functions of hashes, which are variables named ~HASH~name~key~.
func (h *House) hashes() []Function {
	return []Function{
		full("HASH", "func_strings", "Entry of a hash", "hashname[,hashkey]", h.hashRead, h.hashWrite),
		full("HASHKEYS", "func_strings", "Keys of a hash", "hashname", h.hashKeys, nil),
	}
}

func hashVariable(name, key string) string { return "~HASH~" + name + "~" + key + "~" }

func (h *House) keysOf(c *channel.Channel, name string) []string {
	prefix := "~HASH~" + name + "~"
	var keys []string
	for _, v := range c.Variables() {
		if rest, ok := strings.CutPrefix(v.Name, prefix); ok {
			keys = append(keys, strings.TrimSuffix(rest, "~"))
		}
	}
	return keys
}

func (h *House) hashRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	parts := command.SplitArgs(args, 2)
	if len(parts) == 2 {
		v, _ := c.Variable(hashVariable(parts[0], parts[1]))
		return v, nil
	}
	var values []string
	for _, key := range strings.Split(h.variable(c, "~ODBCFIELDS~"+args+"~"), ",") {
		if v, ok := c.Variable(hashVariable(args, key)); ok {
			values = append(values, v)
		}
	}
	return strings.Join(values, ","), nil
}

func (h *House) hashWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	parts := command.SplitArgs(args, 2)
	switch len(parts) {
	case 0:
		return fmt.Errorf("%w: HASH(hashname,hashkey)", errArgs)
	case 1:
		for i, v := range command.SplitArgs(value, 0) {
			c.SetVariable(hashVariable(parts[0], strconv.Itoa(i+1)), v)
		}
		return nil
	}
	c.SetVariable(hashVariable(parts[0], parts[1]), value)
	return nil
}

func (h *House) hashKeys(_ context.Context, c *channel.Channel, name string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	return strings.Join(h.keysOf(c, name), ","), nil
}

// json is the function that reads JSON.
func (h *House) json() []Function {
	return []Function{full("JSON_DECODE", "func_json", "Value in a variable that holds JSON", "varname,item[,separator[,options]]", h.jsonDecode, nil)}
}

func (h *House) jsonDecode(_ context.Context, c *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 4)
	if len(parts) < 2 {
		return "", fmt.Errorf("%w: JSON_DECODE(varname,item[,separator[,options]])", errArgs)
	}
	separator := "."
	if s := command.Arg(parts, 2); s != "" {
		separator = s
	}
	decoder := json.NewDecoder(strings.NewReader(h.variable(c, parts[0])))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return "", fmt.Errorf("variable %s holds no JSON: %w", parts[0], err)
	}
	for _, key := range strings.Split(parts[1], separator) {
		switch node := v.(type) {
		case map[string]any:
			v = node[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(node) {
				return "", nil
			}
			v = node[i]
		default:
			return "", nil
		}
	}
	if list, ok := v.([]any); ok && strings.Contains(command.Arg(parts, 3), "c") {
		return strconv.Itoa(len(list)), nil
	}
	return jsonText(v), nil
}

func jsonText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return truth(v)
	case json.Number:
		return v.String()
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
