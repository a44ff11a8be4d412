package say

import (
	"cmp"
	"strconv"
	"strings"
)

// largest is the largest number that is said.
const largest = 1<<31 - 1

// deepest is how far rules may stand in each other: more is a circle.
const deepest = 40

// A speaker puts together what is said in a language.
type speaker struct {
	language language
	gender   string
	names    []string
	tooLarge bool
}

// Number returns the prompts of a number. gender is "", or what the language has: "f", "m", "n", "c"
// or "p". ok is false for a number that is too large for the language: what is said of it are the prompts
// before that was seen.
func Number(n int, language, gender string) (prompts []string, ok bool) {
	return signed(n, language, "number", strings.ToLower(gender))
}

// Ordinal returns the prompts of an ordinal number, as Number does.
func Ordinal(n int, language, gender string) (prompts []string, ok bool) {
	return signed(n, language, "ordinal", strings.ToLower(gender))
}

func signed(n int, language, set, gender string) ([]string, bool) {
	s := &speaker{language: languageOf(language), gender: gender}
	if n < 0 {
		n = -n
		_, l := s.language.gendered(set, gender)
		minus, _ := l.format("minus")
		s.prompt(minus, n, n, 0)
	}
	if n < 0 || n > largest {
		return nil, false
	}
	s.say(s.language, set, n, 0)
	return s.names, !s.tooLarge
}

// say appends the prompts of a number by a set of rules.
func (s *speaker) say(l language, set string, n, depth int) {
	rules, l := l.gendered(set, s.gender)
	r := find(rules, float64(n))
	if r == nil || depth > deepest || s.tooLarge {
		return
	}
	quotient, remainder := n/r.divisor, n%r.divisor
	for _, w := range r.words {
		if w.when == 0 || (w.when == '[') == (remainder != 0) {
			s.word(l, w.text, set, n, quotient, remainder, depth)
		}
	}
}

// word appends what one word of a rule says.
func (s *speaker) word(l language, word, set string, n, quotient, remainder, depth int) {
	switch word[0] {
	case '<':
		s.other(l, word[1:], set, quotient, depth)
	case '>':
		s.other(l, word[1:], set, remainder, depth)
	case '=':
		s.other(l, word[1:], set, n, depth)
	case '!':
		s.tooLarge = true
	default:
		s.prompt(word, n, quotient, remainder)
	}
}

// other says a number by the set, or set:gender, that a word names, "" is the one in which the word is.
func (s *speaker) other(l language, name, set string, n, depth int) {
	if other, gender, ok := strings.Cut(name, ":"); ok {
		defer func(before string) { s.gender = before }(s.gender)
		name, s.gender = other, gender
	}
	s.say(l, cmp.Or(name, set), n, depth+1)
}

func (s *speaker) prompt(word string, n, quotient, remainder int) {
	if s.tooLarge {
		return
	}
	name := word
	if strings.ContainsAny(word, "#@$") {
		name = strings.NewReplacer("#", strconv.Itoa(n), "@", strconv.Itoa(n-remainder), "$", strconv.Itoa(quotient)).Replace(word)
	}
	if own, ok := strings.CutPrefix(name, "/"); ok {
		s.names = append(s.names, own)
		return
	}
	s.names = append(s.names, "digits/"+name)
}
