// Package config is the language of Asterisk's .conf files: sections,
// templates, includes, comments and options.
//
// Load reads a file with all that it includes into a File, in which templates
// are applied and every entry knows where it was written. Document (see
// document.go) is the same text for changing and writing back, with comments
// and order kept.
//
// A File is immutable and may be used concurrently.
package config
