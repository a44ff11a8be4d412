package event

import "time"

// ChannelState is how far a leg has come.
type ChannelState uint8

// The states of a leg; the numbers are those that AMI prints.
const (
	Down ChannelState = iota
	Reserved
	OffHook
	Dialing
	Ring    // we are being called: it rings here
	Ringing // we call: it rings there
	Up
	Busy
	DialingOffHook
	PreRing
)

var stateNames = [...]string{"Down", "Rsrvd", "OffHook", "Dialing", "Ring", "Ringing", "Up", "Busy", "Dialing Offhook", "Pre-ring"}

// String returns the description that AMI and the console print.
func (s ChannelState) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "Unknown"
}

// A Channel is the immutable snapshot of a leg at one moment.
type Channel struct {
	Name       string
	UniqueID   string
	LinkedID   string
	Technology string
	State      ChannelState
	Caller     Party
	Connected  Party
	DialedNum  string // what was dialled to reach this exchange
	Redirect   Redirection

	Language    string
	AccountCode string
	PeerAccount string
	TenantID    string
	AMAFlags    int
	MusicClass  string
	ParkingLot  string
	CallGroup   uint64
	PickupGroup uint64
	// The groups that have names, sorted and joined by ", ".
	NamedCallGroups, NamedPickupGroups string

	Context     string
	Exten       string
	Priority    int
	Application string
	Data        string

	Created  time.Time
	BridgeID string // of the bridge that the leg is in, or empty
	// TechCause is the technology's own number for why the leg ended: a SIP status, or 0.
	TechCause   int
	HangupCause int    // Q.850
	HangupBy    string // name of the channel or part that hung up
	Outgoing    bool   // we made this leg, it did not come to us
	CallNumber  uint32 // the C-%08x of the log
	Protocol    string // the technology's own identifier: the Call-ID
	Internal    bool   // not to be shown: recorders, announcers
	Ending      bool   // h or a hang-up handler runs
	Subroutine  bool   // a subroutine runs on behalf of an application, which is not where the call has got to
	Gosub       bool   // a Gosub has not returned
	ANI         Party  // who pays for the call
	UserField   string // the administrator's own text

	// Vars are the variables that the interfaces were told to show with every event.
	Vars []Variable
	// Reported are those that programs of the REST interface are shown.
	Reported []Reported
}

// A Variable is a name and its value.
type Variable struct{ Name, Value string }

// A Reported is a variable, or a function whose value Late reads when it is wanted.
type Reported struct {
	Name, Value string
	Late        func() string // nil for a variable
}

// Text is its value.
func (r Reported) Text() string {
	if r.Late != nil {
		return r.Late()
	}
	return r.Value
}

// A Bridge is the immutable snapshot of a bridge at one moment.
type Bridge struct {
	ID         string
	Type       string // "basic", "stasis", "holding" …: what it was made for
	Technology string // "simple_bridge", "native_rtp", "softmix", "holding_bridge"
	Creator    string
	Name       string
	Channels   []string // unique IDs, in the order of entering
	// Reported are the bridge's variables that programs are shown.
	Reported  []Variable
	VideoMode string // "none", "talker", "single", "sfu"
	VideoID   string
	Created   time.Time
}
