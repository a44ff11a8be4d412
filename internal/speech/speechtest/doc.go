// Package speechtest is a speech engine for tests: a server of the external application protocol that says what it was
// told to say, and keeps what it was told. It stands beside our exchange and beside a real Asterisk alike.
package speechtest
