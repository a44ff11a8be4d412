package openflow

// The messages of §7.3 to §7.5, in the order of their numbers. What a tag says is
// in generate.go.

// Hello opens a session, §7.5.1.
type Hello struct {
	_        struct{} `of:"message=0"`
	Elements []HelloElement
}

// VersionBitmap says which versions of OpenFlow one speaks: bit n is version n.
type VersionBitmap struct {
	_       struct{} `of:"hello=1"`
	Bitmaps []uint32
}

// Error says that a message was refused, §7.5.4. It is an error of Go as well.
type Error struct {
	_    struct{} `of:"message=1"`
	Kind ErrorType
	Code uint16
	Data []byte // the message that failed, at least its first 64 bytes
}

// EchoRequest asks whether the other side lives.
type EchoRequest struct {
	_    struct{} `of:"message=2"`
	Data []byte
}

// EchoReply carries the data of its request.
type EchoReply struct {
	_    struct{} `of:"message=3"`
	Data []byte
}

// Experimenter is a message of somebody's own.
type Experimenter struct {
	_            struct{} `of:"message=4"`
	Experimenter uint32
	Kind         uint32
	Data         []byte
}

// FeaturesRequest asks for FeaturesReply.
type FeaturesRequest struct {
	_ struct{} `of:"message=5"`
}

// FeaturesReply says which switch this is, §7.3.1.
type FeaturesReply struct {
	_            struct{} `of:"message=6"`
	DatapathID   uint64
	Buffers      uint32
	Tables       uint8
	AuxiliaryID  uint8
	_            [2]byte
	Capabilities uint32
	Reserved     uint32
}

// ConfigRequest asks for ConfigReply.
type ConfigRequest struct {
	_ struct{} `of:"message=7"`
}

// ConfigReply is the switch's configuration, §7.3.2.
type ConfigReply struct {
	_           struct{} `of:"message=8"`
	Flags       uint16
	MissSendLen uint16
}

// SetConfig changes it.
type SetConfig struct {
	_           struct{} `of:"message=9"`
	Flags       uint16
	MissSendLen uint16
}

// PacketIn is a packet that the switch sends to the controller, §7.4.1.
type PacketIn struct {
	_        struct{} `of:"message=10"`
	Buffer   uint32   // NoBuffer when Data is all there is
	TotalLen uint16   // of the packet; Data may be shorter
	Reason   PacketInReason
	Table    uint8
	Cookie   uint64
	Match    Match
	_        [2]byte
	Data     []byte
}

// FlowRemoved says that a flow is gone, §7.4.2.
type FlowRemoved struct {
	_            struct{} `of:"message=11"`
	Cookie       uint64
	Priority     uint16
	Reason       FlowRemovedReason
	Table        uint8
	DurationSec  uint32
	DurationNsec uint32
	IdleTimeout  uint16 // seconds
	HardTimeout  uint16 // seconds
	Packets      uint64
	Bytes        uint64
	Match        Match
}

// PortStatus says that a port came, went or changed, §7.4.3.
type PortStatus struct {
	_      struct{} `of:"message=12"`
	Reason PortReason
	_      [7]byte
	Port   Port
}

// Port is one port of a switch, §7.2.1.
type Port struct {
	Number       uint32
	_            [4]byte
	HardwareAddr [6]byte
	_            [2]byte
	Name         string `of:"size=16"`
	Config       PortConfig
	State        PortState
	Current      uint32
	Advertised   uint32
	Supported    uint32
	Peer         uint32
	CurrentSpeed uint32 // kbit/s
	MaxSpeed     uint32 // kbit/s
}

// PacketOut makes the switch send a packet, §7.3.7.
type PacketOut struct {
	_       struct{} `of:"message=13,manual"`
	Buffer  uint32   // NoBuffer when the packet is Data
	InPort  uint32   // where it came from, or PortController
	Actions []Action
	Data    []byte
}

// FlowMod adds, changes or deletes flows, §7.3.4.1.
type FlowMod struct {
	_            struct{} `of:"message=14"`
	Cookie       uint64
	CookieMask   uint64
	Table        uint8
	Command      FlowCommand
	IdleTimeout  uint16 // seconds, 0 for none
	HardTimeout  uint16 // seconds, 0 for none
	Priority     uint16
	Buffer       uint32
	OutPort      uint32
	OutGroup     uint32
	Flags        FlowFlags
	_            [2]byte
	Match        Match
	Instructions []Instruction
}

// GroupMod adds, changes or deletes a group, §7.3.4.2.
type GroupMod struct {
	_       struct{} `of:"message=15"`
	Command GroupCommand
	Kind    GroupType
	_       [1]byte
	Group   uint32
	Buckets []Bucket
}

// Bucket is one list of actions of a group.
type Bucket struct {
	_          uint16 `of:"length"`
	Weight     uint16
	WatchPort  uint32
	WatchGroup uint32
	_          [4]byte
	Actions    []Action
}

// PortMod changes how a port behaves, §7.3.4.3.
type PortMod struct {
	_            struct{} `of:"message=16"`
	Port         uint32
	_            [4]byte
	HardwareAddr [6]byte
	_            [2]byte
	Config       PortConfig
	Mask         PortConfig
	Advertise    uint32
	_            [4]byte
}

// TableMod changes a table's configuration, §7.3.3.
type TableMod struct {
	_      struct{} `of:"message=17"`
	Table  uint8
	_      [3]byte
	Config uint32
}

// MultipartRequest asks for statistics and descriptions, §7.3.5. What is asked
// is the type of Body.
type MultipartRequest struct {
	_     struct{} `of:"message=18,manual"`
	Flags MultipartFlags
	Body  RequestBody
}

// MultipartReply answers one. A long answer comes in several of them;
// Conn.Request joins them.
type MultipartReply struct {
	_     struct{} `of:"message=19,manual"`
	Flags MultipartFlags
	Body  ReplyBody
}

// BarrierRequest is answered when all before it is done.
type BarrierRequest struct {
	_ struct{} `of:"message=20"`
}

// BarrierReply answers it.
type BarrierReply struct {
	_ struct{} `of:"message=21"`
}

// QueueConfigRequest asks for the queues of a port, §7.3.6.
type QueueConfigRequest struct {
	_    struct{} `of:"message=22"`
	Port uint32
	_    [4]byte
}

// QueueConfigReply answers it.
type QueueConfigReply struct {
	_      struct{} `of:"message=23"`
	Port   uint32
	_      [4]byte
	Queues []PacketQueue
}

// RoleRequest asks to become master, slave or equal, §7.3.9.
type RoleRequest struct {
	_            struct{} `of:"message=24"`
	Role         Role
	_            [4]byte
	GenerationID uint64
}

// RoleReply says what one is.
type RoleReply struct {
	_            struct{} `of:"message=25"`
	Role         Role
	_            [4]byte
	GenerationID uint64
}

// AsyncRequest asks for AsyncReply.
type AsyncRequest struct {
	_ struct{} `of:"message=26"`
}

// AsyncReply says which asynchronous messages a controller gets, §7.3.10: for
// a master or equal, and for a slave.
type AsyncReply struct {
	_           struct{} `of:"message=27"`
	PacketIn    [2]uint32
	PortStatus  [2]uint32
	FlowRemoved [2]uint32
}

// SetAsync changes that.
type SetAsync struct {
	_           struct{} `of:"message=28"`
	PacketIn    [2]uint32
	PortStatus  [2]uint32
	FlowRemoved [2]uint32
}

// MeterMod adds, changes or deletes a meter, §7.3.4.4.
type MeterMod struct {
	_       struct{} `of:"message=29"`
	Command MeterCommand
	Flags   MeterFlags
	Meter   uint32
	Bands   []Band
}
