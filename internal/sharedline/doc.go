// Package sharedline is shared line appearances, as small offices know them: each of
// several stations has a key for each of several trunks. A call that comes in on a trunk
// rings the stations, whoever takes the line talks on it, others join, and a call that one
// puts on hold another takes back. It follows sla.conf, SLATrunk, SLAStation and the
// device SLA:STATION_TRUNK of Asterisk 22's app_sla.
//
// A line that is in use is the conference SLA_TRUNK. What is known of lines and stations is
// under one mutex of the [House], a leaf. A station that rings has a goroutine of its own;
// who rings is reviewed whenever something has happened, and when the next delay or
// timeout is over.
//
// All exported methods may be called concurrently, once Configure was.
//
// # Left out
//
// A caller hears no ringing while stations ring: it is in the conference from the
// beginning, as on Asterisk, and hears music with option M.
package sharedline
