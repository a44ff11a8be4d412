// Package repository holds the tests of the repository itself: who may import
// whom, how long files and functions are, that every package says what it is,
// and that what the documentation shows is there and works.
//
// It has no code for others to call. Each test reads the source tree and reports
// every place that breaks the rule, with what to do about it.
package repository
