package phone

import (
	"net/netip"
	"time"
)

// A Transport is an address at which we listen, and from which we send.
type Transport struct {
	Name     string
	Protocol string // "udp", "tcp", "tls", "ws", "wss"
	Bind     netip.AddrPort
	Domain   string

	// What the other side of a NAT sees, for everybody not in LocalNets.
	ExternalMedia         string
	ExternalSignaling     string
	ExternalSignalingPort int
	LocalNets             []netip.Prefix

	CertFile, KeyFile, KeyPassword string
	CAFile, CAPath, Method         string
	Ciphers                        []string
	VerifyClient, VerifyServer     bool
	RequireClientCert              bool
	AllowWildcardCerts             bool

	TOS, COS          int
	Symmetric         bool // symmetric_transport
	AllowReload       bool
	AsyncOperations   int
	KeepaliveEnable   bool
	KeepaliveIdle     time.Duration
	KeepaliveInterval time.Duration
	KeepaliveProbes   int
	WriteTimeout      time.Duration // of WebSockets

	free     bool // port 0 is any free one, not the protocol's
	unusable bool // its certificate is of no use, which the loader has told
}
