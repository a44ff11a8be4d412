// Package udptl carries fax over UDP: packets of the UDP transport layer of ITU-T
// T.38 (Annex A), with their two ways to make up for losses, between two phones.
//
// The SIP driver makes a [Session] when both sides of a call want T.38. What arrives
// is handed over one IFP packet at a time, in order and each once; what was lost is
// recovered from later packets where these can. What is written goes out with the
// error correction that the other side asked for.
//
// A session has one goroutine, its reader, which Close ends and Wait waits for. All
// methods may be called concurrently; Deliver is called by the reader.
//
// Left out on purpose: what the packets mean (T.30). Nobody here sends or receives a
// fax; it goes from phone to phone.
package udptl
