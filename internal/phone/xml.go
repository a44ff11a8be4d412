package phone

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// An xmlElement is one of an XML document that phones are sent. Phones compare more
// than they should, so that it is laid out as the reference does it: a space for
// each level, and a space before the end of what is empty.
type xmlElement struct {
	name  string
	attrs []attribute
	text  string
	kids  []*xmlElement
}

type attribute struct{ name, value string }

func elem(name string, kids ...*xmlElement) *xmlElement { return &xmlElement{name: name, kids: kids} }

func textElem(name, text string) *xmlElement { return &xmlElement{name: name, text: text} }

// with adds attributes, given as names and values in turn, and returns e.
func (e *xmlElement) with(pairs ...string) *xmlElement {
	for i := 0; i+1 < len(pairs); i += 2 {
		e.attrs = append(e.attrs, attribute{pairs[i], pairs[i+1]})
	}
	return e
}

func (e *xmlElement) add(kids ...*xmlElement) *xmlElement {
	e.kids = append(e.kids, kids...)
	return e
}

// document is the whole text with e as its root.
func (e *xmlElement) document() []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	e.write(&b, 0)
	return b.Bytes()
}

func (e *xmlElement) write(b *bytes.Buffer, depth int) {
	indent := strings.Repeat(" ", depth)
	b.WriteString(indent + "<" + e.name)
	for _, a := range e.attrs {
		b.WriteString(" " + a.name + `="`)
		escape(b, a.value)
		b.WriteByte('"')
	}
	if e.text == "" && len(e.kids) == 0 {
		b.WriteString(" />\n")
		return
	}
	b.WriteByte('>')
	escape(b, e.text)
	if len(e.kids) > 0 {
		b.WriteByte('\n')
		for _, k := range e.kids {
			k.write(b, depth+1)
		}
		b.WriteString(indent)
	}
	b.WriteString("</" + e.name + ">\n")
}

func escape(b *bytes.Buffer, text string) {
	_ = xml.EscapeText(b, []byte(text)) // a buffer can't fail
}
