package dialplan

import "strings"

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenOr
	tokenAnd
	tokenEqual
	tokenNotEqual
	tokenLess
	tokenLessEqual
	tokenGreater
	tokenGreaterEqual
	tokenPlus
	tokenMinus
	tokenTimes
	tokenOver
	tokenModulo
	tokenNot
	tokenMatchStart // :
	tokenMatch      // =~
	tokenJoin       // ~~
	tokenCondition  // ?
	tokenElse       // ::
	tokenOpen
	tokenClose
	tokenComma
)

var tokenNames = [...]string{"$end", "'<token>'", "'|'", "'&'", "'='", "'!='", "'<'", "'<='", "'>'", "'>='", "'+'", "'-'", "'*'",
	"'/'", "'%'", "'!'", "':'", "'=~'", "'~~'", "'?'", "'::'", "'('", "')'", "','"}

func (k tokenKind) String() string { return tokenNames[k] }

// slot stands in an expression's text for a variable, function or expression
// that is put in when it is evaluated.
const slot = 0

// token is a word or an operator of an expression.
type token struct {
	kind  tokenKind
	text  string // of a word, its quotes included
	start int
}

// tokens cuts an expression's text into words and operators. What can be
// neither is skipped, as the reference does.
func tokens(text string) []token {
	list := make([]token, 0, 8)
	for i := 0; i < len(text); {
		t := token{start: i}
		length := 0
		if text[i] == '"' {
			if end := strings.IndexByte(text[i+1:], '"'); end >= 0 {
				length = end + 2
			}
		} else {
			length = wordLength(text[i:])
		}
		if length > 0 {
			t.kind, t.text = tokenWord, text[i:i+length]
		} else if t.kind, length = operator(text[i:]); length == 0 {
			i++
			continue
		}
		list = append(list, t)
		i += length
	}
	return append(list, token{start: len(text)})
}

// wordLength returns the length of the unquoted word at the beginning of text.
func wordLength(text string) int {
	i := 0
	for i < len(text) {
		switch {
		case wordByte(text[i]) || text[i] == slot:
			i++
		case text[i] == '$' && i+1 < len(text) && text[i+1] != '{':
			i += 2
		default:
			return i
		}
	}
	return i
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 ||
		strings.IndexByte("#'.;@\\^_", c) >= 0
}

// operator returns the operator at the beginning of text and its length, 0 if none.
func operator(text string) (tokenKind, int) {
	if len(text) > 1 {
		switch text[:2] {
		case "==":
			return tokenEqual, 2
		case "!=":
			return tokenNotEqual, 2
		case "<=":
			return tokenLessEqual, 2
		case ">=":
			return tokenGreaterEqual, 2
		case "=~":
			return tokenMatch, 2
		case "~~":
			return tokenJoin, 2
		case "::":
			return tokenElse, 2
		}
	}
	switch text[0] {
	case '|':
		return tokenOr, orDouble(text)
	case '&':
		return tokenAnd, orDouble(text)
	case '=':
		return tokenEqual, 1
	case '<':
		return tokenLess, 1
	case '>':
		return tokenGreater, 1
	case '+':
		return tokenPlus, 1
	case '-':
		return tokenMinus, 1
	case '*':
		return tokenTimes, 1
	case '/':
		return tokenOver, 1
	case '%':
		return tokenModulo, 1
	case '!':
		return tokenNot, 1
	case ':':
		return tokenMatchStart, 1
	case '?':
		return tokenCondition, 1
	case '(':
		return tokenOpen, 1
	case ')':
		return tokenClose, 1
	case ',':
		return tokenComma, 1
	}
	return tokenEnd, 0
}

// orDouble takes || as | and && as &.
func orDouble(text string) int {
	if len(text) > 1 && text[1] == text[0] {
		return 2
	}
	return 1
}

// numeral reports whether an unquoted word is a number: digits, and a point
// with digits behind it.
func numeral(word string) bool {
	i := 0
	for i < len(word) && word[i] >= '0' && word[i] <= '9' {
		i++
	}
	if i == 0 || i == len(word) {
		return i > 0
	}
	if word[i] != '.' || i+1 == len(word) {
		return false
	}
	for i++; i < len(word); i++ {
		if word[i] < '0' || word[i] > '9' {
			return false
		}
	}
	return true
}
