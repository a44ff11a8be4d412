// Package openflow speaks OpenFlow 1.3.5, for controllers and for switches.
//
// # Messages
//
// Every message of the protocol is a struct: [FlowMod], [PacketIn],
// [MultipartRequest] and so on. Fields stand in the order of the wire, and tags
// say what Go's types can not: padding, lengths, the size of a name. The codec,
// z_codec.go, is generated from them. [Append] writes a message behind what a
// buffer holds already, [Decode] reads one and keeps nothing of the buffer.
// Messages and parts that the protocol leaves to others (experimenters: Nicira's
// actions and fields for example) pass through unchanged as bytes.
//
// A match is a list of [Field] values, made from a [FieldType]:
//
//	openflow.Match{openflow.InPort.Uint(1), openflow.IPv4Dst.Prefix(office)}
//
// # Connections
//
// A [Conn] is one session with the other side: versions are negotiated when it
// is made, echo requests answered, a silent peer noticed. [Conn.Send] queues,
// [Conn.Request] waits for the answer to its own question (the parts of a
// multipart reply joined), [Conn.Barrier] until all before it is done, and
// [Conn.Receive] gives what the switch says of itself. [Dial] and [Listen] take
// Open vSwitch's addresses: tcp:, ssl:, ptcp: and pssl:.
//
// Functions may be called concurrently; a message belongs to whoever holds it
// and must not be changed while it is being sent.
//
// Left out on purpose: every other version of the protocol (1.0 included), and
// any opinion of what a controller should do.
//
// [OpenFlow 1.3.5]: https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf
package openflow

//go:generate go run generate.go
