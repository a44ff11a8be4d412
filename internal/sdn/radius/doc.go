// Package radius asks a RADIUS server whether somebody may come in: the client's
// half of RFC 2865, with EAP inside it (RFC 3579).
//
// A Client has one UDP socket and a reader, and asks again when nothing comes. A
// reply counts only if it is signed with the secret; one that carries EAP must
// have a Message-Authenticator as well. Everything may be called concurrently.
//
// Left out on purpose: accounting, being a server, RadSec.
package radius
