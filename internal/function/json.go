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
	if parts[1] == "" {
		return "", nil
	}
	v, ok := descend(v, strings.Split(parts[1], separator))
	if !ok {
		return "", nil
	}
	if list, ok := v.([]any); ok && strings.Contains(command.Arg(parts, 3), "c") {
		return strconv.Itoa(len(list)), nil
	}
	return jsonText(v), nil
}

// descend follows keys and indices to a value; a value that is neither an object
// nor a list is where the way ends, whatever follows.
func descend(v any, way []string) (any, bool) {
	for _, key := range way {
		switch node := v.(type) {
		case map[string]any:
			next, ok := node[key]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(node) {
				return nil, false
			}
			v = node[i]
		default:
			return v, true
		}
	}
	return v, true
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
		return numeral(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// numeral writes a number as it is if it is whole, else with the 17 digits that
// tell any two numbers of 64 bits apart.
func numeral(n json.Number) string {
	if _, err := n.Int64(); err == nil {
		return n.String()
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return strconv.FormatFloat(f, 'g', 17, 64)
}
