package exchange

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/rest"
)

// sorceryFile says where the objects of phones are kept: in the file, or in memory, where
// programs may make and change them.
const sorceryFile = "sorcery.conf"

// sorceryClasses are the sections of it that are about phones, and the types of objects of each.
var sorceryClasses = map[string][]string{
	"res_pjsip":                        {"endpoint", "auth", "aor", "contact", "system", "global", "domain_alias", "transport"},
	"res_pjsip_outbound_registration":  {"registration"},
	"res_pjsip_endpoint_identifier_ip": {"identify"},
}

// objects are those that programs have made, and what sorcery.conf says of them.
type objects struct {
	changing sync.Mutex // held while one is changed and all are read again

	mu        sync.Mutex      // a leaf
	memory    map[string]bool // the types that are kept in memory
	elsewhere map[string]bool // those that the file does not hold any more
	all       []object
}

// An object is one that a program made.
type object struct {
	kind, id string
	fields   []rest.Tuple
}

// readSorcery reads sorcery.conf.
func (x *Exchange) readSorcery() {
	m, problems := parseSorcery(x.optional(sorceryFile))
	x.report(problems)
	x.configureSorcery(m)
	x.objects.mu.Lock()
	defer x.objects.mu.Unlock()
	x.objects.memory, x.objects.elsewhere = m.memory, m.elsewhere
}

// section writes an object in the language of pjsip.conf.
func (o object) section() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s]\ntype = %s\n", o.id, o.kind)
	for _, f := range o.fields {
		fmt.Fprintf(&b, "%s = %s\n", f.Attribute, strings.ReplaceAll(f.Value, ";", `\;`))
	}
	return b.String()
}

// sound reports whether an object can be read back as it was written.
func (o object) sound() bool {
	for _, text := range append([]string{o.id, o.kind}, texts(o.fields)...) {
		if strings.ContainsAny(text, "\r\n[]") {
			return false
		}
	}
	f, err := config.Parse(objectsFile, []byte(o.section()), config.Options{})
	if err != nil {
		return false
	}
	_, problems := (&phone.Loader{More: f}).LoadPJSIP(&config.File{Path: objectsFile})
	return !slices.ContainsFunc(problems, func(d config.Diagnostic) bool { return d.Severity == config.Error })
}

func texts(fields []rest.Tuple) []string {
	var list []string
	for _, f := range fields {
		list = append(list, f.Attribute, f.Value)
	}
	return list
}

// objectsFile is what stands in messages about objects that programs made.
const objectsFile = "(objects of programs)"

// made has a loader read the objects of programs, too, and those of databases.
func (o *objects) made(l *phone.Loader, others string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l.Elsewhere = o.elsewhere
	var b strings.Builder
	b.WriteString(others)
	for _, one := range o.all {
		b.WriteString(one.section())
	}
	if f, err := config.Parse(objectsFile, []byte(b.String()), config.Options{}); err == nil {
		l.More = f
	}
}

// Object implements rest.Exchange.
func (o *outlook) Object(kind, id string) ([]rest.Tuple, bool) {
	d := (*Exchange)(o).phoneDriver(phone.PJSIP)
	if d == nil {
		return nil, false
	}
	(*Exchange)(o).refreshObjects(id)
	list, ok := d.Object(kind, id)
	var tuples []rest.Tuple
	for _, a := range list {
		tuples = append(tuples, rest.Tuple{Attribute: a.Name, Value: a.Value})
	}
	return tuples, ok
}

// HasObjects implements rest.Exchange.
func (o *outlook) HasObjects(class, kind string) (knownClass, knownKind bool) {
	for _, kinds := range sorceryClasses { // all of them are known there, wherever they are configured
		knownKind = knownKind || slices.Contains(kinds, kind)
	}
	return class == "res_pjsip", knownKind
}

// PutObject implements rest.Exchange.
func (o *outlook) PutObject(kind, id string, fields []rest.Tuple) error {
	x := (*Exchange)(o)
	if t := x.sorcery.mapped(kind); t != nil {
		return x.putMapped(t, id, fields)
	}
	x.objects.changing.Lock()
	defer x.objects.changing.Unlock()
	x.objects.mu.Lock()
	writable := x.objects.memory[kind]
	at := slices.IndexFunc(x.objects.all, func(one object) bool { return one.kind == kind && one.id == id })
	next := object{kind: kind, id: id, fields: fields}
	if at >= 0 {
		next.fields = merged(x.objects.all[at].fields, fields)
	}
	x.objects.mu.Unlock()
	switch {
	case !next.sound():
		return rest.ErrInvalid
	case !writable:
		return rest.ErrForbidden
	}
	x.objects.mu.Lock()
	if x.objects.all = slices.Clone(x.objects.all); at >= 0 {
		x.objects.all[at] = next
	} else {
		x.objects.all = append(x.objects.all, next)
	}
	x.objects.mu.Unlock()
	return x.Reload("res_pjsip")
}

// merged are the fields of an object with some of them changed.
func merged(old, changed []rest.Tuple) []rest.Tuple {
	list := slices.DeleteFunc(slices.Clone(old), func(f rest.Tuple) bool {
		return slices.ContainsFunc(changed, func(c rest.Tuple) bool { return c.Attribute == f.Attribute })
	})
	return append(list, changed...)
}

// DeleteObject implements rest.Exchange.
func (o *outlook) DeleteObject(kind, id string) error {
	x := (*Exchange)(o)
	if t := x.sorcery.mapped(kind); t != nil {
		return x.removeMapped(t, id)
	}
	x.objects.changing.Lock()
	defer x.objects.changing.Unlock()
	x.objects.mu.Lock()
	before := len(x.objects.all)
	x.objects.all = slices.DeleteFunc(slices.Clone(x.objects.all), func(one object) bool { return one.kind == kind && one.id == id })
	gone := len(x.objects.all) < before
	x.objects.mu.Unlock()
	if !gone {
		return rest.ErrForbidden
	}
	return x.Reload("res_pjsip")
}
