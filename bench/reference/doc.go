// Command reference measures what calls cost here and on a real Asterisk, in one
// run on one machine, with the same configuration (config/) and the same phones
// (package traffic):
//
//	go run ./bench/reference                  # all but the load
//	go run ./bench/reference -load            # and 1,000 calls a second for a minute
//	go run ./bench/reference -only call,held  # some; -h lists the names
//	go run ./bench/reference -reference none  # without Asterisk
//	go run ./bench/reference -soak            # half an hour at 300 calls a second, ten seconds each, a tenth with sound; -for 2m is shorter
//	go run ./bench/reference -profile DIR     # with CPU and heap profiles of ours
//
// Root and Linux are needed: each server runs alone on the loopback of a network
// namespace that is made for it, together with the phones. Asterisk comes from a
// script with the interface of test/reference/asterisk.sh (run its `install` once).
//
// What is measured is the processor time of the server's process, user and system,
// all threads (/proc/PID/stat): not time on a clock, which other programs share, and
// not the phones. Memory is what is resident. A packet is compared with a relay of the
// least that Go can do, one goroutine a socket that reads and writes, which runs in
// turns with the server. The exit code is 1 if a call failed, or if memory grew in a soak; a missed target is
// marked in the table, for machines differ.
//
// Left out on purpose: audio that is decoded, calls over TCP and TLS.
package main
