package sip

import "sync/atomic"

// Metrics counts what the stack does. Every field may be read at any time. All
// but the gauges only grow.
type Metrics struct {
	RequestsReceived  atomic.Uint64 // retransmissions included
	ResponsesReceived atomic.Uint64
	RequestsSent      atomic.Uint64 // retransmissions included
	ResponsesSent     atomic.Uint64
	RequestsResent    atomic.Uint64
	ResponsesResent   atomic.Uint64
	RequestsAgain     atomic.Uint64 // received retransmissions, absorbed

	Malformed         atomic.Uint64 // bytes that are no SIP message
	MalformedAnswered atomic.Uint64 // of which refused with a response
	RateLimited       atomic.Uint64 // messages dropped: the source sends too many
	Overloaded        atomic.Uint64 // requests refused with 503, and branches ignored
	GaveWay           atomic.Uint64 // finished transactions forgotten early: there were too many
	QueueFull         atomic.Uint64 // messages dropped because too much waits for their call
	StrayResponses    atomic.Uint64 // without a transaction
	StrayACKs         atomic.Uint64 // without a dialog
	UnknownDialogs    atomic.Uint64 // requests refused with 481
	OutOfOrder        atomic.Uint64 // requests refused for their CSeq
	HandlerPanics     atomic.Uint64
	WorkersAdded      atomic.Uint64 // because handlers blocked

	TransactionTimeouts atomic.Uint64
	TransportErrors     atomic.Uint64
	ResolveErrors       atomic.Uint64
	Failovers           atomic.Uint64 // requests sent to a further candidate

	ConnectionsAccepted atomic.Uint64
	ConnectionsDialled  atomic.Uint64
	ConnectionsRefused  atomic.Uint64 // over a limit
	WritesRefused       atomic.Uint64 // a connection's write queue was full
	KeepAlives          atomic.Uint64 // received

	// Gauges.
	ServerTransactions atomic.Int64
	ClientTransactions atomic.Int64
	Dialogs            atomic.Int64
	Connections        atomic.Int64
	Workers            atomic.Int64
}
