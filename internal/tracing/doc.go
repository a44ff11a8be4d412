// Package tracing makes one OpenTelemetry trace of each call and sends it to a
// collector by OTLP over HTTP.
//
// It is an encoder of the events of internal/event, as AMI is, and asks nothing
// of the core. A trace is what has one linked ID: a span "call", below it one for
// each channel, and below these the steps of the dialplan, dials, bridges, SIP
// transactions and media. Its ID follows from the linked ID, see [TraceID].
//
// The bus calls the recorder, one event at a time; it makes spans and does not
// wait. Spans that have ended lie in a queue of bounded length until a goroutine
// of the SDK's batch processor sends them. When the collector is slow or away the
// queue fills, and further spans are dropped and counted. Close waits two seconds
// at most for what is left.
//
// Left out on purpose: metrics and logs by OTLP, gRPC, and context that travels
// in SIP headers: phones know nothing of it.
package tracing
