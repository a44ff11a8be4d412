// Package hep copies what an exchange says and hears to a capture server such as Homer, in
// packets of the Homer Encapsulation Protocol, version 3 ([HEPv3]): SIP messages and RTCP
// reports, as Asterisk's hep.conf has them sent.
//
// [Append] writes a packet. A [Sender] sends packets over UDP from one goroutine; who has
// something to tell never waits: with queueLength packets waiting further ones are dropped,
// and counted. Its methods may be called concurrently.
//
// [HEPv3]: https://github.com/sipcapture/HEP/blob/master/docs/HEP3NetworkProtocolSpecification_REV37.pdf
package hep
