// Package ariapps tests ARI as its users do, in front of Octothorpe and, where there is one, a real Asterisk 22 and 16: the package ari,
// the programs of examples/ari, and programs as others write them, with libraries that are not ours, unmodified. Set
// OCTOTHORPE_REFERENCE to a folder with an installed Asterisk (test/reference/asterisk.sh), as root.
package ariapps
