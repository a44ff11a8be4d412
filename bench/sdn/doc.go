// Command sdn measures the network controller with simulated switches, which
// speak OpenFlow 1.3 with our package openflow and keep no tables:
//
//	go run ./bench/sdn                             # one table
//	go run ./bench/sdn -reference SCRIPT           # beside the real Faucet
//	go run ./bench/sdn -only provision,learn       # some; -h lists the names
//	go run ./bench/sdn -pin                        # the server on one core
//
// SCRIPT is run as `SCRIPT run FILE PORT` and becomes a controller that listens on
// 127.0.0.1:PORT, reads FILE and reloads it on SIGHUP. What is measured:
//
//   - provision: from HELLO to the last barrier reply of a switch with 200 ports in
//     100 VLANs, untagged; of 100 switches with 48 ports that connect at once
//   - reload: from SIGHUP to the last barrier reply after a rule of an ACL changed
//   - learn: packets of new hosts as fast as they are taken, 1,000 under way; a host
//     is learnt when the flow that leads to it has come
//   - paced: 50,000 new hosts a second; how long until the flow has come, beside a
//     bare server that answers each packet with the same two flow messages
//   - held: what 1,000 switches with 48 ports cost in memory
//   - hosts: what 1,000,000 hosts of ten switches cost in memory
//
// The switches run on the same machine and take a part of it: next to times there
// is the processor time of the server's process, user and system.
package main
