package facts

import (
	"strconv"
	"strings"
)

// An ARIOperation is a request of the REST interface.
type ARIOperation struct {
	Method     string // GET, POST, PUT, DELETE
	Path       string // with {name} for what is in the path
	Nickname   string
	Response   string // a model, List[model] or void
	Errors     []int  // HTTP status codes
	Parameters []ARIParameter
}

// An ARIParameter is an argument of an operation.
type ARIParameter struct {
	Name     string
	Place    string // path, query or body
	Type     string
	Rest     string // as the table has it: = default and {values}
	Required bool
	Multiple bool
}

// ARIOperations returns the operations of the REST interface in the order of their paths.
func ARIOperations() []ARIOperation {
	var all []ARIOperation
	for _, r := range rows("ari-operations") {
		operation := ARIOperation{Method: r.cell(0), Path: r.cell(1), Nickname: r.cell(2), Response: r.cell(3)}
		for code := range strings.SplitSeq(r.cell(4), ",") {
			if n, err := strconv.Atoi(code); err == nil {
				operation.Errors = append(operation.Errors, n)
			}
		}
		for _, field := range strings.Fields(r.cell(5)) {
			operation.Parameters = append(operation.Parameters, parseParameter(field))
		}
		all = append(all, operation)
	}
	return all
}

// parseParameter reads name:place:type with * (required), [] (repeatable),
// =default and {values} behind it.
func parseParameter(field string) ARIParameter {
	name, rest, _ := strings.Cut(field, ":")
	place, kind, _ := strings.Cut(rest, ":")
	p := ARIParameter{Name: name, Place: place, Type: kind}
	if end := strings.IndexAny(kind, "*[={"); end >= 0 {
		p.Type, p.Rest = kind[:end], kind[end:]
	}
	if rest, ok := strings.CutPrefix(p.Rest, "*"); ok {
		p.Required, p.Rest = true, rest
	}
	if rest, ok := strings.CutPrefix(p.Rest, "[]"); ok {
		p.Multiple, p.Rest = true, rest
	}
	return p
}

// An ARIModel is a JSON object of the REST interface, or an event of its WebSocket.
type ARIModel struct {
	Name       string
	Subtypes   []string
	Properties []ARIProperty
}

// An ARIProperty is a member of a model.
type ARIProperty struct {
	Name, Type string
	Required   bool
	Values     []string // those that it may have; nil is any
}

// ARIModels returns the models, sorted by name.
func ARIModels() []ARIModel {
	var all []ARIModel
	for _, r := range rows("ari-models") {
		model := ARIModel{Name: r.cell(0), Subtypes: strings.FieldsFunc(r.cell(1), func(c rune) bool { return c == ',' || c == ' ' })}
		for _, field := range fieldsOf(r.cell(2)) {
			name, kind, _ := strings.Cut(field, ":")
			kind, values, listed := strings.Cut(kind, "{")
			p := ARIProperty{Name: name}
			p.Type, p.Required = strings.CutSuffix(kind, "*")
			if listed {
				p.Values = strings.Split(strings.TrimSuffix(values, "}"), "|")
			}
			model.Properties = append(model.Properties, p)
		}
		all = append(all, model)
	}
	return all
}

// fieldsOf splits at spaces that are not within braces.
func fieldsOf(text string) []string {
	within := false
	return strings.FieldsFunc(text, func(c rune) bool {
		switch c {
		case '{':
			within = true
		case '}':
			within = false
		}
		return c == ' ' && !within
	})
}

// ARIDescriptions are our words for what operations do ("GET /channels"), and for what models and
// parameters are, by their names.
func ARIDescriptions() map[string]string {
	all := map[string]string{}
	for _, r := range rows("ari-descriptions") {
		all[r.cell(0)] = r.cell(1)
	}
	return all
}
