package event

import "strings"

// ParseParty reads "name" <number>, name <number>, <number>, a name or a number.
func ParseParty(text string) Party {
	text = strings.TrimSpace(text)
	var p Party
	open := strings.LastIndexByte(text, '<')
	if open < 0 {
		if number, ok := telephone(text); ok {
			p.Number = Number{Valid: true, Text: number}
		} else if name := partyName(text); name != "" {
			p.Name = Name{Valid: true, Text: name}
		}
		return p
	}
	number, _, _ := strings.Cut(text[open+1:], ">")
	p.Number = Number{Valid: number != "", Text: strings.TrimSpace(number)}
	name := partyName(strings.TrimSpace(text[:open]))
	p.Name = Name{Valid: name != "", Text: name}
	return p
}

// partyName takes one pair of quotes from around a name, and backslashes from
// before the quotes in it.
func partyName(text string) string {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(text)
}

// telephone returns a text as a telephone number if it is one: without what only
// makes it easier to read.
func telephone(text string) (string, bool) {
	if text == "" || strings.Trim(text, "0123456789*#+()-. ") != "" {
		return "", false
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("()-. ", r) {
			return -1
		}
		return r
	}, text), true
}
