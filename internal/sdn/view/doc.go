// Package view shows what a controller knows: as JSON over HTTP, as events over a
// WebSocket, and as a page for a browser.
//
//	GET /                        the page
//	GET /api/dps                 switches; with ?dp=NAME that one alone, as in all below
//	GET /api/ports               ports, their links and counters
//	GET /api/hosts               hosts that were learnt
//	GET /api/vlans               VLANs and their members
//	GET /api/routes              networks, and by whom they are reached
//	GET /api/bgp                 neighbours of BGP
//	GET /api/flows               flows that the switches have, with their counters
//	GET /api/stack               links between the switches of a stack
//	GET /api/trace?dp&port&packet    which flows a packet meets (pipeline.Trace)
//	GET /api/rates               packets and bytes per second of each port, as server-sent events
//	GET /events                  a WebSocket: each event is a message, the JSON of Faucet's socket
//
// Nothing can be changed by it. It has no accounts: who may reach its address may
// read, so that is the machine itself unless told otherwise. Everything may be
// called concurrently.
package view
