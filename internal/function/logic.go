package function

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// logic are the functions of decisions.
func (h *House) logic() []Function {
	return []Function{
		read("ISNULL", "func_logic", "Whether a text is empty", "data", func(s string) (string, error) { return truth(s == ""), nil }),
		read("EXISTS", "func_logic", "Whether a text is not empty", "data", func(s string) (string, error) { return truth(s != ""), nil }),
		read("IF", "func_logic", "One of two texts, by a condition", "expression?[true][:false]", func(s string) (string, error) {
			condition, rest, ok := strings.Cut(s, "?")
			if !ok {
				return "", fmt.Errorf("%w: IF(expression?[true][:false])", errArgs)
			}
			return choose(holds(condition), rest), nil
		}),
		read("IFTIME", "func_logic", "One of two texts, by the time of day", "timespec?[true][:false]", func(s string) (string, error) {
			spec, rest, ok := strings.Cut(s, "?")
			if !ok {
				return "", fmt.Errorf("%w: IFTIME(timespec?[true][:false])", errArgs)
			}
			in, err := h.Dialplan.InTime(spec)
			return choose(in, rest), err
		}),
		read("IFMODULE", "func_module", "Whether a module is loaded", "modulename.so", func(s string) (string, error) {
			return truth(h.Loaded != nil && h.Loaded(strings.TrimSuffix(s, ".so"))), nil
		}),
		full("SET", "func_logic", "Set a variable and return its value", "varname=value",
			func(ctx context.Context, c *channel.Channel, args string) (string, error) {
				name, value, ok := strings.Cut(args, "=")
				if !ok {
					return "", fmt.Errorf("%w: SET(varname=value)", errArgs)
				}
				return value, h.Dialplan.Assign(ctx, c, strings.TrimSpace(name), value)
			}, nil),
	}
}

// holds is how a condition is read: empty and zero are false, all else is true.
func holds(condition string) bool {
	condition = strings.TrimSpace(condition)
	number := strings.TrimLeft(strings.TrimLeft(condition, "+-"), "0")
	return condition != "" && (number != "" || strings.Trim(condition, "+-0") != "")
}

// choose splits at the first colon outside quotes and returns one side, without
// its quotes.
func choose(yes bool, text string) string {
	quoted := false
	at := len(text)
	for i := 0; i < len(text); i++ {
		if text[i] == '"' {
			quoted = !quoted
		}
		if text[i] == ':' && !quoted {
			at = i
			break
		}
	}
	side := text[:at]
	if !yes {
		side = ""
		if at < len(text) {
			side = text[at+1:]
		}
	}
	side = strings.TrimSpace(side)
	if len(side) >= 2 && side[0] == '"' && side[len(side)-1] == '"' {
		side = side[1 : len(side)-1]
	}
	return side
}

// system are the functions of the machine and of the exchange itself.
func (h *House) system() []Function {
	return []Function{
		full("ENV", "func_env", "Variable of the environment", "varname",
			func(_ context.Context, _ *channel.Channel, name string) (string, error) { return os.Getenv(name), nil },
			func(_ context.Context, _ *channel.Channel, name, value string) error {
				if value == "" {
					return os.Unsetenv(name)
				}
				return os.Setenv(name, value)
			}),
		read("STAT", "func_env", "What the file system says of a file", "flag,filename", stat),
		read("VERSION", "func_version", "Version of the exchange", "[info]", func(s string) (string, error) {
			if strings.EqualFold(s, "ASTERISK_VERSION_NUM") {
				return "222010", nil
			}
			return h.Version, nil
		}),
	}
}

func stat(args string) (string, error) {
	flag, name, ok := strings.Cut(args, ",")
	if !ok || len(flag) != 1 {
		return "", fmt.Errorf("%w: STAT(flag,filename)", errArgs)
	}
	info, err := os.Stat(name)
	if err != nil {
		return "0", nil
	}
	switch flag {
	case "e":
		return "1", nil
	case "s":
		return fmt.Sprint(info.Size()), nil
	case "f":
		return truth(info.Mode().IsRegular()), nil
	case "d":
		return truth(info.IsDir()), nil
	case "M", "A", "C":
		return fmt.Sprint(info.ModTime().Unix()), nil
	case "m":
		return fmt.Sprintf("%o", info.Mode().Perm()), nil
	}
	return "", fmt.Errorf("STAT does not know the flag %q", flag)
}
