package function

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// text are the functions of strings.
func (h *House) text() []Function {
	return []Function{
		read("LEN", "func_strings", "Length of a text in bytes", "string", func(s string) (string, error) { return strconv.Itoa(len(s)), nil }),
		read("TOUPPER", "func_strings", "Text in upper case", "string", func(s string) (string, error) { return strings.ToUpper(s), nil }),
		read("TOLOWER", "func_strings", "Text in lower case", "string", func(s string) (string, error) { return strings.ToLower(s), nil }),
		read("LTRIM", "func_strings", "Text without blanks at its start", "string", func(s string) (string, error) { return strings.TrimLeftFunc(s, unicode.IsSpace), nil }),
		read("RTRIM", "func_strings", "Text without blanks at its end", "string", func(s string) (string, error) { return strings.TrimRightFunc(s, unicode.IsSpace), nil }),
		read("TRIM", "func_strings", "Text without blanks at both ends", "string", func(s string) (string, error) { return strings.TrimSpace(s), nil }),
		read("QUOTE", "func_strings", "Text in quotes, its own quotes escaped", "string", func(s string) (string, error) {
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`, nil
		}),
		read("CSV_QUOTE", "func_strings", "Text in quotes as CSV has them", "string", func(s string) (string, error) {
			return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`, nil
		}),
		read("FILTER", "func_strings", "Text with only the allowed characters", "allowed-chars,string", filter),
		read("REGEX", "func_strings", "Whether a text matches a regular expression", `"expression" string`, regex),
		read("KEYPADHASH", "func_strings", "Letters as the digits of a telephone's keypad", "string", keypad),
		read("PASSTHRU", "func_strings", "The argument itself", "string", func(s string) (string, error) { return s, nil }),
		read("BASENAME", "func_env", "Last part of a path", "filename", func(s string) (string, error) { return s[strings.LastIndexByte(s, '/')+1:], nil }),
		read("DIRNAME", "func_env", "Path without its last part", "filename", func(s string) (string, error) {
			if i := strings.LastIndexByte(s, '/'); i >= 0 {
				return s[:i], nil
			}
			return ".", nil
		}),
		full("REPLACE", "func_strings", "Variable with characters replaced", "varname,find-chars[,replace-char]", h.replace, nil),
		full("STRREPLACE", "func_strings", "Variable with a text replaced", "varname,find[,replace[,max]]", h.strReplace, nil),
		full("STRBETWEEN", "func_strings", "Variable with a text between its characters", "varname,insert", h.strBetween, nil),
		read("SPRINTF", "func_sprintf", "Arguments in a format of C", "format,arg…", sprintf),
		full("EVAL", "func_strings", "Text, substituted once more", "text", func(ctx context.Context, c *channel.Channel, s string) (string, error) {
			return h.Dialplan.Expand(ctx, c, s), nil
		}, nil),
	}
}

// set of characters written as in FILTER and REPLACE: ranges a-z, \x2d, \n, \\.
func chars(text string) map[byte]bool {
	list := unescape(text)
	set := map[byte]bool{}
	for i := 0; i < len(list); i++ {
		if list[i].literal || i+2 >= len(list) || list[i+1].literal || list[i+1].b != '-' {
			set[list[i].b] = true
			continue
		}
		for b := int(list[i].b); b <= int(list[i+2].b); b++ {
			set[byte(b)] = true
		}
		i += 2
	}
	return set
}

// escaped is a character and whether a backslash made it literal.
type escaped struct {
	b       byte
	literal bool
}

func unescape(text string) []escaped {
	var list []escaped
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			list = append(list, escaped{b: text[i]})
			continue
		}
		i++
		switch text[i] {
		case 'n':
			list = append(list, escaped{'\n', true})
		case 'r':
			list = append(list, escaped{'\r', true})
		case 't':
			list = append(list, escaped{'\t', true})
		case 'x':
			end := i + 1
			for end < len(text) && end < i+3 && strings.IndexByte("0123456789abcdefABCDEF", text[end]) >= 0 {
				end++
			}
			n, _ := strconv.ParseUint(text[i+1:end], 16, 8)
			list = append(list, escaped{byte(n), true})
			i = end - 1
		default:
			list = append(list, escaped{text[i], true})
		}
	}
	return list
}

func plain(list []escaped) string {
	b := make([]byte, len(list))
	for i, e := range list {
		b[i] = e.b
	}
	return string(b)
}

func filter(args string) (string, error) {
	allowed, text, ok := strings.Cut(args, ",")
	if !ok {
		return "", fmt.Errorf("%w: FILTER(allowed-chars,string)", errArgs)
	}
	set := chars(allowed)
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if set[text[i]] {
			out = append(out, text[i])
		}
	}
	return string(out), nil
}

// regex reads REGEX("expression" text), POSIX extended, case kept.
func regex(args string) (string, error) {
	if !strings.HasPrefix(args, `"`) {
		return "0", fmt.Errorf(`%w: REGEX("expression" string)`, errArgs)
	}
	expression, rest, ok := strings.Cut(args[1:], `" `)
	if !ok {
		expression, rest, ok = strings.Cut(args[1:], `"`)
		if !ok {
			return "0", fmt.Errorf(`%w: REGEX("expression" string)`, errArgs)
		}
	}
	re, err := regexp.CompilePOSIX(expression)
	if err != nil {
		return "0", fmt.Errorf("expression %q: %w", expression, err)
	}
	return truth(re.MatchString(rest)), nil
}

func keypad(s string) (string, error) {
	const digits = "22233344455566677778889999"
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			out = append(out, digits[c-'a'])
		case c >= 'A' && c <= 'Z':
			out = append(out, digits[c-'A'])
		case c >= '0' && c <= '9', c == '*', c == '#':
			out = append(out, c)
		}
	}
	return string(out), nil
}

func (h *House) replace(_ context.Context, c *channel.Channel, args string) (string, error) {
	parts := strings.SplitN(args, ",", 3)
	if len(parts) < 2 || parts[1] == "" {
		return "", fmt.Errorf("%w: REPLACE(varname,find-chars[,replace-char])", errArgs)
	}
	set, with := chars(parts[1]), ""
	if len(parts) == 3 {
		with = plain(unescape(parts[2]))
		if len(with) > 1 {
			with = with[:1]
		}
	}
	value := h.variable(c, parts[0])
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if set[value[i]] {
			b.WriteString(with)
		} else {
			b.WriteByte(value[i])
		}
	}
	return b.String(), nil
}

func (h *House) strReplace(_ context.Context, c *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 4)
	if len(parts) < 2 || parts[1] == "" {
		return "", fmt.Errorf("%w: STRREPLACE(varname,find[,replace[,max]])", errArgs)
	}
	most := -1
	if n, err := strconv.Atoi(command.Arg(parts, 3)); err == nil && n > 0 {
		most = n
	}
	return strings.Replace(h.variable(c, parts[0]), parts[1], command.Arg(parts, 2), most), nil
}

func (h *House) strBetween(_ context.Context, c *channel.Channel, args string) (string, error) {
	name, insert, _ := strings.Cut(args, ",")
	return strings.Join(strings.Split(h.variable(c, name), ""), insert), nil
}

var verb = regexp.MustCompile(`%[-+ #0]*[0-9]*(\.[0-9]+)?[a-zA-Z%]`)

// sprintf formats numbers and texts as C does.
func sprintf(args string) (string, error) {
	parts := command.SplitArgs(args, 0)
	if len(parts) == 0 {
		return "", errArgs
	}
	next := 1
	var problem error
	out := verb.ReplaceAllStringFunc(parts[0], func(v string) string {
		if strings.HasSuffix(v, "%") {
			return "%"
		}
		if next >= len(parts) {
			problem = fmt.Errorf("SPRINTF has no argument for %s", v)
			return ""
		}
		arg := parts[next]
		next++
		switch v[len(v)-1] {
		case 'd', 'i', 'u':
			n, err := strconv.ParseInt(strings.TrimSpace(arg), 0, 64)
			if err != nil {
				problem = fmt.Errorf("SPRINTF: %q is no integer for %s", arg, v)
				return ""
			}
			return fmt.Sprintf(v[:len(v)-1]+"d", n)
		case 'x', 'X', 'o', 'c':
			n, err := strconv.ParseInt(strings.TrimSpace(arg), 0, 64)
			if err != nil {
				problem = fmt.Errorf("SPRINTF: %q is no integer for %s", arg, v)
				return ""
			}
			return fmt.Sprintf(v, n)
		case 'f', 'F', 'e', 'E', 'g', 'G':
			n, err := strconv.ParseFloat(strings.TrimSpace(arg), 64)
			if err != nil {
				problem = fmt.Errorf("SPRINTF: %q is no number for %s", arg, v)
				return ""
			}
			return fmt.Sprintf(v, n)
		case 's':
			return fmt.Sprintf(v, arg)
		}
		problem = fmt.Errorf("SPRINTF does not know %s", v)
		return ""
	})
	return out, problem
}
