// Octothorpe is a telephone exchange that takes Asterisk's place.
//
//	octothorpe                          start with no configuration at all
//	octothorpe -C DIR/asterisk.conf     run an Asterisk configuration
//	octothorpe check -C …               say what is wrong in it
//	octothorpe -rx "core show version"  ask a running exchange
//
// Called under the name asterisk it takes Asterisk's flags and goes into the
// background unless told otherwise.
package main
