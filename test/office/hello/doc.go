// Command hello is the program of extension 700: a FastAGI server that answers, says a number, reads digits, looks a name up in a
// database and sets it as who calls.
package main
