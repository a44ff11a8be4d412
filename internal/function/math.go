package function

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// math are the functions of numbers.
func (h *House) math() []Function {
	return []Function{
		read("MATH", "func_math", "Result of a calculation", "expression[,type]", calculate),
		full("INC", "func_math", "Add one to a variable", "variable", h.step(1), nil),
		full("DEC", "func_math", "Take one from a variable", "variable", h.step(-1), nil),
		read("MIN", "func_math", "The smaller of two numbers", "num1,num2", extreme(math.Min)),
		read("MAX", "func_math", "The larger of two numbers", "num1,num2", extreme(math.Max)),
		read("ABS", "func_math", "Number without its sign", "num", func(s string) (string, error) {
			n, err := number(s)
			if err != nil {
				return "", err
			}
			return format(math.Abs(n)), nil
		}),
		read("DIGIT_SUM", "func_math", "Sum of the digits", "num", func(s string) (string, error) {
			if s == "" {
				return "", errArgs
			}
			sum := 0
			for _, r := range s {
				if r >= '0' && r <= '9' {
					sum += int(r - '0')
				}
			}
			return strconv.Itoa(sum), nil
		}),
		read("RAND", "func_rand", "A random number", "[min[,max]]", random),
	}
}

// leadingNumber is the number at the start of a text, as C's scanf reads it.
var leadingNumber = regexp.MustCompile(`^[ \t]*([+-]?)(0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(.?)`)

// number reads the number at the start of a text; what follows does not matter.
func number(s string) (float64, error) {
	m := leadingNumber.FindStringSubmatch(s)
	if m == nil || m[3] == "e" || m[3] == "E" { // an exponent that is none
		return 0, fmt.Errorf("%q is no number", s)
	}
	digits := m[1] + m[2]
	if len(m[2]) > 1 && m[2][1]|0x20 == 'x' {
		digits += "p0"
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil && !math.IsInf(n, 0) {
		return 0, fmt.Errorf("%q is no number", s)
	}
	return n, nil
}

// format writes whole numbers of 32 bits without a fraction.
func format(n float64) string {
	if n == math.Trunc(n) && n >= math.MinInt32 && n <= math.MaxInt32 {
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatFloat(n, 'f', 6, 64)
}

// operators of MATH, the longer ones first.
var operators = []string{"AND", "XOR", "OR", "<<", ">>", "<=", ">=", "==", "+", "-", "*", "/", "%", "^", "<", ">"}

// split parts a calculation at its first operator. Signs before the first number
// are none.
func split(expression string) (left, operator, right string, ok bool) {
	text := strings.TrimLeft(expression, " ")
	sign := ""
	for strings.HasPrefix(text, "-") {
		text = text[1:]
		if sign == "" {
			sign = "-"
		} else {
			sign = ""
		}
	}
	text = strings.TrimLeft(text, " ")
	for at := range len(text) {
		for _, o := range operators {
			if strings.HasPrefix(text[at:], o) {
				return sign + text[:at], o, text[at+len(o):], true
			}
		}
	}
	return "", "", "", false
}

func calculate(args string) (string, error) {
	expression, kind, typed := strings.Cut(args, ",")
	if !typed {
		kind = "float"
	}
	left, operator, right, ok := split(expression)
	if !ok {
		return "", fmt.Errorf("%q is no calculation", expression)
	}
	a, err := number(left)
	if err != nil {
		return "", err
	}
	b, err := number(right)
	if err != nil {
		return "", err
	}
	switch operator {
	case "<", ">", "<=", ">=", "==":
		return compare(operator, a, b), nil
	}
	return written(apply(operator, a, b), kind)
}

func compare(operator string, a, b float64) string {
	yes := false
	switch operator {
	case "<":
		yes = a < b
	case ">":
		yes = a > b
	case "<=":
		yes = a <= b
	case ">=":
		yes = a >= b
	case "==":
		yes = a == b
	}
	if yes {
		return "TRUE"
	}
	return "FALSE"
}

// apply calculates. A division by zero is zero, as in the reference.
func apply(operator string, a, b float64) float64 {
	switch operator {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		if b == 0 {
			return 0
		}
		return a / b
	case "%":
		if int64(b) == 0 {
			return 0
		}
		return float64(int64(a) % int64(b))
	case "^":
		return math.Pow(a, b)
	case "<<":
		return float64(int64(a) << (uint64(b) & 63))
	case ">>":
		return float64(int64(a) >> (uint64(b) & 63))
	case "AND":
		return float64(int64(a) & int64(b))
	case "OR":
		return float64(int64(a) | int64(b))
	}
	return float64(int64(a) ^ int64(b))
}

// written writes a result as float, int, hex or char.
func written(n float64, kind string) (string, error) {
	switch strings.ToLower(kind) {
	case "f", "float":
		return strconv.FormatFloat(n, 'f', 6, 64), nil
	case "i", "int":
		return strconv.FormatInt(int64(n), 10), nil
	case "h", "hex":
		if n < 0 && n >= math.MinInt32 { // as unsigned numbers of 32 bits
			return strconv.FormatUint(uint64(uint32(int64(n))), 16), nil
		}
		return strconv.FormatUint(uint64(int64(n)), 16), nil
	case "c", "char":
		return string([]byte{byte(int64(n))}), nil
	}
	return "", fmt.Errorf("%q is no type of result", kind)
}

func (h *House) step(by int) func(context.Context, *channel.Channel, string) (string, error) {
	return func(_ context.Context, c *channel.Channel, name string) (string, error) {
		n, err := strconv.Atoi(strings.TrimSpace(h.variable(c, name)))
		if err != nil {
			return "", fmt.Errorf("variable %s holds no integer", name)
		}
		value := strconv.Itoa(n + by)
		h.set(c, name, value)
		return value, nil
	}
}

// extreme chooses among two numbers, one of which may be missing.
func extreme(f func(a, b float64) float64) func(string) (string, error) {
	return func(args string) (string, error) {
		first, second, _ := strings.Cut(args, ",")
		if first == "" {
			first = second
		}
		if second == "" {
			second = first
		}
		a, err := number(first)
		if err != nil {
			return "", err
		}
		b, err := number(second)
		if err != nil {
			return "", err
		}
		return format(f(a, b)), nil
	}
}

func random(args string) (string, error) {
	parts := command.SplitArgs(args, 2)
	low, high := int64(0), int64(math.MaxInt32)
	if n, err := strconv.ParseInt(command.Arg(parts, 0), 10, 64); err == nil {
		low = n
	}
	if n, err := strconv.ParseInt(command.Arg(parts, 1), 10, 64); err == nil {
		high = n
	}
	if high < low {
		low, high = high, low
	}
	span := uint64(high) - uint64(low) + 1 // 0 for all that there are
	if span == 0 {
		return strconv.FormatInt(int64(rand.Uint64()), 10), nil
	}
	return strconv.FormatInt(int64(uint64(low)+rand.Uint64N(span)), 10), nil
}
