package phone

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// chargeText is the XML of a charge.
func chargeText(c *channel.Charge) string {
	var body *element
	switch c.Kind {
	case 'S':
		items := &element{tag: "charged-items"}
		for i := range c.Items {
			items.add(chargedItem(&c.Items[i]))
		}
		body = tagged("aoc-s", items)
	case 'D':
		body = tagged("aoc-d", leaf("charging-info", choose(c.Subtotal, "subtotal", "total")), recordedCharges(&c.Cost))
	default:
		body = tagged("aoc-e", recordedCharges(&c.Cost))
	}
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	tagged("aoc xmlns=\"http://uri.etsi.org/ngn/params/xml/simservs/aoc\"", body).write(&b, 0)
	return b.String()
}

func recordedCharges(c *channel.Cost) *element {
	e := tagged("recorded-charges")
	switch c.Kind {
	case channel.CostFree:
		e.add(tagged("free-charge"))
	case channel.CostMoney:
		e.add(tagged("recorded-currency-units", money(c.Price)...))
	case channel.CostUnits:
		units := tagged("recorded-currency-units", leaf("currency-id", "UNIT"))
		if c.Units != "" {
			units.add(leaf("currency-amount", c.Units))
		}
		e.add(units)
	default:
		e.add(tagged("not-available"))
	}
	return e
}

// chargedElements are the things that the format can name a price for; the others
// are left out, as in the reference.
var chargedElements = map[string]string{"BasicCommunication": "basic", "CallAttempt": "communication-attempt", "CallSetup": "communication-setup"}

// scales are the units of time in the format's words.
var scales = map[string]string{"OneHundredthSecond": "one-hundredth-second", "OneTenthSecond": "one-tenth-second", "Second": "one-second",
	"TenSeconds": "ten-seconds", "Minute": "one-minute", "Hour": "one-hour", "Day": "twenty-four-hours"}

func chargedItem(i *channel.ChargedItem) *element {
	name := chargedElements[i.Item]
	if name == "" {
		return nil
	}
	e := tagged(name)
	switch {
	case i.Rate == "Free":
		e.add(tagged("free-charge"))
	case i.Rate == "Flat":
		e.add(tagged("flat-rate", money(i.Price)...))
	case i.Rate == "Duration" && name == "basic":
		e.add(tagged("price-time", append(money(i.Price),
			tagged("length-time-unit", leaf("time-unit", strconv.Itoa(int(i.Time))), leaf("scale", scales[i.Scale])),
			leaf("charging-type", choose(i.Steps, "step-function", "continuous")))...))
	}
	return e
}

// money is a price: its currency, where it has one, and its amount with the places
// that its unit has.
func money(p channel.Price) []*element {
	var list []*element
	if p.Currency != "" {
		list = append(list, leaf("currency-id", p.Currency))
	}
	text := strconv.FormatUint(uint64(p.Amount), 10)
	switch {
	case p.Exponent > 0 && p.Amount > 0:
		text += strings.Repeat("0", p.Exponent)
	case p.Exponent < 0:
		if missing := 1 - p.Exponent - len(text); missing > 0 {
			text = strings.Repeat("0", missing) + text
		}
		point := len(text) + p.Exponent
		text = text[:point] + "." + text[point:]
	}
	return append(list, leaf("currency-amount", text))
}

// An element of XML, which the reference writes on a line of its own.
type element struct {
	tag   string // its name with its attributes
	text  string
	inner []*element
}

func tagged(tag string, inner ...*element) *element { return &element{tag: tag, inner: inner} }

func leaf(tag, text string) *element { return &element{tag: tag, text: text} }

func (e *element) add(inner *element) {
	if inner != nil {
		e.inner = append(e.inner, inner)
	}
}

func (e *element) write(b *strings.Builder, depth int) {
	b.WriteString(strings.Repeat(" ", depth))
	name, _, _ := strings.Cut(e.tag, " ")
	switch {
	case len(e.inner) > 0:
		b.WriteString("<" + e.tag + ">\n")
		for _, i := range e.inner {
			i.write(b, depth+1)
		}
		b.WriteString(strings.Repeat(" ", depth) + "</" + name + ">\n")
	case e.text == "":
		b.WriteString("<" + e.tag + " />\n")
	default:
		b.WriteString("<" + e.tag + ">")
		_ = xml.EscapeText(b, []byte(e.text)) // a Builder takes everything
		b.WriteString("</" + name + ">\n")
	}
}
