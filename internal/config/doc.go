// Package config is the language of Asterisk's .conf files: sections,
// templates, includes, comments and options.
//
// # Reading
//
// [Load] reads a file with all that it includes into a [File], in which
// templates are applied and every entry knows where it was written. What
// Asterisk 22 would refuse as a whole comes back with an [InvalidError] beside
// what could be read, so that a loader keeps its old state and a checker can
// still list every problem. A [Reader] reads sections into settings, collects
// what is wrong with them and reports options that nobody asked for.
//
// # Changing
//
// A [Document] is the same text for changing and writing back, as AMI's
// UpdateConfig does: an edit touches only its own line, so comments, order,
// blank lines and includes stay, and only files that changed are written.
//
// # Which value counts
//
// An option can be written several times, by a template and below it. Most
// parts of Asterisk walk through all entries and let the last one count: that
// is [Section.Get]. A few look one option up by name and take the first one,
// even a template's: that is [Section.First].
//
// # Left out
//
// Reading from a database (extconfig.conf), and the precious-files list that
// Asterisk keeps of files included more than once: such a file is written back
// as the one file that it is.
//
// A File is immutable and may be used concurrently. A Document is for one
// goroutine at a time.
package config
