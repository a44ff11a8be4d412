package openflow

// Actions, §7.2.5.

// Output sends the packet out of a port.
type Output struct {
	_      struct{} `of:"action=0"`
	Port   uint32
	MaxLen uint16 // bytes to the controller; ControllerMax for all without a buffer
	_      [6]byte
}

// CopyTTLOut copies the TTL outwards.
type CopyTTLOut struct {
	_ struct{} `of:"action=11"`
	_ [4]byte
}

// CopyTTLIn copies the TTL inwards.
type CopyTTLIn struct {
	_ struct{} `of:"action=12"`
	_ [4]byte
}

// SetMPLSTTL sets the TTL of the outermost label.
type SetMPLSTTL struct {
	_   struct{} `of:"action=15"`
	TTL uint8
	_   [3]byte
}

// DecMPLSTTL takes one of it.
type DecMPLSTTL struct {
	_ struct{} `of:"action=16"`
	_ [4]byte
}

// PushVLAN puts a tag before the packet.
type PushVLAN struct {
	_         struct{} `of:"action=17"`
	EtherType uint16
	_         [2]byte
}

// PopVLAN takes the outermost tag away.
type PopVLAN struct {
	_ struct{} `of:"action=18"`
	_ [4]byte
}

// PushMPLS puts a label before the packet.
type PushMPLS struct {
	_         struct{} `of:"action=19"`
	EtherType uint16
	_         [2]byte
}

// PopMPLS takes the outermost label away; EtherType is that of what follows.
type PopMPLS struct {
	_         struct{} `of:"action=20"`
	EtherType uint16
	_         [2]byte
}

// SetQueue chooses the queue of the port.
type SetQueue struct {
	_     struct{} `of:"action=21"`
	Queue uint32
}

// Group hands the packet to a group.
type Group struct {
	_     struct{} `of:"action=22"`
	Group uint32
}

// SetNetworkTTL sets the TTL or hop limit.
type SetNetworkTTL struct {
	_   struct{} `of:"action=23"`
	TTL uint8
	_   [3]byte
}

// DecNetworkTTL takes one of it.
type DecNetworkTTL struct {
	_ struct{} `of:"action=24"`
	_ [4]byte
}

// SetField writes a field.
type SetField struct {
	_     struct{} `of:"action=25"`
	Field Field
}

// PushPBB puts a service tag before the packet.
type PushPBB struct {
	_         struct{} `of:"action=26"`
	EtherType uint16
	_         [2]byte
}

// PopPBB takes it away.
type PopPBB struct {
	_ struct{} `of:"action=27"`
	_ [4]byte
}

// ExperimenterAction is an action of somebody's own; its Data is padded to eight
// bytes together with its header.
type ExperimenterAction struct {
	_            struct{} `of:"action=65535"`
	Experimenter uint32
	Data         []byte
}

// Instructions, §7.2.4.

// GotoTable goes on with another table.
type GotoTable struct {
	_     struct{} `of:"instruction=1"`
	Table uint8
	_     [3]byte
}

// WriteMetadata sets the bits of Mask.
type WriteMetadata struct {
	_        struct{} `of:"instruction=2"`
	_        [4]byte
	Metadata uint64
	Mask     uint64
}

// WriteActions adds to the action set.
type WriteActions struct {
	_       struct{} `of:"instruction=3"`
	_       [4]byte
	Actions []Action
}

// ApplyActions does them now, in order.
type ApplyActions struct {
	_       struct{} `of:"instruction=4"`
	_       [4]byte
	Actions []Action
}

// ClearActions empties the action set.
type ClearActions struct {
	_ struct{} `of:"instruction=5"`
	_ [4]byte
}

// Meter lets a meter decide.
type Meter struct {
	_     struct{} `of:"instruction=6"`
	Meter uint32
}

// ExperimenterInstruction is one of somebody's own.
type ExperimenterInstruction struct {
	_            struct{} `of:"instruction=65535"`
	Experimenter uint32
	Data         []byte
}

// Bands of a meter, §7.3.4.4. Rates are in kbit/s or packets/s.

// DropBand drops what is above its rate.
type DropBand struct {
	_     struct{} `of:"band=1"`
	Rate  uint32
	Burst uint32
	_     [4]byte
}

// RemarkBand raises the drop precedence of what is above its rate.
type RemarkBand struct {
	_          struct{} `of:"band=2"`
	Rate       uint32
	Burst      uint32
	Precedence uint8
	_          [3]byte
}

// ExperimenterBand is one of somebody's own.
type ExperimenterBand struct {
	_            struct{} `of:"band=65535"`
	Rate         uint32
	Burst        uint32
	Experimenter uint32
	Data         []byte
}

// PacketQueue is a queue of a port, §7.2.2.
type PacketQueue struct {
	Queue      uint32
	Port       uint32
	_          uint16 `of:"length"`
	_          [6]byte
	Properties []QueueProperty
}

// MinRate is promised to the queue, in tenths of a percent; above 1000 it is off.
type MinRate struct {
	_    struct{} `of:"queue=1"`
	_    [4]byte
	Rate uint16
	_    [6]byte
}

// MaxRate is its limit.
type MaxRate struct {
	_    struct{} `of:"queue=2"`
	_    [4]byte
	Rate uint16
	_    [6]byte
}

// ExperimenterQueue is a property of somebody's own.
type ExperimenterQueue struct {
	_            struct{} `of:"queue=65535"`
	_            [4]byte
	Experimenter uint32
	_            [4]byte
	Data         []byte
}
