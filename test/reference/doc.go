// Reference plays scenarios on an exchange and keeps or compares what its
// manager interface said.
//
// A scenario is a txtar file: what it shows, the configuration files, a script
// (see Step) and, once recorded, everything that the manager connection and the
// console said, as received. The files under internal/manager/testdata/reference
// were recorded with Asterisk from Debian's packages, which asterisk.sh installs
// and runs in a network namespace of its own; SIPp with the scenarios of sipp/
// plays the phones.
//
//	go run ./test/reference -record 22 FILE...              write the record anew
//	go run ./test/reference -binary bin/octothorpe FILE...  play it here, compare with the record
//	make reference-diff ARGS=FILE...                        play it here and there, compare the two
//
// Without files it takes all of internal/manager/testdata/reference, and the corpus of
// SIP exchanges, which test/wire explains: its files are recorded in the same way,
// what is new in them alone unless -again is given. It needs
// root, iproute2 and sipp. Comparing replaces what differs in every run (unique
// ids, bridge ids, times, ports) by the order of appearance, and compares the
// events about each channel and bridge in their order, key by key; between two
// channels order is not compared, as it is not the same twice on the reference.
// `go test` plays all scenarios on exchanges in its own process, those with phones in
// network namespaces of their own; testdata/differences.tsv names what is known to
// differ, and why.
package main
