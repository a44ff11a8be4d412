// Package prompts is what the exchange says by itself: words, digits and
// sentences in English and Spanish, and a few sounds, embedded in the program.
//
// The names are those under which dialplans know prompts ("demo-thanks",
// "digits/7"). The texts are our own and stand in en.tsv and es.tsv; make.go
// turns them into sound with a synthesiser and packs them into prompts.zip. The
// pack is opened at the first Lookup, not at the start of the program.
//
// Lookup may be called concurrently. The package imports nothing of ours.
package prompts
