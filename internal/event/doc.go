// Package event says what happened: the type of every event and snapshot, and
// the bus that carries them.
//
// State is told once: the core publishes typed events, and AMI, ARI, CDR, CEL,
// metrics and the console are encoders of the same events. The package imports
// nothing of ours. Snapshots are immutable once published and may be read by
// anyone at any time. A Bus may be used concurrently.
package event
