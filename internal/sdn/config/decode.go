package config

import (
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Ref names something by name or number.
type Ref struct {
	At     Pos
	Text   string
	Number int64
	IsInt  bool
}

// String is as it was written.
func (r Ref) String() string { return r.Text }

// A Map is a mapping whose keys are free; decoders of their own read it.
type Map struct {
	At   Pos
	node *yaml.Node
}

var yamlInteger = regexp.MustCompile(`^[-+]?(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*)$`)

// integer is the value of a node if it is a number without a fraction.
func integer(n *yaml.Node) (*big.Int, bool) {
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 && n.Tag != "!!int"
	if n.Kind != yaml.ScalarNode || quoted ||
		n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!int" || !yamlInteger.MatchString(n.Value) {
		return nil, false
	}
	text := strings.ReplaceAll(strings.TrimPrefix(n.Value, "+"), "_", "")
	digits := strings.TrimPrefix(text, "-")
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		text = strings.Replace(text, digits, strings.TrimLeft(digits[:len(digits)-1], "0")+digits[len(digits)-1:], 1)
	}
	return new(big.Int).SetString(text, 0)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// kindOf names a node's type.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if _, ok := integer(n); ok {
		return "an integer"
	}
	switch n.ShortTag() {
	case "!!bool":
		return "a boolean"
	case "!!null":
		return "nothing"
	case "!!float":
		return "a number"
	case "!!timestamp":
		return "a date"
	}
	return "a string"
}

var (
	refType  = reflect.TypeFor[Ref]()
	mapType  = reflect.TypeFor[Map]()
	nodeType = reflect.TypeFor[yaml.Node]()
	posType  = reflect.TypeFor[Pos]()
)

// into fills the struct that to points to from a mapping: keys as its tags say
// (`key:"name,default"`), anything else is an error. what names the object in
// errors. Keys without a value keep their defaults.
func (d *document) into(n *yaml.Node, to any, what string) error {
	v := reflect.ValueOf(to).Elem()
	fields := map[string]int{}
	var names []string
	for i := range v.NumField() {
		key, initial, _ := strings.Cut(v.Type().Field(i).Tag.Get("key"), ",")
		if key == "" {
			if v.Field(i).Type() == posType && v.Type().Field(i).Name == "At" {
				v.Field(i).Set(reflect.ValueOf(d.pos(n)))
			}
			continue
		}
		fields[key] = i
		names = append(names, key)
		preset(v.Field(i), initial)
	}
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return d.pos(n).wrong("%s must be a mapping, not %s", what, kindOf(n))
	}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		index, known := fields[key.Value]
		if !known {
			e := d.pos(key).wrong("%s is no key of %s", key.Value, what)
			if like := nearest(key.Value, names); like != "" {
				e.hint("did you mean %s?", like)
			}
			if d.loose {
				d.warnings = append(d.warnings, e.Error())
				continue
			}
			return e
		}
		if isNull(value) && value.Anchor == "" {
			continue
		}
		if err := d.value(value, v.Field(index), key.Value); err != nil {
			return err
		}
	}
	return nil
}

// preset writes a default.
func preset(v reflect.Value, text string) {
	if text == "" {
		return
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		x, _ := strconv.ParseInt(text, 0, 64)
		v.SetInt(x)
	case reflect.Bool:
		v.SetBool(text == "true")
	case reflect.Float64:
		x, _ := strconv.ParseFloat(text, 64)
		v.SetFloat(x)
	case reflect.String:
		v.SetString(text)
	}
}

// value writes one value, if it is of the right type.
func (d *document) value(n *yaml.Node, v reflect.Value, key string) error {
	at := d.pos(n)
	mismatch := func(want string) error {
		e := at.wrong("%s must be %s, not %s", key, want, kindOf(n))
		if n.Kind == yaml.ScalarNode && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && yamlInteger.MatchString(n.Value) {
			e.hint("without quotes it is a number")
		}
		return e
	}
	number, isInt := integer(n)
	tag := n.ShortTag()
	isBool := n.Kind == yaml.ScalarNode && tag == "!!bool" && !isInt
	isText := n.Kind == yaml.ScalarNode && !isInt && (!slices.Contains([]string{"!!bool", "!!float", "!!timestamp", "!!null", "!!binary"}, tag) || tag == "!!null" && n.Anchor != "")
	switch v.Type() {
	case refType:
		r := Ref{At: at, Text: n.Value}
		switch {
		case isInt:
			if !number.IsInt64() {
				return at.wrong("%s is too large a number", key)
			}
			r.Number, r.IsInt = number.Int64(), true
		case isBool: // a boolean is a number here as well
			r.IsInt = true
			if strings.EqualFold(n.Value, "true") {
				r.Number = 1
			}
		case !isText:
			return mismatch("a name or a number")
		}
		v.Set(reflect.ValueOf(r))
		return nil
	case mapType:
		if n.Kind != yaml.MappingNode {
			return mismatch("a mapping")
		}
		v.Set(reflect.ValueOf(Map{at, n}))
		return nil
	case nodeType:
		v.Set(reflect.ValueOf(*n))
		return nil
	}
	if done, err := d.special(n, v, key); done {
		return err
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(n, v.Elem(), key)
	case reflect.Struct:
		return d.into(n, v.Addr().Interface(), key)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return mismatch("a list")
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
		for i, c := range n.Content {
			if err := d.value(c, v.Index(i), key); err != nil {
				return err
			}
		}
		return nil
	case reflect.Int, reflect.Int64:
		switch {
		case isInt && number.IsInt64():
			v.SetInt(number.Int64())
		case isInt:
			return at.wrong("%s is too large a number", key)
		case isBool:
			if strings.EqualFold(n.Value, "true") {
				v.SetInt(1)
			}
		default:
			return mismatch("an integer")
		}
	case reflect.Uint64:
		if isBool && strings.EqualFold(n.Value, "true") {
			v.SetUint(1)
			return nil
		}
		if !isInt || !number.IsUint64() {
			return mismatch("an integer from 0 to 2⁶⁴-1")
		}
		v.SetUint(number.Uint64())
	case reflect.Bool:
		if !isBool {
			return mismatch("true or false")
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Float64:
		x, err := strconv.ParseFloat(n.Value, 64)
		if isInt || tag != "!!float" || err != nil {
			return mismatch("a number with a decimal point")
		}
		v.SetFloat(x)
	case reflect.String:
		if !isText {
			return mismatch("a string")
		}
		v.SetString(n.Value)
	}
	return nil
}
