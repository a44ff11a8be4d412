package function

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
)

// quoteParty writes a party as "name" <number>, with or without either.
func quoteParty(p event.Party) string {
	return fmt.Sprintf("\"%s\" <%s>", shownName(p), shownNumber(p))
}

func shownName(p event.Party) string {
	if p.Name.Valid {
		return p.Name.Text
	}
	return ""
}

func shownNumber(p event.Party) string {
	if p.Number.Valid {
		return p.Number.Text
	}
	return ""
}

// charsets are the character sets of a name, by their numbers.
var charsets = []string{"unknown", "iso8859-1", "withdrawn", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-7", "bmp", "utf8"}

// presentation sums a party's presentations up: what is withheld hides the rest,
// and what is not there says nothing.
func presentation(p event.Party) event.Presentation {
	const restriction, allowed, restricted = 0x60, 0x00, 0x20
	rank := func(valid bool, pres event.Presentation) int {
		switch {
		case valid && pres&restriction == restricted:
			return 0
		case valid && pres&restriction == allowed:
			return 1
		}
		return 2
	}
	name, number := rank(p.Name.Valid, p.Name.Presentation), rank(p.Number.Valid, p.Number.Presentation)
	switch {
	case name < number:
		return p.Name.Presentation
	case number < 2:
		return p.Number.Presentation
	}
	return event.Unavailable
}

// partyField reads a field of a party: "num", "name-pres", "subaddr-type" …
func partyField(p event.Party, field string) (string, bool) {
	switch strings.ToLower(field) {
	case "all":
		return quoteParty(p), true
	case "num", "number":
		return shownNumber(p), true
	case "num-valid":
		return truth(p.Number.Valid), true
	case "num-plan", "ton":
		return strconv.Itoa(p.Number.Plan), true
	case "num-pres":
		return p.Number.Presentation.String(), true
	case "name":
		return shownName(p), true
	case "name-valid":
		return truth(p.Name.Valid), true
	case "name-charset":
		return orDefault(p.Name.Charset, "iso8859-1"), true
	case "name-pres":
		return p.Name.Presentation.String(), true
	case "pres":
		return presentation(p).String(), true
	case "tag":
		return p.Tag, true
	}
	if rest, ok := strings.CutPrefix(strings.ToLower(field), "subaddr"); ok {
		return subaddressField(p.Subaddress, rest)
	}
	return "", false
}

func subaddressField(a event.Subaddress, field string) (string, bool) {
	switch field {
	case "":
		return a.Text, true
	case "-valid":
		return truth(a.Valid), true
	case "-type":
		return strconv.Itoa(a.Type), true
	case "-odd":
		return truth(a.Odd), true
	}
	return "", false
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// setPartyField is the inverse of partyField.
func setPartyField(p *event.Party, field, value string) error {
	value = strings.TrimSpace(value)
	switch strings.ToLower(field) {
	case "all":
		q := event.ParseParty(value)
		p.Number.Valid, p.Number.Text = true, q.Number.Text
		p.Name.Valid, p.Name.Text = true, q.Name.Text
		return nil
	case "num", "number":
		p.Number.Valid, p.Number.Text = true, value
		return nil
	case "num-valid":
		p.Number.Valid = yes(value)
		return nil
	case "num-plan", "ton":
		return plan(&p.Number.Plan, value)
	case "name":
		p.Name.Valid, p.Name.Text = true, value
		return nil
	case "name-valid":
		p.Name.Valid = yes(value)
		return nil
	case "name-charset":
		return charset(&p.Name.Charset, value)
	case "pres", "num-pres", "name-pres":
		return setPresentation(p, strings.ToLower(field), value)
	case "tag":
		p.Tag = value
		return nil
	}
	if rest, ok := strings.CutPrefix(strings.ToLower(field), "subaddr"); ok {
		return setSubaddress(&p.Subaddress, rest, value)
	}
	return fmt.Errorf("unknown field %q of a party", field)
}

// setSubaddress sets a field of a subaddress, which becomes valid only by its own field.
func setSubaddress(a *event.Subaddress, field, value string) error {
	switch field {
	case "":
		a.Text = value
	case "-valid":
		a.Valid = yes(value)
	case "-type":
		a.Type, _ = strconv.Atoi(value) // what is no number is NSAP
	case "-odd":
		a.Odd = yes(value)
	default:
		return fmt.Errorf("unknown field %q of a subaddress", field)
	}
	return nil
}

// yes is how the fields of parties read a truth: a number that is not zero.
func yes(value string) bool {
	n, err := integer(value)
	return err == nil && n != 0
}

func plan(to *int, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil {
		return fmt.Errorf("%q is no numbering plan", value)
	}
	*to = n
	return nil
}

func charset(to *string, value string) error {
	if n, err := strconv.Atoi(value); err == nil && n >= 0 && n < len(charsets) {
		value = charsets[n]
	}
	for _, name := range charsets {
		if strings.EqualFold(name, value) {
			*to = name
			return nil
		}
	}
	return fmt.Errorf("%q is no character set", value)
}

func setPresentation(p *event.Party, field, value string) error {
	pres, ok := event.ParsePresentation(value)
	if n, err := strconv.Atoi(value); err == nil {
		pres, ok = event.Presentation(n), true
	}
	if !ok {
		return fmt.Errorf("%q is no presentation", value)
	}
	if field != "name-pres" {
		p.Number.Presentation = pres
	}
	if field != "num-pres" {
		p.Name.Presentation = pres
	}
	return nil
}
