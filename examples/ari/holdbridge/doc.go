// Command holdbridge keeps callers in a holding bridge, with music, and sends the one who has waited longest on in the dialplan for each
// line of its standard input. Dialplan: Stasis(holdbridge).
package main
