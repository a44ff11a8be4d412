package openflow

import "strconv"

// Type is the number of a message.
type Type uint8

var typeNames = []string{
	"HELLO", "ERROR", "ECHO_REQUEST", "ECHO_REPLY", "EXPERIMENTER", "FEATURES_REQUEST", "FEATURES_REPLY", "GET_CONFIG_REQUEST",
	"GET_CONFIG_REPLY", "SET_CONFIG", "PACKET_IN", "FLOW_REMOVED", "PORT_STATUS", "PACKET_OUT", "FLOW_MOD", "GROUP_MOD", "PORT_MOD",
	"TABLE_MOD", "MULTIPART_REQUEST", "MULTIPART_REPLY", "BARRIER_REQUEST", "BARRIER_REPLY", "QUEUE_GET_CONFIG_REQUEST",
	"QUEUE_GET_CONFIG_REPLY", "ROLE_REQUEST", "ROLE_REPLY", "GET_ASYNC_REQUEST", "GET_ASYNC_REPLY", "SET_ASYNC", "METER_MOD",
}

// String is the name in the specification, without OFPT_.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return strconv.Itoa(int(t))
}

// Ports that are none, §7.2.1.
const (
	PortMax        uint32 = 0xffffff00
	PortIn         uint32 = 0xfffffff8
	PortTable      uint32 = 0xfffffff9
	PortNormal     uint32 = 0xfffffffa
	PortFlood      uint32 = 0xfffffffb
	PortAll        uint32 = 0xfffffffc
	PortController uint32 = 0xfffffffd
	PortLocal      uint32 = 0xfffffffe
	PortAny        uint32 = 0xffffffff
)

// Other reserved numbers.
const (
	NoBuffer      uint32 = 0xffffffff
	TableAll      uint8  = 0xff
	GroupMax      uint32 = 0xffffff00
	GroupAll      uint32 = 0xfffffffc
	GroupAny      uint32 = 0xffffffff
	MeterMax      uint32 = 0xffff0000
	MeterSlowpath uint32 = 0xfffffffd
	MeterCtrl     uint32 = 0xfffffffe
	MeterAll      uint32 = 0xffffffff
	QueueAll      uint32 = 0xffffffff
	ControllerMax uint16 = 0xffff // MaxLen: the whole packet, no buffer
	VIDPresent    uint64 = 0x1000 // in VLANVID: there is a tag
)

// PortConfig is how a port is told to behave.
type PortConfig uint32

// Bits of PortConfig.
const (
	PortDown       PortConfig = 1 << 0
	PortNoRecv     PortConfig = 1 << 2
	PortNoFwd      PortConfig = 1 << 5
	PortNoPacketIn PortConfig = 1 << 6
)

// PortState is how a port is.
type PortState uint32

// Bits of PortState.
const (
	LinkDown PortState = 1 << 0
	Blocked  PortState = 1 << 1
	Live     PortState = 1 << 2
)

// PortReason is why a PortStatus came.
type PortReason uint8

// Reasons of PortStatus.
const (
	PortAdded PortReason = iota
	PortDeleted
	PortModified
)

// PacketInReason is why a packet came.
type PacketInReason uint8

// Reasons of PacketIn.
const (
	ReasonNoMatch PacketInReason = iota
	ReasonAction
	ReasonInvalidTTL
)

// FlowRemovedReason is why a flow went.
type FlowRemovedReason uint8

// Reasons of FlowRemoved.
const (
	RemovedIdle FlowRemovedReason = iota
	RemovedHard
	RemovedDelete
	RemovedGroup
)

// FlowCommand is what a FlowMod does.
type FlowCommand uint8

// Commands of FlowMod.
const (
	FlowAdd FlowCommand = iota
	FlowModify
	FlowModifyStrict
	FlowDelete
	FlowDeleteStrict
)

// FlowFlags of a flow.
type FlowFlags uint16

// Bits of FlowFlags.
const (
	SendFlowRemoved FlowFlags = 1 << iota
	CheckOverlap
	ResetCounts
	NoPacketCounts
	NoByteCounts
)

// GroupCommand is what a GroupMod does.
type GroupCommand uint16

// Commands of GroupMod.
const (
	GroupAdd GroupCommand = iota
	GroupModify
	GroupDelete
)

// GroupType says which buckets of a group are used.
type GroupType uint8

// Types of groups: all buckets, one by hash, the only one, the first that lives.
const (
	GroupTypeAll GroupType = iota
	GroupTypeSelect
	GroupTypeIndirect
	GroupTypeFastFailover
)

// MeterCommand is what a MeterMod does.
type MeterCommand uint16

// Commands of MeterMod.
const (
	MeterAdd MeterCommand = iota
	MeterModify
	MeterDelete
)

// MeterFlags of a meter.
type MeterFlags uint16

// Bits of MeterFlags.
const (
	MeterKbps MeterFlags = 1 << iota
	MeterPktps
	MeterBurst
	MeterStatistics
)

// MultipartFlags of a part.
type MultipartFlags uint16

// More follows.
const More MultipartFlags = 1

// Role of a controller.
type Role uint32

// Roles.
const (
	RoleNoChange Role = iota
	RoleEqual
	RoleMaster
	RoleSlave
)

// ErrorType is what kind of error it is.
type ErrorType uint16

var errorNames = []string{"HELLO_FAILED", "BAD_REQUEST", "BAD_ACTION", "BAD_INSTRUCTION", "BAD_MATCH", "FLOW_MOD_FAILED", "GROUP_MOD_FAILED",
	"PORT_MOD_FAILED", "TABLE_MOD_FAILED", "QUEUE_OP_FAILED", "SWITCH_CONFIG_FAILED", "ROLE_REQUEST_FAILED", "METER_MOD_FAILED",
	"TABLE_FEATURES_FAILED"}

// Types of errors that a program asks for.
const (
	HelloFailed         ErrorType = 0
	BadRequest          ErrorType = 1
	FlowModFailed       ErrorType = 5
	RoleRequestFailed   ErrorType = 11
	TableFeaturesFailed ErrorType = 13
	ExperimenterError   ErrorType = 0xffff
)

// String is the name in the specification, without OFPET_.
func (t ErrorType) String() string {
	switch {
	case int(t) < len(errorNames):
		return errorNames[t]
	case t == ExperimenterError:
		return "EXPERIMENTER"
	}
	return strconv.Itoa(int(t))
}

// Error says the type and the code.
func (x *Error) Error() string {
	return "openflow: the other side refused: " + x.Kind.String() + ", code " + strconv.Itoa(int(x.Code))
}
