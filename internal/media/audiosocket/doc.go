// Package audiosocket is the protocol of Asterisk's AudioSocket: voice and keys of one
// call over a TCP connection. A message is a byte that says its kind, the length of
// what follows in two bytes, and that.
//
// One goroutine may send while another receives.
package audiosocket
