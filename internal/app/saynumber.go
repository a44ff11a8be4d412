package app

import (
	"strconv"
	"strings"
)

// spanish tells whether numbers are spoken as in Spanish.
func spanish(language string) bool {
	return language == "es" || strings.HasPrefix(language, "es_")
}

func digitsPrompt(n int) string { return "digits/" + strconv.Itoa(n) }

// largestNumber is the largest that is spoken.
const largestNumber = 1<<31 - 1

// numberPrompts are the prompts of a number. Gender is "f", "m", or another for
// neither; English has none.
func numberPrompts(n int, language, gender string) []string {
	var names []string
	if n < 0 {
		names, n = append(names, "digits/minus"), -n
	}
	switch {
	case n < 0 || n > largestNumber:
		return nil
	case n == 0:
		return append(names, "digits/0")
	case spanish(language):
		return appendSpanish(names, n, gender)
	}
	return appendEnglish(names, n)
}

// appendEnglish appends the prompts of a number above 0.
func appendEnglish(names []string, n int) []string {
	for _, unit := range []struct {
		size int
		name string
	}{{1_000_000_000, "billion"}, {1_000_000, "million"}, {1000, "thousand"}, {100, "hundred"}} {
		if n >= unit.size {
			names = append(appendEnglish(names, n/unit.size), "digits/"+unit.name)
			n %= unit.size
		}
	}
	switch {
	case n == 0:
	case n <= 20:
		names = append(names, digitsPrompt(n))
	default:
		names = append(names, digitsPrompt(n/10*10))
		if n%10 > 0 {
			names = append(names, digitsPrompt(n%10))
		}
	}
	return names
}

// appendSpanish appends the prompts of a number above 0.
func appendSpanish(names []string, n int, gender string) []string {
	if n >= 1_000_000 {
		if n < 2_000_000 {
			names = append(names, "digits/1M", "digits/million")
		} else {
			names = append(appendSpanish(names, n/1_000_000, ""), "digits/millions")
		}
		n %= 1_000_000
	}
	if n >= 1000 {
		if n >= 2000 {
			names = appendSpanish(names, n/1000, "")
		}
		names = append(names, "digits/thousand")
		n %= 1000
	}
	switch {
	case n == 100:
		return append(names, "digits/100")
	case n > 200:
		names = append(names, digitsPrompt(n/100*100))
		n %= 100
	case n == 200:
		return append(names, "digits/200")
	case n > 100:
		names = append(names, "digits/100-and")
		n -= 100
	}
	return appendSpanishTens(names, n, gender)
}

func appendSpanishTens(names []string, n int, gender string) []string {
	switch {
	case n == 0:
	case n == 1 && (gender == "f" || gender == "m"):
		names = append(names, "digits/1"+strings.ToUpper(gender))
	case n <= 30:
		names = append(names, digitsPrompt(n))
	default:
		names = append(names, digitsPrompt(n/10*10))
		if n%10 > 0 {
			names = appendSpanishTens(append(names, "digits/and"), n%10, gender)
		}
	}
	return names
}

// ordinalPrompts are the prompts of an ordinal number, in English.
func ordinalPrompts(n int) []string {
	var names []string
	if n < 0 {
		names, n = append(names, "digits/minus"), -n
	}
	if n < 0 || n > largestNumber {
		return nil
	}
	if n == 0 {
		return append(names, "digits/h-0")
	}
	names = appendEnglish(names, n)
	last := len(names) - 1
	names[last] = "digits/h-" + strings.TrimPrefix(names[last], "digits/")
	return names
}
