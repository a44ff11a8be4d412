// Package dialplan is the language of extensions.conf and what runs it:
// contexts, extensions, patterns, expressions, variables, and the executor.
//
// It has three layers, each usable without the one above it:
//
//   - The language. A Template is a text with ${variables}, ${FUNCTIONS()} and
//     $[expressions] in it; an Expression is what stands between $[ and ]. Both
//     are compiled once, when the plan is loaded, and evaluated against an Env.
//   - The Plan: contexts, extensions in Asterisk's order of precedence, includes
//     with times, switches, hints. A Plan is immutable; every change makes a new
//     one that shares what did not change.
//   - The Engine: the plan of now, the applications, functions and global
//     variables, and Run, which carries a channel through the plan.
//
// The specification is the behaviour of Asterisk 22, recorded in testdata; the
// transcripts there are what the tests compare with.
//
// Templates, Expressions and Plans are immutable and may be used concurrently,
// and so may an Engine. What belongs to one channel (its Gosub stack, its next
// step) is its owner's.
//
// Left out on purpose: Macro and its stack, which Asterisk 22 no longer has;
// back-references in regular expressions; AEL and Lua, which have packages of
// their own, ael and lua.
package dialplan
