package openflow

// The bodies of multipart requests and replies, §7.3.5.

// DescRequest asks who made the switch.
type DescRequest struct {
	_ struct{} `of:"request=0"`
}

// Desc says it.
type Desc struct {
	_            struct{} `of:"reply=0"`
	Manufacturer string   `of:"size=256"`
	Hardware     string   `of:"size=256"`
	Software     string   `of:"size=256"`
	Serial       string   `of:"size=32"`
	Datapath     string   `of:"size=256"`
}

// FlowStatsRequest asks for flows.
type FlowStatsRequest struct {
	_          struct{} `of:"request=1"`
	Table      uint8
	_          [3]byte
	OutPort    uint32
	OutGroup   uint32
	_          [4]byte
	Cookie     uint64
	CookieMask uint64
	Match      Match
}

// FlowStatsReply has them.
type FlowStatsReply struct {
	_     struct{} `of:"reply=1"`
	Flows []FlowStats
}

// FlowStats is one flow.
type FlowStats struct {
	_            uint16 `of:"length"`
	Table        uint8
	_            [1]byte
	DurationSec  uint32
	DurationNsec uint32
	Priority     uint16
	IdleTimeout  uint16
	HardTimeout  uint16
	Flags        FlowFlags
	_            [4]byte
	Cookie       uint64
	Packets      uint64
	Bytes        uint64
	Match        Match
	Instructions []Instruction
}

// AggregateRequest asks for the sum of flows.
type AggregateRequest struct {
	_          struct{} `of:"request=2"`
	Table      uint8
	_          [3]byte
	OutPort    uint32
	OutGroup   uint32
	_          [4]byte
	Cookie     uint64
	CookieMask uint64
	Match      Match
}

// AggregateReply has it.
type AggregateReply struct {
	_       struct{} `of:"reply=2"`
	Packets uint64
	Bytes   uint64
	Flows   uint32
	_       [4]byte
}

// TableStatsRequest asks for the counters of all tables.
type TableStatsRequest struct {
	_ struct{} `of:"request=3"`
}

// TableStatsReply has them.
type TableStatsReply struct {
	_      struct{} `of:"reply=3"`
	Tables []TableStats
}

// TableStats are those of one.
type TableStats struct {
	Table   uint8
	_       [3]byte
	Active  uint32
	Lookups uint64
	Matched uint64
}

// PortStatsRequest asks for the counters of a port, or PortAny.
type PortStatsRequest struct {
	_    struct{} `of:"request=4"`
	Port uint32
	_    [4]byte
}

// PortStatsReply has them.
type PortStatsReply struct {
	_     struct{} `of:"reply=4"`
	Ports []PortStats
}

// PortStats are those of one.
type PortStats struct {
	Port          uint32
	_             [4]byte
	RxPackets     uint64
	TxPackets     uint64
	RxBytes       uint64
	TxBytes       uint64
	RxDropped     uint64
	TxDropped     uint64
	RxErrors      uint64
	TxErrors      uint64
	RxFrameErrors uint64
	RxOverErrors  uint64
	RxCRCErrors   uint64
	Collisions    uint64
	DurationSec   uint32
	DurationNsec  uint32
}

// QueueStatsRequest asks for the counters of queues.
type QueueStatsRequest struct {
	_     struct{} `of:"request=5"`
	Port  uint32
	Queue uint32
}

// QueueStatsReply has them.
type QueueStatsReply struct {
	_      struct{} `of:"reply=5"`
	Queues []QueueStats
}

// QueueStats are those of one.
type QueueStats struct {
	Port         uint32
	Queue        uint32
	TxBytes      uint64
	TxPackets    uint64
	TxErrors     uint64
	DurationSec  uint32
	DurationNsec uint32
}

// GroupStatsRequest asks for the counters of a group, or GroupAll.
type GroupStatsRequest struct {
	_     struct{} `of:"request=6"`
	Group uint32
	_     [4]byte
}

// GroupStatsReply has them.
type GroupStatsReply struct {
	_      struct{} `of:"reply=6"`
	Groups []GroupStats
}

// GroupStats are those of one.
type GroupStats struct {
	_            uint16 `of:"length"`
	_            [2]byte
	Group        uint32
	References   uint32
	_            [4]byte
	Packets      uint64
	Bytes        uint64
	DurationSec  uint32
	DurationNsec uint32
	Buckets      []Counter
}

// Counter counts for a bucket or a band.
type Counter struct {
	Packets uint64
	Bytes   uint64
}

// GroupDescRequest asks for all groups.
type GroupDescRequest struct {
	_ struct{} `of:"request=7"`
}

// GroupDescReply has them.
type GroupDescReply struct {
	_      struct{} `of:"reply=7"`
	Groups []GroupDesc
}

// GroupDesc is one.
type GroupDesc struct {
	_       uint16 `of:"length"`
	Kind    GroupType
	_       [1]byte
	Group   uint32
	Buckets []Bucket
}

// GroupFeaturesRequest asks what groups the switch can have.
type GroupFeaturesRequest struct {
	_ struct{} `of:"request=8"`
}

// GroupFeatures says it, for each GroupType.
type GroupFeatures struct {
	_            struct{} `of:"reply=8"`
	Types        uint32
	Capabilities uint32
	MaxGroups    [4]uint32
	Actions      [4]uint32
}

// MeterStatsRequest asks for the counters of a meter, or MeterAll.
type MeterStatsRequest struct {
	_     struct{} `of:"request=9"`
	Meter uint32
	_     [4]byte
}

// MeterStatsReply has them.
type MeterStatsReply struct {
	_      struct{} `of:"reply=9"`
	Meters []MeterStats
}

// MeterStats are those of one.
type MeterStats struct {
	Meter        uint32
	_            uint16 `of:"length"`
	_            [6]byte
	Flows        uint32
	PacketsIn    uint64
	BytesIn      uint64
	DurationSec  uint32
	DurationNsec uint32
	Bands        []Counter
}

// MeterConfigRequest asks for a meter, or MeterAll.
type MeterConfigRequest struct {
	_     struct{} `of:"request=10"`
	Meter uint32
	_     [4]byte
}

// MeterConfigReply has it.
type MeterConfigReply struct {
	_      struct{} `of:"reply=10"`
	Meters []MeterConfig
}

// MeterConfig is one meter.
type MeterConfig struct {
	_     uint16 `of:"length"`
	Flags MeterFlags
	Meter uint32
	Bands []Band
}

// MeterFeaturesRequest asks what meters the switch can have.
type MeterFeaturesRequest struct {
	_ struct{} `of:"request=11"`
}

// MeterFeatures says it.
type MeterFeatures struct {
	_            struct{} `of:"reply=11"`
	MaxMeter     uint32
	BandTypes    uint32
	Capabilities uint32
	MaxBands     uint8
	MaxColor     uint8
	_            [2]byte
}

// TableFeaturesRequest asks what the tables can do; with Tables it asks the
// switch to make them so.
type TableFeaturesRequest struct {
	_      struct{} `of:"request=12"`
	Tables []TableFeatures
}

// TableFeaturesReply says it.
type TableFeaturesReply struct {
	_      struct{} `of:"reply=12"`
	Tables []TableFeatures
}

// TableFeatures is one table, §7.3.5.5.
type TableFeatures struct {
	_             uint16 `of:"length"`
	Table         uint8
	_             [5]byte
	Name          string `of:"size=32"`
	MetadataMatch uint64
	MetadataWrite uint64
	Config        uint32
	MaxEntries    uint32
	Properties    []TableProperty
}

// InstructionsProperty (0, for a miss 1) lists instructions.
type InstructionsProperty struct {
	_    struct{} `of:"property=0|1"`
	Kind uint16   `of:"kind"`
	IDs  []TypeID
}

// NextTablesProperty (2, 3) lists tables that may be gone to.
type NextTablesProperty struct {
	_      struct{} `of:"property=2|3"`
	Kind   uint16   `of:"kind"`
	Tables []byte
}

// ActionsProperty lists actions: written (4, 5), applied (6, 7).
type ActionsProperty struct {
	_    struct{} `of:"property=4|5|6|7"`
	Kind uint16   `of:"kind"`
	IDs  []TypeID
}

// FieldsProperty lists fields by their headers: matched (8), wildcarded (10),
// written by the action set (12, 13), applied (14, 15).
type FieldsProperty struct {
	_       struct{} `of:"property=8|10|12|13|14|15"`
	Kind    uint16   `of:"kind"`
	Headers []uint32
}

// ExperimenterProperty is one of somebody's own.
type ExperimenterProperty struct {
	_            struct{} `of:"property=65534|65535"`
	Kind         uint16   `of:"kind"`
	Experimenter uint32
	Data         []byte
}

// TypeID is the head of an action or instruction.
type TypeID struct {
	Kind uint16
	_    uint16 `of:"length"`
	Data []byte // of experimenters
}

// PortDescRequest asks for all ports.
type PortDescRequest struct {
	_ struct{} `of:"request=13"`
}

// PortDescReply has them.
type PortDescReply struct {
	_     struct{} `of:"reply=13"`
	Ports []Port
}

// ExperimenterRequest asks something of somebody's own.
type ExperimenterRequest struct {
	_            struct{} `of:"request=65535"`
	Experimenter uint32
	Kind         uint32
	Data         []byte
}

// ExperimenterReply answers.
type ExperimenterReply struct {
	_            struct{} `of:"reply=65535"`
	Experimenter uint32
	Kind         uint32
	Data         []byte
}
