// Package loopback finds addresses of this machine where nobody listens.
//
// Controllers that meet in nodes of their own know each other's addresses before the
// first of them listens: tests of them ask here. The addresses stay free, also while a
// node is dead: they are not of 127.0.0.1, from which all programs call, each time from
// a port that may be anyone's.
package loopback
