// Package control keeps switches at the flow tables of a faucet.yaml.
//
// A Controller listens for switches. Each that connects is driven by one
// goroutine, its session, which owns all state of that switch: what it holds of
// the tables, its ports, the hosts that were learnt. The session brings the
// switch to the tables that package pipeline builds: it reads what is there and
// sends the difference, so neither a controller that is started anew nor a
// connection that breaks costs a packet. After that it learns hosts, answers for
// the addresses of the router, resolves next hops and follows the ports.
//
// Reload reads the configuration again and hands it to every session, which
// sends the difference. A file that is wrong changes nothing.
//
// A session that is slow, floods or sends garbage harms only its own switch: the
// queue of a connection is bounded (openflow.Options), and no lock is held while
// anything is sent.
//
// Left out so far: what docs/sdn.md lists as missing.
package control
