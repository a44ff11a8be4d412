package function

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// text are the functions of strings.
func (h *House) text() []Function {
	return []Function{
		read("LEN", "func_strings", "Length of a text in bytes", "string", func(s string) (string, error) { return strconv.Itoa(len(s)), nil }),
		read("TOUPPER", "func_strings", "Text in upper case", "string", upper),
		read("TOLOWER", "func_strings", "Text in lower case", "string", lower),
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
		read("BASENAME", "func_env", "Last part of a path", "filename", basename),
		read("DIRNAME", "func_env", "Path without its last part", "filename", dirname),
		full("REPLACE", "func_strings", "Variable with characters replaced", "varname,find-chars[,replace-char]", h.replace, nil),
		full("STRREPLACE", "func_strings", "Variable with a text replaced", "varname,find[,replace[,max]]", h.strReplace, nil),
		full("STRBETWEEN", "func_strings", "Variable with a text between its characters", "varname,insert", h.strBetween, nil),
		read("SPRINTF", "func_sprintf", "Arguments in a format of C", "format,arg…", sprintf),
		full("EVAL", "func_strings", "Text, substituted once more", "text", func(ctx context.Context, c *channel.Channel, s string) (string, error) {
			return h.Dialplan.Expand(ctx, c, s), nil
		}, nil),
	}
}

// upper and lower know ASCII alone: what a text is written in, nobody says.
func upper(s string) (string, error) {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b), nil
}

func lower(s string) (string, error) {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c - 'A' + 'a'
		}
	}
	return string(b), nil
}

// basename is basename(3).
func basename(s string) (string, error) {
	if s == "" {
		return ".", nil
	}
	s = strings.TrimRight(s, "/")
	if s == "" {
		return "/", nil
	}
	return s[strings.LastIndexByte(s, '/')+1:], nil
}

// dirname is dirname(3).
func dirname(s string) (string, error) {
	name := strings.TrimRight(s, "/")
	if name == "" && s != "" {
		return "/", nil
	}
	at := strings.LastIndexByte(name, '/')
	if at < 0 {
		return ".", nil
	}
	if dir := strings.TrimRight(name[:at], "/"); dir != "" {
		return dir, nil
	}
	return "/", nil
}

func filter(args string) (string, error) {
	allowed, text, ok := cutRaw(args, ',')
	if !ok {
		return "", fmt.Errorf("%w: FILTER(allowed-chars,string)", errArgs)
	}
	set := alphabet(allowed)
	if allowed == "" {
		return "", nil
	}
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
	args = strings.TrimLeft(args, " ")
	if !strings.HasPrefix(args, `"`) {
		return "", fmt.Errorf(`%w: REGEX("expression" string)`, errArgs)
	}
	end := 1
	for end < len(args) && args[end] != '"' {
		if args[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(args) {
		return "", fmt.Errorf(`%w: REGEX("expression" string)`, errArgs)
	}
	expression, text := args[1:end], strings.TrimPrefix(args[end+1:], " ")
	re, err := dialplan.CompileRegular(unbackslashed(expression), false)
	if err != nil {
		return "", fmt.Errorf("expression %q: %w", expression, err)
	}
	return truth(re.MatchString(text)), nil
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
		case c >= '0' && c <= '9':
			out = append(out, c)
		}
	}
	return string(out), nil
}

// replace puts one character, or nothing, in the place of each of some characters.
func (h *House) replace(ctx context.Context, c *channel.Channel, args string) (string, error) {
	parts := arguments(args, 3)
	find := command.Arg(parts, 1)
	if find == "" {
		return "", fmt.Errorf("%w: REPLACE(varname,find-chars[,replace-char])", errArgs)
	}
	with := character(command.Arg(parts, 2))
	value := h.value(ctx, c, parts[0])
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if strings.IndexByte(find, value[i]) >= 0 {
			b.WriteString(with)
		} else {
			b.WriteByte(value[i])
		}
	}
	return b.String(), nil
}

func (h *House) strReplace(ctx context.Context, c *channel.Channel, args string) (string, error) {
	parts := arguments(args, 4)
	if command.Arg(parts, 1) == "" {
		return "", fmt.Errorf("%w: STRREPLACE(varname,find[,replace[,max]])", errArgs)
	}
	most := -1
	if n, err := strconv.Atoi(command.Arg(parts, 3)); err == nil && n > 0 {
		most = n
	}
	return strings.Replace(h.value(ctx, c, parts[0]), parts[1], command.Arg(parts, 2), most), nil
}

func (h *House) strBetween(ctx context.Context, c *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 0)
	if len(parts) != 2 {
		return "", fmt.Errorf("%w: STRBETWEEN(varname,insert)", errArgs)
	}
	value := h.value(ctx, c, parts[0])
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if i > 0 {
			b.WriteString(parts[1])
		}
		b.WriteByte(value[i])
	}
	return b.String(), nil
}

// unbackslashed takes a backslash from before each character, as where arguments are read.
func unbackslashed(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}
