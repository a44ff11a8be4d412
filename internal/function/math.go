package function

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
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
			return format(math.Abs(n)), err
		}),
		read("DIGIT_SUM", "func_math", "Sum of the digits", "num", func(s string) (string, error) {
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

func number(s string) (float64, error) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", s)
	}
	return n, nil
}

func format(n float64) string {
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatFloat(n, 'f', 6, 64)
}

// operators of MATH, the longer ones first.
var operators = []string{"<<", ">>", "<=", ">=", "==", "**", "MOD", "AND", "XOR", "OR", "+", "-", "*", "/", "%", "^", "<", ">"}

// split finds the operator that follows the first number.
func split(expression string) (left, operator, right string, ok bool) {
	text := strings.TrimSpace(expression)
	at := 0
	if at < len(text) && (text[at] == '-' || text[at] == '+') {
		at++
	}
	for at < len(text) && (text[at] >= '0' && text[at] <= '9' || text[at] == '.') {
		at++
	}
	rest := strings.TrimLeft(text[at:], " ")
	for _, o := range operators {
		if len(rest) >= len(o) && strings.EqualFold(rest[:len(o)], o) {
			return text[:at], o, strings.TrimSpace(rest[len(o):]), true
		}
	}
	return "", "", "", false
}

func calculate(args string) (string, error) {
	expression, kind, _ := strings.Cut(args, ",")
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
	result, err := apply(operator, a, b)
	if err != nil {
		return "", err
	}
	return typed(result, strings.TrimSpace(kind))
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

func apply(operator string, a, b float64) (float64, error) {
	switch operator {
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	case "*":
		return a * b, nil
	case "/":
		if b == 0 {
			return 0, fmt.Errorf("division by zero")
		}
		return a / b, nil
	case "%", "MOD":
		if int64(b) == 0 {
			return 0, fmt.Errorf("division by zero")
		}
		return float64(int64(a) % int64(b)), nil
	case "^", "**":
		return math.Pow(a, b), nil
	case "<<":
		return float64(int64(a) << (uint64(b) & 63)), nil
	case ">>":
		return float64(int64(a) >> (uint64(b) & 63)), nil
	case "AND":
		return float64(int64(a) & int64(b)), nil
	case "OR":
		return float64(int64(a) | int64(b)), nil
	}
	return float64(int64(a) ^ int64(b)), nil
}

// typed prints a result as float (the default), int, hex, octal or char.
func typed(n float64, kind string) (string, error) {
	switch strings.ToLower(kind) {
	case "", "f", "float":
		return strconv.FormatFloat(n, 'f', 6, 64), nil
	case "i", "int":
		return strconv.FormatInt(int64(n), 10), nil
	case "h", "hex":
		return strconv.FormatInt(int64(n), 16), nil
	case "o", "octal":
		return strconv.FormatInt(int64(n), 8), nil
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

func extreme(f func(a, b float64) float64) func(string) (string, error) {
	return func(args string) (string, error) {
		parts := command.SplitArgs(args, 2)
		a, err := number(command.Arg(parts, 0))
		if err != nil {
			return "", err
		}
		b, err := number(command.Arg(parts, 1))
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
	return strconv.FormatInt(low+rand.Int64N(high-low+1), 10), nil
}
