package ami

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// Unmarshal sets the fields of the struct that v points at from the lines of a
// message. A field's line is named in its tag, as in
//
//	type Answer struct {
//		Name  string            `ami:"Channel"`
//		Cause int               `ami:"Cause"`
//		Pairs map[string]string `ami:"ChanVariable"`
//		Lines []string          `ami:"Output"`
//		Dest  amievent.Channel  `ami:"Dest,prefix"`
//		Raw   ami.Message       `ami:",message"`
//	}
//
// A number that can't be read is 0, since servers send empty ones; a bool is true for
// yes, true, on and 1. A slice has all lines of the key, a map those of the form
// name=value. A struct with the option prefix takes lines whose keys have that before
// them; an embedded struct those without. Fields without a tag stay as they are. The
// error is of what v is, never of what the message holds.
func Unmarshal(m Message, v any) error {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("ami: unmarshal into %T, which points at no struct", v)
	}
	plan, err := planOf(p.Elem().Type())
	if err != nil {
		return err
	}
	s := p.Elem()
	for _, at := range plan.whole {
		s.FieldByIndex(at).Set(reflect.ValueOf(m))
	}
	seen := make([]bool, plan.count)
	for _, f := range m {
		at, ok := plan.exact[f.Key]
		if !ok {
			if at, ok = plan.folded[strings.ToLower(f.Key)]; !ok {
				continue
			}
		}
		at.set(s.FieldByIndex(at.index), f.Value, seen[at.number])
		seen[at.number] = true
	}
	return nil
}

// A plan says where the lines of a message go in a struct.
type plan struct {
	exact, folded map[string]place
	whole         [][]int
	count         int
}

type place struct {
	index  []int
	number int
}

var plans sync.Map // of reflect.Type; there are as many as types in the program

func planOf(t reflect.Type) (*plan, error) {
	if known, ok := plans.Load(t); ok {
		return known.(*plan), nil
	}
	p := &plan{exact: map[string]place{}, folded: map[string]place{}}
	if err := p.gather(t, nil, ""); err != nil {
		return nil, err
	}
	known, _ := plans.LoadOrStore(t, p)
	return known.(*plan), nil
}

var messageType = reflect.TypeFor[Message]()

func (p *plan) gather(t reflect.Type, index []int, prefix string) error {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(index[:len(index):len(index)], i)
		key, option, _ := strings.Cut(f.Tag.Get("ami"), ",")
		switch {
		case !f.IsExported() && !f.Anonymous:
		case option == "message" && f.Type == messageType:
			p.whole = append(p.whole, at)
		case f.Type.Kind() == reflect.Struct && (f.Anonymous || option == "prefix"):
			if err := p.gather(f.Type, at, prefix+key); err != nil {
				return err
			}
		case key == "":
		case !settable(f.Type):
			return fmt.Errorf("ami: unmarshal: %s of %s has the type %s", f.Name, t, f.Type)
		default:
			to := place{at, p.count}
			p.count++
			p.exact[prefix+key] = to
			p.folded[strings.ToLower(prefix+key)] = to
		}
	}
	return nil
}

func settable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Int, reflect.Int64, reflect.Float64, reflect.Bool:
		return true
	case reflect.Slice:
		return t.Elem().Kind() == reflect.String
	case reflect.Map:
		return t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.String
	}
	return false
}

// set takes a line's value. Of what holds one value the first line counts.
func (place) set(v reflect.Value, text string, again bool) {
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.ValueOf(text).Convert(v.Type().Elem())))
		return
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		name, value, _ := strings.Cut(text, "=")
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), reflect.ValueOf(value).Convert(v.Type().Elem()))
		return
	}
	if again {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, v.Type().Bits())
		if err != nil {
			n = 0
		}
		v.SetInt(n)
	case reflect.Float64:
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			n = 0
		}
		v.SetFloat(n)
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "yes", "true", "on", "1":
			v.SetBool(true)
		default:
			v.SetBool(false)
		}
	}
}
