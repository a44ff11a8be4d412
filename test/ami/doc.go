// Package ami tests the package ami and the proxy in front of whole exchanges: our own
// program, and a real Asterisk 22 and 16 where one is installed (the variable
// OCTOTHORPE_REFERENCE names the folder, see test/reference/asterisk.sh; root is
// needed). Each runs with the same configuration, and the same is asked of all.
package ami
