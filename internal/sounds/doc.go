// Package sounds finds what a leg is to hear: prompts by name and language, the
// tones of a country, music on hold, and the tones that stand for a signal.
//
// A Library is what package app and package channel ask. Prompts come from the
// folder sounds below astdatadir, in the layouts of Asterisk's sound packages,
// else from the prompts that are embedded in the program. Tones are those of
// indications.conf, music the classes of musiconhold.conf.
//
// A Library may be used concurrently. A source that it returns belongs to the
// goroutine that plays it; sources that hold a file, and music, implement
// io.Closer.
//
// Left out: music made by a program (mode=custom), and music that
// one stream plays for all (every leg has its own).
package sounds
