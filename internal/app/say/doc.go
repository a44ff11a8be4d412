// Package say tells of which prompts a number, an ordinal number or a moment is made in a language.
//
// Each language is a file of languages/: sets of rules, written from what Asterisk 22 plays
// (testdata/*.tsv). Their form is that of rule based number formats (ICU's RBNF): a line
//
//	base[/divisor] = word …
//
// holds from base up to the next line's base. The divisor, if it is not given, is the largest power
// of ten that is no more than base. The words are
//
//	20 minus    the prompts digits/20 and digits/minus; # in a word is the number, @ the number
//	            without its remainder, and $ the quotient
//	/vm-and     the prompt vm-and
//	< <set      the quotient by the same set of rules, or another
//	> >set      the remainder
//	=set        the number itself
//	<set:f      the same for any of these in a gender; <set: in none
//	[ … ] { … } only if there is a remainder, only if there is none
//	!           what comes is not said: the number is too large for the language
//
// The sets that a rule names are those of the language in which the rule itself is. A set "number" has the numbers; "number f" what is other in a gender: a rule stands in the place of the
// one with the same base. "ordinal" has the ordinal numbers. Sets named by a letter of a time's format have its values: the day of the week
// (A, 0 is Sunday), the month (B from 0, m from 1), the day (d), year (Y), hour (I, H, k, and p for the half of
// the day), minute (M) and second (S). "Q" and "q" have formats by how many days away a moment is, and "format" those that
// letters stand for. What a language does not have is that of en.
//
// The functions may be called concurrently. What is built from say.conf is in package app.
package say
