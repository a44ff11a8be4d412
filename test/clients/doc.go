// Package clients has programs that others wrote for Asterisk's manager interface
// talk to an exchange, unmodified: panoramisk of Debian (Python), asterisk-manager and
// asterisk-ami-client of npm (Node), and a script in PHP as people write them, with a
// bare socket.
//
// The scripts of testdata use the libraries as their documentation says: they log in,
// ask, originate a call, follow its events to the end and log off, and print what they
// saw. A test whose interpreter or library is absent says so and is skipped.
package clients
