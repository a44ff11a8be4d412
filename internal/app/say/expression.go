package say

import (
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// maxDepth is how far expressions of say.conf may stand in each other.
const maxDepth = 20

// An expander turns expressions of say.conf into prompts.
type expander struct {
	phrases []phrase
	env     dialplan.Env
	prompts []string
}

// withData is an environment in which ${SAY} is what is to be said.
type withData struct {
	dialplan.Env
	data string
}

func (v withData) Variable(name string) (string, bool) {
	if name == "SAY" {
		return v.data, true
	}
	return v.Env.Variable(name)
}

// cutExpression takes prefix:data, or prefix:format:data, apart. Without a colon it is data.
func cutExpression(text string) (prefix, format, data string) {
	first, last := strings.IndexByte(text, ':'), strings.LastIndexByte(text, ':')
	switch {
	case first < 0:
		return "", "", text
	case first == last:
		return text[:first], "", text[last+1:]
	}
	return text[:first], text[first+1 : last], text[last+1:]
}

// say appends the prompts of an expression: what the first rule says whose pattern matches, and nothing
// if none does.
func (x *expander) say(expression string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%q stands too deep in others", expression)
	}
	expression = strings.TrimSpace(expression)
	_, _, data := cutExpression(expression)
	for _, p := range x.phrases {
		if p.pattern.Matches(expression) {
			return x.components(p.text.Expand(withData{x.env, data}), depth)
		}
	}
	return nil
}

// components says what a rule consists of: expressions, and prompts.
func (x *expander) components(text string, depth int) error {
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		var err error
		switch _, format, _ := cutExpression(part); {
		case part == "":
		case !strings.Contains(part, ":"):
			x.prompts = append(x.prompts, part)
		case format != "":
			err = x.letters(part, depth)
		default:
			err = x.say(part, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// letters says each letter of a format as an expression of its own, and what stands in quotes as a prompt.
func (x *expander) letters(expression string, depth int) error {
	prefix, format, data := cutExpression(expression)
	for i := 0; i < len(format); i++ {
		switch c := format[i]; c {
		case ' ':
		case '\'':
			name, _, _ := strings.Cut(format[i+1:], "'")
			x.prompts = append(x.prompts, name)
			i += len(name) + 1
		default:
			if err := x.say(prefix+":"+string(rune(c))+":"+data, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
