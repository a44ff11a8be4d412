// Package lua is the dialplan in Lua: extensions.lua, as pbx_lua of Asterisk reads it.
//
// The file says what there is in the tables extensions, by context and extension, and
// hints. Contexts stand in the plan with a switch Lua; behind it are extensions whose one
// priority calls the function of the file. A [Book] is what was read of one version of
// the file, compiled once and immutable.
//
// Each call that comes to such an extension gets a Lua state of its own, which lasts
// until the call ends: so global variables of the file are the call's. The state belongs
// to the owner of the leg. What runs in it ends with the step of the leg, however endless
// it is. Recursion ends as deep as in Lua 5.1, and code whose state takes more than 64 MB
// ends with an error: a mistake in a file costs the call, not the exchange. It is no wall
// against a hostile author, who may read files and start programs, as on Asterisk. The
// objects app and channel are the call's applications and variables.
//
// Autoservice, which Asterisk needs to read a leg while Lua runs, is the leg's own here;
// its functions are there and keep what was said to them.
package lua
