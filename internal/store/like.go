package store

import "strings"

// treePattern is what the keys below a family and part are like, with a slash
// behind them.
func treePattern(family, part string) string {
	switch {
	case family == "":
		return "%"
	case part == "":
		return "/" + family + "/%"
	}
	return "/" + family + "/" + part + "/%"
}

// like matches as SQLite's LIKE does, by which Asterisk finds families and keys:
// the case of ASCII letters does not matter, _ is any one character and % any
// number of them. So family f_m is also fam, and FAM.
func like(s, pattern string) bool {
	if !strings.ContainsRune(pattern, '_') && strings.IndexByte(pattern, '%') == len(pattern)-1 && pattern != "" {
		n := len(pattern) - 1 // the usual case: a literal, and all below it
		return len(s) >= n && foldEqual(s[:n], pattern[:n])
	}
	text, want := []rune(s), []rune(pattern)
	at, star, mark := 0, -1, 0
	for i := 0; i < len(text); {
		switch {
		case at < len(want) && want[at] == '%':
			star, mark = at, i
			at++
		case at < len(want) && (want[at] == '_' || fold(want[at]) == fold(text[i])):
			at++
			i++
		case star >= 0:
			mark++
			at, i = star+1, mark
		default:
			return false
		}
	}
	for at < len(want) && want[at] == '%' {
		at++
	}
	return at == len(want)
}

func fold(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

func foldEqual(a, b string) bool {
	for i := range len(a) {
		if fold(rune(a[i])) != fold(rune(b[i])) {
			return false
		}
	}
	return true
}
