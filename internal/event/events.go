package event

import (
	"net/netip"
	"time"
)

// Newchannel: A leg came into being.
type Newchannel struct {
	Channel *Channel
}

// Newstate: A leg changed its state.
type Newstate struct {
	Channel *Channel
}

// Newexten: A leg starts a step of the dialplan.
type Newexten struct {
	Channel           *Channel
	Extension         string
	Application, Data string
}

// NewCallerid: A leg's caller ID changed.
type NewCallerid struct {
	Channel *Channel
}

// NewConnectedLine: A leg learned who it is connected to.
type NewConnectedLine struct {
	Channel *Channel
}

// NewAccountCode: A leg's account code changed.
type NewAccountCode struct {
	Channel *Channel
	Old     string
}

// Rename: A leg got another name.
type Rename struct {
	Channel  *Channel
	Old, New string
}

// VarSet: A variable of a leg, or with a nil Channel a global one, got a value.
type VarSet struct {
	Channel     *Channel
	Name, Value string
}

// HangupRequest: The far end asked for the end of a leg.
type HangupRequest struct {
	Channel *Channel
	Cause   int // negative where nobody says
}

// SoftHangupRequest: Somebody inside asked for the end of a leg.
type SoftHangupRequest struct {
	Channel *Channel
	Cause   int
}

// Hangup: A leg is gone.
type Hangup struct {
	Channel    *Channel
	Cause      int
	CauseText  string
	DialStatus string // of the last that it dialled
}

// DialBegin: A leg (nil for an originated call) starts to call another.
type DialBegin struct {
	Channel, Peer *Channel
	DialString    string
}

// DialState: A call that was begun has come further.
type DialState struct {
	Channel, Peer   *Channel
	Status, Forward string
	DialString      string // what was dialled, in a call of the exchange's own
}

// DialEnd: A call that was begun was answered or given up.
type DialEnd struct {
	Channel, Peer   *Channel
	Status, Forward string
	DialString      string // what was dialled, where a call of the exchange's own was answered
}

// BridgeCreate: A bridge came into being.
type BridgeCreate struct {
	Bridge *Bridge
}

// BridgeDestroy: A bridge is gone.
type BridgeDestroy struct {
	Bridge *Bridge
}

// BridgeEnter: A leg entered a bridge.
type BridgeEnter struct {
	Bridge  *Bridge
	Channel *Channel
	Swap    string
	Fetched bool // out of what it did by itself, by another
}

// BridgeLeave: A leg left a bridge.
type BridgeLeave struct {
	Bridge  *Bridge
	Channel *Channel
}

// BridgeMerge: One bridge took all legs of another.
type BridgeMerge struct {
	To, From *Bridge
}

// BridgeTechnology: A bridge joins its legs in another way now.
type BridgeTechnology struct {
	Bridge *Bridge
	Old    string
}

// BridgeVideoSource: Another leg's picture is seen in a bridge.
type BridgeVideoSource struct {
	Bridge *Bridge
	Old    string // the unique ID of who was seen before, or empty
}

// LocalBridge: The halves of a Local channel were joined.
type LocalBridge struct {
	One, Two       *Channel
	Context, Exten string
	Optimize       bool
}

// LocalOptimizationBegin: A Local channel starts to take itself out of the call.
type LocalOptimizationBegin struct {
	One, Two, Source *Channel
	Destination      string
	ID               uint64
}

// LocalOptimizationEnd: A Local channel has taken itself out of the call, or failed to.
type LocalOptimizationEnd struct {
	One, Two *Channel
	Success  bool
	ID       uint64
}

// StreamBegin: A sound begins to play to a leg. It is told where somebody wants to know,
// as the call records do.
type StreamBegin struct {
	Channel                 *Channel
	Sound, Format, Language string
}

// StreamEnd: That sound has ended.
type StreamEnd struct {
	Channel *Channel
}

// DTMFBegin: A key went down. Received tells the direction: from the leg or to it.
type DTMFBegin struct {
	Channel  *Channel
	Digit    byte
	Received bool
}

// DTMFEnd: A key went up.
type DTMFEnd struct {
	Channel  *Channel
	Digit    byte
	Duration time.Duration
	Received bool
}

// Hold: A leg put us on hold.
type Hold struct {
	Channel    *Channel
	MusicClass string
}

// Unhold: A leg took us from hold.
type Unhold struct {
	Channel *Channel
}

// MusicOnHoldStart: A leg hears music.
type MusicOnHoldStart struct {
	Channel *Channel
	Class   string
}

// MusicOnHoldStop: A leg hears no more music.
type MusicOnHoldStop struct {
	Channel *Channel
}

// UserEvent: The dialplan or a client tells something of its own. Channel may be nil.
type UserEvent struct {
	Channel *Channel
	Name    string
	Fields  []Variable
	Lines   []string // what a client of AMI told, which may be no fields; without line feeds
	// Addressed is set where the application that is to hear of it has been told.
	Addressed bool
}

// OriginateResponse: An asynchronous Originate has ended.
type OriginateResponse struct {
	Response                          string
	ActionID                          string
	Channel                           *Channel
	DialString                        string
	Context, Exten, Application, Data string
	Reason                            int
	UniqueID                          string
	CallerNum, CallerName             string
}

// FullyBooted: The exchange is ready.
type FullyBooted struct {
	Uptime, LastReload time.Duration
}

// Shutdown: The exchange stops.
type Shutdown struct {
	Restart bool
	Cleanly bool
}

// Reload: A module read its configuration again.
type Reload struct {
	Module string
	Status int
}

// ModuleLoad: A module was loaded (or unloaded).
type ModuleLoad struct {
	Module string
	Status string
	Unload bool
}

// PeerStatus: A phone or trunk registered, went away or was reached.
type PeerStatus struct {
	Technology, Peer, Status, Cause, Address string
	Port                                     int // of Address, where that has none; 0 is not told
	RTT                                      time.Duration
}

// ContactStatus: A contact of an endpoint came, went or changed its reachability.
type ContactStatus struct {
	URI, Status, AOR, Endpoint                                                                                               string
	RTT                                                                                                                      time.Duration
	UserAgent, RegExpire, ViaAddress, CallID, ID, AuthenticateQualify, OutboundProxy, Path, QualifyFrequency, QualifyTimeout string
}

// DeviceStateChange: A device became busy, free, …
type DeviceStateChange struct {
	Device, State string
}

// ExtensionStatus: A hint changed.
type ExtensionStatus struct {
	Exten, Context, Hint string
	Status               int
	StatusText           string
}

// PresenceStatus: A presence hint changed.
type PresenceStatus struct {
	Exten, Context, Hint, Status, Subtype, Message string
}

// PresenceStateChange: A presence provider changed its state.
type PresenceStateChange struct {
	Presentity, Status, Subtype, Message string
}

// MessageWaiting: A mailbox's counts changed.
type MessageWaiting struct {
	Mailbox  string
	New, Old int
	Remote   bool // another exchange has the messages
	// Elsewhere: voicemail does not know the mailbox; the dialplan said how many wait.
	Elsewhere bool
	Channel   *Channel
}

// Registry: An outgoing registration changed its state.
type Registry struct {
	Technology, Username, Domain, Status, Cause string
}

// TestEvent: A point in the code that a test waits for was passed.
type TestEvent struct {
	State, Function, File string
	Line                  int
	Fields                []Variable
}

// RTCPSent: A report was sent.
type RTCPSent struct {
	Channel *Channel
	RTCPReport
}

// RTCPReceived: A report arrived.
type RTCPReceived struct {
	Channel *Channel
	RTCPReport
}

// RTCPReport is a sender or receiver report (RFC 3550 §6.4).
type RTCPReport struct {
	From, To        netip.AddrPort
	SSRC            uint32
	Sender          bool // the next four are a sender report's
	NTP             time.Time
	Timestamp       uint32
	Packets, Octets uint32
	RTT             time.Duration // of a received report; 0 if unknown
	Score           float64       // media experience score, 0-100; 0 is not told
	Blocks          []RTCPBlock
}

// RTCPBlock says how one source is received.
type RTCPBlock struct {
	SSRC                    uint32
	FractionLost            uint8 // of 256
	TotalLost               uint32
	HighestSequence, Cycles uint16
	Jitter                  uint32 // in ticks of the RTP clock
	LastSR                  uint32
	Delay                   time.Duration // since then
}

// BlindTransfer: A leg was transferred blindly.
type BlindTransfer struct {
	Result                 string
	Transferer, Transferee *Channel
	Bridge                 *Bridge
	External               bool
	Context, Exten         string
	// Replace is the half of a Local channel that took the transferer's place, if one did.
	Replace *Channel
}

// AttendedTransfer: A leg was transferred after a consultation.
type AttendedTransfer struct {
	Result                                               string
	OrigTransferer, SecondTransferer, Transferee, Target *Channel
	OrigBridge, SecondBridge                             *Bridge
	External                                             bool
	DestType                                             string
	DestApp, DestBridge                                  string
	OneLocal, TwoLocal                                   *Channel
	// Replace is the half of a Local channel that took a transferer's place, if one did.
	Replace *Channel
}

// Pickup: A leg took the ringing of another.
type Pickup struct {
	Channel, Target *Channel
}

// Security: Something that matters for security: a wrong password, an unknown account.
type Security struct {
	Name, Severity, Service, AccountID, SessionID, LocalAddress, RemoteAddress string
	Fields                                                                     []Variable
}

// Lines are the fields of the event behind its name, in the order in which AMI
// and the security log have them.
func (e *Security) Lines(at time.Time) []Variable {
	version := "1"
	if e.Name == "InvalidPassword" { // the one of which there was an earlier form
		version = "2"
	}
	list := []Variable{{Name: "EventTV", Value: at.UTC().Format("2006-01-02T15:04:05.000-0700")}, {Name: "Severity", Value: e.Severity},
		{Name: "Service", Value: e.Service}, {Name: "EventVersion", Value: version}}
	if e.Name != "RequestBadFormat" { // which may come from nobody, and has it last
		list = append(list, Variable{Name: "AccountID", Value: e.AccountID})
	}
	list = append(list, Variable{Name: "SessionID", Value: e.SessionID},
		Variable{Name: "LocalAddress", Value: e.LocalAddress}, Variable{Name: "RemoteAddress", Value: e.RemoteAddress})
	return append(list, e.Fields...)
}

// ChannelTalkingStart: Somebody begins to talk.
type ChannelTalkingStart struct {
	Channel *Channel
}

// ChannelTalkingStop: Somebody has stopped talking.
type ChannelTalkingStop struct {
	Channel  *Channel
	Duration time.Duration
}

// ChannelToneDetected: A tone that TONE_DETECT looks for was heard. ARI alone tells it.
type ChannelToneDetected struct {
	Channel *Channel
}

// ChannelTransfer: A phone asks for a transfer that a client is to do, or a client tells how it goes.
// ARI alone tells it.
type ChannelTransfer struct {
	Channel   *Channel // of who asks
	Connected *Channel // whom it talks to, or nil
	Bridge    *Bridge  // where, or nil
	State     string   // "" as it begins
	// Destination is who is to be called. Protocol and Parameters say which call is to be joined, if one is.
	Destination, Protocol string
	Parameters            []Variable
	// Target is the leg of that call, if it is one of ours, TargetConnected and TargetBridge whom it talks to.
	Target, TargetConnected *Channel
	TargetBridge            *Bridge
}

// MCID: Malicious call identification was asked for.
type MCID struct {
	Channel *Channel
}

// ChanSpyStart: A spy listens.
type ChanSpyStart struct {
	Spyer, Spyee *Channel
}

// ChanSpyStop: A spy listens no more.
type ChanSpyStop struct {
	Spyer, Spyee *Channel
}

// MixMonitorStart: A recording of a leg begins.
type MixMonitorStart struct {
	Channel *Channel
}

// MixMonitorStop: A recording of a leg ends.
type MixMonitorStop struct {
	Channel *Channel
}

// MixMonitorMute: A recording of a leg was muted.
type MixMonitorMute struct {
	Channel   *Channel
	Direction string
	State     bool
}

// AGIExecStart: An AGI command begins.
type AGIExecStart struct {
	Channel            *Channel
	Command, CommandID string
	Name               string // of the command, without its arguments; "" for an unknown one
}

// AGIExecEnd: An AGI command has ended.
type AGIExecEnd struct {
	Channel            *Channel
	Command, CommandID string
	ResultCode         int
	Result             string
}

// AsyncAGIStart: A leg waits for AGI commands.
type AsyncAGIStart struct {
	Channel *Channel
	Env     string
}

// AsyncAGIExec: An AGI command has its result.
type AsyncAGIExec struct {
	Channel           *Channel
	CommandID, Result string
}

// AsyncAGIEnd: A leg waits for AGI commands no more.
type AsyncAGIEnd struct {
	Channel *Channel
}

// Cdr: A call record is complete.
type Cdr struct {
	AccountCode, Source, Destination, DestinationContext, CallerID string
	Channel, DestinationChannel, LastApplication, LastData         string

	Start, Answer, End              time.Time // Answer is zero for a call that nobody answered
	Duration, BillableSeconds       int
	Disposition, AMAFlags, UniqueID string
	UserField                       string
	// Mapped are the further fields that cdr_manager.conf asks for.
	Mapped []Variable
}

// CEL: A step in the life of a channel was noted.
type CEL struct {
	Name    string
	Channel *Channel
	Time    time.Time
	// When is Time as clients are shown it.
	When, UserField, Peer, Extra string
	// UserDefined is the name of an event of the administrator's own, where it is told beside Name.
	UserDefined string
}

// FAXStatus: A fax has come further.
type FAXStatus struct {
	Channel                                     *Channel
	Operation, Status, LocalStationID, Filename string
}

// PlaybackStarted: A sound starts (Finish false) or has ended.
type PlaybackStarted struct {
	Channel *Channel
	Finish  bool
	ID      string
	File    string
}

// Generic: What a part of the exchange tells in AMI's own terms: queues, conferences, parking. Class is the privilege.
type Generic struct {
	Name, Class string
	Lead        []Variable // before the snapshots
	Bridge      *Bridge
	Channel     *Channel
	Dest        *Channel // the other one; may be nil
	Named       []Prefixed
	Fields      []Variable
}

// Prefixed is a channel whose keys have a word before them.
type Prefixed struct {
	Prefix  string
	Channel *Channel
}
