package function

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// logic are the functions of decisions.
func (h *House) logic() []Function {
	return []Function{
		read("ISNULL", "func_logic", "Whether a text is empty", "data", func(s string) (string, error) { return truth(s == ""), nil }),
		read("EXISTS", "func_logic", "Whether a text is not empty", "data", func(s string) (string, error) { return truth(s != ""), nil }),
		read("IF", "func_logic", "One of two texts, by a condition", "expression?[true][:false]", choose),
		read("IFTIME", "func_logic", "One of two texts, by the time of day", "timespec?[true][:false]", func(s string) (string, error) {
			spec, rest, ok := strings.Cut(s, "?")
			if !ok {
				return "", fmt.Errorf("%w: IFTIME(timespec?[true][:false])", errArgs)
			}
			in, err := h.Dialplan.InTime(spec)
			yes, no, _ := strings.Cut(rest, ":")
			if in {
				return unquoted(yes), err
			}
			return unquoted(no), err
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
				value = trimmed(value)
				return value, h.Dialplan.Assign(ctx, c, trimmed(name), value)
			}, nil),
	}
}

// holds is how a condition is read: empty and zero are false, other numbers
// true, and so is any other text.
func holds(condition string) bool {
	condition = trimmed(condition)
	digits := strings.TrimLeft(condition, "+-")
	end := 0
	for end < len(digits) && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	return condition != "" && (end == 0 || strings.Trim(digits[:end], "0") != "")
}

// choose reads IF(expression?[true][:false]). Quotes and backslashes protect a
// colon, and are taken away from the first text but not from the second.
func choose(args string) (string, error) {
	condition, rest, ok := cutRaw(args, '?')
	if !ok || condition == "" {
		return "", fmt.Errorf("%w: IF(expression?[true][:false])", errArgs)
	}
	yes, no, _ := cutRaw(rest, ':')
	if holds(bare(condition)) {
		return trimmed(bare(yes)), nil
	}
	return trimmed(no), nil
}

// unquoted is a text without blanks and without one pair of quotes around it.
func unquoted(text string) string {
	text = trimmed(text)
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		return text[1 : len(text)-1]
	}
	return text
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
		risky(read("STAT", "func_env", "What the file system says of a file", "flag,filename", stat), true),
		read("VERSION", "func_version", "Version of the exchange", "[info]", func(s string) (string, error) {
			if strings.EqualFold(s, "ASTERISK_VERSION_NUM") {
				return release(h.Version), nil
			}
			return h.Version, nil
		}),
	}
}

// release is the number of a version: 221001 of "22.10.1+more".
func release(version string) string {
	n := 0
	version, _, _ = strings.Cut(version, "+")
	parts := strings.Split(version, ".")
	for i := range 3 {
		v, _ := strconv.Atoi(command.Arg(parts, i)) // a part that is missing is 0
		n = n*100 + v
	}
	return strconv.Itoa(n)
}

// stat answers 0 to all that it does not know.
func stat(args string) (string, error) {
	flag, name, ok := strings.Cut(args, ",")
	if !ok || flag == "" {
		return "0", fmt.Errorf("%w: STAT(flag,filename)", errArgs)
	}
	info, err := os.Stat(name)
	if err != nil {
		return "0", nil //nolint:nilerr // that there is none is the answer
	}
	switch flag[0] {
	case 'e':
		return "1", nil
	case 's':
		return strconv.FormatInt(info.Size(), 10), nil
	case 'f':
		return truth(info.Mode().IsRegular()), nil
	case 'd':
		return truth(info.IsDir()), nil
	case 'M', 'A', 'C':
		return strconv.FormatInt(info.ModTime().Unix(), 10), nil
	case 'm':
		return strconv.FormatUint(uint64(unixMode(info.Mode())), 8), nil
	}
	return "0", fmt.Errorf("STAT does not know the flag %q", flag)
}

// unixMode is st_mode of stat(2): the kind of file and its permissions.
func unixMode(m os.FileMode) uint32 {
	mode := uint32(m.Perm())
	for bit, value := range map[os.FileMode]uint32{os.ModeSetuid: 0o4000, os.ModeSetgid: 0o2000, os.ModeSticky: 0o1000} {
		if m&bit != 0 {
			mode |= value
		}
	}
	switch {
	case m.IsRegular():
		return mode | 0o100000
	case m.IsDir():
		return mode | 0o040000
	case m&os.ModeCharDevice != 0:
		return mode | 0o020000
	case m&os.ModeDevice != 0:
		return mode | 0o060000
	case m&os.ModeNamedPipe != 0:
		return mode | 0o010000
	case m&os.ModeSocket != 0:
		return mode | 0o140000
	}
	return mode
}
