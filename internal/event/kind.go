package event

// Kind tells the events apart without looking into them.
type Kind uint8

// The kinds, one for each event type.
const (
	KindNewchannel Kind = iota
	KindNewstate
	KindNewexten
	KindNewCallerid
	KindNewConnectedLine
	KindNewAccountCode
	KindRename
	KindVarSet
	KindHangupRequest
	KindSoftHangupRequest
	KindHangup
	KindDialBegin
	KindDialState
	KindDialEnd
	KindBridgeCreate
	KindBridgeDestroy
	KindBridgeEnter
	KindBridgeLeave
	KindBridgeMerge
	KindBridgeTechnology
	KindBridgeVideoSource
	KindLocalBridge
	KindLocalOptimizationBegin
	KindLocalOptimizationEnd
	KindDTMFBegin
	KindDTMFEnd
	KindHold
	KindUnhold
	KindMusicOnHoldStart
	KindMusicOnHoldStop
	KindUserEvent
	KindStreamBegin
	KindStreamEnd
	KindOriginateResponse
	KindFullyBooted
	KindShutdown
	KindReload
	KindModuleLoad
	KindPeerStatus
	KindContactStatus
	KindDeviceStateChange
	KindExtensionStatus
	KindPresenceStatus
	KindPresenceStateChange
	KindMessageWaiting
	KindRegistry
	KindTestEvent
	KindRTCPSent
	KindRTCPReceived
	KindBlindTransfer
	KindAttendedTransfer
	KindPickup
	KindSecurity
	KindChannelTalkingStart
	KindChannelTalkingStop
	KindChannelToneDetected
	KindChannelTransfer
	KindMCID
	KindChanSpyStart
	KindChanSpyStop
	KindMixMonitorStart
	KindMixMonitorStop
	KindMixMonitorMute
	KindAGIExecStart
	KindAGIExecEnd
	KindAsyncAGIStart
	KindAsyncAGIExec
	KindAsyncAGIEnd
	KindCdr
	KindCEL
	KindFAXStatus
	KindPlaybackStarted
	KindGeneric
	KindSIPTransaction
	KindMediaStatistics
	KindNetwork
	KindARIRequest
	KindARIEvent

	kinds
)

// Kind implements Event.
func (*Newchannel) Kind() Kind { return KindNewchannel }

// Kind implements Event.
func (*Newstate) Kind() Kind { return KindNewstate }

// Kind implements Event.
func (*Newexten) Kind() Kind { return KindNewexten }

// Kind implements Event.
func (*NewCallerid) Kind() Kind { return KindNewCallerid }

// Kind implements Event.
func (*NewConnectedLine) Kind() Kind { return KindNewConnectedLine }

// Kind implements Event.
func (*NewAccountCode) Kind() Kind { return KindNewAccountCode }

// Kind implements Event.
func (*Rename) Kind() Kind { return KindRename }

// Kind implements Event.
func (*VarSet) Kind() Kind { return KindVarSet }

// Kind implements Event.
func (*HangupRequest) Kind() Kind { return KindHangupRequest }

// Kind implements Event.
func (*SoftHangupRequest) Kind() Kind { return KindSoftHangupRequest }

// Kind implements Event.
func (*Hangup) Kind() Kind { return KindHangup }

// Kind implements Event.
func (*DialBegin) Kind() Kind { return KindDialBegin }

// Kind implements Event.
func (*DialState) Kind() Kind { return KindDialState }

// Kind implements Event.
func (*DialEnd) Kind() Kind { return KindDialEnd }

// Kind implements Event.
func (*BridgeCreate) Kind() Kind { return KindBridgeCreate }

// Kind implements Event.
func (*BridgeDestroy) Kind() Kind { return KindBridgeDestroy }

// Kind implements Event.
func (*BridgeEnter) Kind() Kind { return KindBridgeEnter }

// Kind implements Event.
func (*BridgeLeave) Kind() Kind { return KindBridgeLeave }

// Kind implements Event.
func (*BridgeMerge) Kind() Kind { return KindBridgeMerge }

// Kind implements Event.
func (*BridgeTechnology) Kind() Kind { return KindBridgeTechnology }

// Kind implements Event.
func (*BridgeVideoSource) Kind() Kind { return KindBridgeVideoSource }

// Kind implements Event.
func (*LocalBridge) Kind() Kind { return KindLocalBridge }

// Kind implements Event.
func (*LocalOptimizationBegin) Kind() Kind { return KindLocalOptimizationBegin }

// Kind implements Event.
func (*LocalOptimizationEnd) Kind() Kind { return KindLocalOptimizationEnd }

// Kind implements Event.
func (*StreamBegin) Kind() Kind { return KindStreamBegin }

// Kind implements Event.
func (*StreamEnd) Kind() Kind { return KindStreamEnd }

// Kind implements Event.
func (*DTMFBegin) Kind() Kind { return KindDTMFBegin }

// Kind implements Event.
func (*DTMFEnd) Kind() Kind { return KindDTMFEnd }

// Kind implements Event.
func (*Hold) Kind() Kind { return KindHold }

// Kind implements Event.
func (*Unhold) Kind() Kind { return KindUnhold }

// Kind implements Event.
func (*MusicOnHoldStart) Kind() Kind { return KindMusicOnHoldStart }

// Kind implements Event.
func (*MusicOnHoldStop) Kind() Kind { return KindMusicOnHoldStop }

// Kind implements Event.
func (*UserEvent) Kind() Kind { return KindUserEvent }

// Kind implements Event.
func (*OriginateResponse) Kind() Kind { return KindOriginateResponse }

// Kind implements Event.
func (*FullyBooted) Kind() Kind { return KindFullyBooted }

// Kind implements Event.
func (*Shutdown) Kind() Kind { return KindShutdown }

// Kind implements Event.
func (*Reload) Kind() Kind { return KindReload }

// Kind implements Event.
func (*ModuleLoad) Kind() Kind { return KindModuleLoad }

// Kind implements Event.
func (*PeerStatus) Kind() Kind { return KindPeerStatus }

// Kind implements Event.
func (*ContactStatus) Kind() Kind { return KindContactStatus }

// Kind implements Event.
func (*DeviceStateChange) Kind() Kind { return KindDeviceStateChange }

// Kind implements Event.
func (*ExtensionStatus) Kind() Kind { return KindExtensionStatus }

// Kind implements Event.
func (*PresenceStatus) Kind() Kind { return KindPresenceStatus }

// Kind implements Event.
func (*PresenceStateChange) Kind() Kind { return KindPresenceStateChange }

// Kind implements Event.
func (*MessageWaiting) Kind() Kind { return KindMessageWaiting }

// Kind implements Event.
func (*Registry) Kind() Kind { return KindRegistry }

// Kind implements Event.
func (*TestEvent) Kind() Kind { return KindTestEvent }

// Kind implements Event.
func (*RTCPSent) Kind() Kind { return KindRTCPSent }

// Kind implements Event.
func (*RTCPReceived) Kind() Kind { return KindRTCPReceived }

// Kind implements Event.
func (*BlindTransfer) Kind() Kind { return KindBlindTransfer }

// Kind implements Event.
func (*AttendedTransfer) Kind() Kind { return KindAttendedTransfer }

// Kind implements Event.
func (*Pickup) Kind() Kind { return KindPickup }

// Kind implements Event.
func (*Security) Kind() Kind { return KindSecurity }

// Kind implements Event.
func (*ChannelTalkingStart) Kind() Kind { return KindChannelTalkingStart }

// Kind implements Event.
func (*ChannelTalkingStop) Kind() Kind { return KindChannelTalkingStop }

// Kind implements Event.
func (*ChannelToneDetected) Kind() Kind { return KindChannelToneDetected }

// Kind implements Event.
func (*ChannelTransfer) Kind() Kind { return KindChannelTransfer }

// Kind implements Event.
func (*MCID) Kind() Kind { return KindMCID }

// Kind implements Event.
func (*ChanSpyStart) Kind() Kind { return KindChanSpyStart }

// Kind implements Event.
func (*ChanSpyStop) Kind() Kind { return KindChanSpyStop }

// Kind implements Event.
func (*MixMonitorStart) Kind() Kind { return KindMixMonitorStart }

// Kind implements Event.
func (*MixMonitorStop) Kind() Kind { return KindMixMonitorStop }

// Kind implements Event.
func (*MixMonitorMute) Kind() Kind { return KindMixMonitorMute }

// Kind implements Event.
func (*AGIExecStart) Kind() Kind { return KindAGIExecStart }

// Kind implements Event.
func (*AGIExecEnd) Kind() Kind { return KindAGIExecEnd }

// Kind implements Event.
func (*AsyncAGIStart) Kind() Kind { return KindAsyncAGIStart }

// Kind implements Event.
func (*AsyncAGIExec) Kind() Kind { return KindAsyncAGIExec }

// Kind implements Event.
func (*AsyncAGIEnd) Kind() Kind { return KindAsyncAGIEnd }

// Kind implements Event.
func (*Cdr) Kind() Kind { return KindCdr }

// Kind implements Event.
func (*CEL) Kind() Kind { return KindCEL }

// Kind implements Event.
func (*FAXStatus) Kind() Kind { return KindFAXStatus }

// Kind implements Event.
func (*PlaybackStarted) Kind() Kind { return KindPlaybackStarted }

// Kind implements Event.
func (*Generic) Kind() Kind { return KindGeneric }

// Kind implements Event.
func (*SIPTransaction) Kind() Kind { return KindSIPTransaction }

// Kind implements Event.
func (*MediaStatistics) Kind() Kind { return KindMediaStatistics }
