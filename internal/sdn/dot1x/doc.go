// Package dot1x lets clients into ports that ask who they are: IEEE 802.1X, and
// MAC authentication bypass (MAB) for those that can not say it.
//
// The switch brings EAPOL of such ports to an interface of this machine (nfv_intf)
// with the number of the port in the place of the destination's address, and takes
// answers from there with the number as source. An Authenticator reads and writes
// there (a Wire) and passes EAP through to a RADIUS server (RFC 3748 §2.3, RFC 3579):
// it knows no method of EAP itself. MAB asks for the address of who asks for DHCP.
// What came of it a Verdict tells, before the client is told.
//
// One goroutine owns all clients; of each port there are at most 64 at a time that
// are not let in, and all wait for the RADIUS server in goroutines of their own,
// which end with Run.
package dot1x
