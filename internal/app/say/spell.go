package say

import "strconv"

// Digits are the prompts of digits, one by one; others are passed over.
func Digits(text string) []string {
	var names []string
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			names = append(names, "digits/"+string(rune(b)))
		case b == '*':
			names = append(names, "digits/star")
		case b == '#':
			names = append(names, "digits/pound")
		case b == '-':
			names = append(names, "digits/minus")
		}
	}
	return names
}

// signs are the prompts of what is neither a letter nor a digit.
var signs = map[byte]string{
	'*': "digits/star", '#': "digits/pound", ' ': "letters/space", '!': "letters/exclaimation-point", '@': "letters/at",
	'$': "letters/dollar", '+': "letters/plus", '-': "letters/dash", '.': "letters/dot", '=': "letters/equals", '/': "letters/slash",
}

// spelled gives the prompt of each character: letter is that of one in lower
// case, digit that of a digit.
func spelled(text string, letter, digit func(byte) string) []string {
	var names []string
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case b >= 'A' && b <= 'Z':
			names = append(names, letter(b+'a'-'A'))
		case b >= 'a' && b <= 'z':
			names = append(names, letter(b))
		case b >= '0' && b <= '9':
			names = append(names, digit(b))
		case signs[b] != "":
			names = append(names, signs[b])
		default:
			names = append(names, "letters/ascii"+strconv.Itoa(int(b)))
		}
	}
	return names
}

func letterPrompt(b byte) string { return "letters/" + string(rune(b)) }
func digitPrompt(b byte) string  { return "digits/" + string(rune(b)) }

// Letters are the prompts of a text that is spelled.
func Letters(text string) []string { return spelled(text, letterPrompt, digitPrompt) }

// Phonetic are the prompts of a text that is spelled by the phonetic alphabet.
func Phonetic(text string) []string {
	phonetic := func(b byte) string { return "phonetic/" + string(rune(b)) + "_p" }
	return spelled(text, phonetic, phonetic)
}
