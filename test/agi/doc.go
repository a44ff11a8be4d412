// Package agi tests AGI from outside, in front of Octothorpe and, where there is one, a real Asterisk: programs written
// with libraries of others, unmodified; the programs of examples/agi; and, with Asterisk, that it still answers what was
// recorded of it. Set OCTOTHORPE_REFERENCE to a folder with an installed Asterisk (test/reference/asterisk.sh), as root.
package agi
