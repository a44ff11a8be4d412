// Package cases holds the recordings against the tables: every application, function
// and manager action that is there stands in a recording of a real Asterisk, which a
// test plays, or in testdata/without.tsv with the reason why it does not. It has no
// code but its test, is called by nobody, and looks for names only: what a case shows
// is the matter of the test that plays it.
package cases
