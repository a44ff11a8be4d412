package event

// names are the kinds' names, which are those of their types.
var names = [...]string{
	KindNewchannel: "Newchannel", KindNewstate: "Newstate", KindNewexten: "Newexten", KindNewCallerid: "NewCallerid",
	KindNewConnectedLine: "NewConnectedLine", KindNewAccountCode: "NewAccountCode", KindRename: "Rename", KindVarSet: "VarSet",
	KindHangupRequest: "HangupRequest", KindSoftHangupRequest: "SoftHangupRequest", KindHangup: "Hangup",
	KindDialBegin: "DialBegin", KindDialState: "DialState", KindDialEnd: "DialEnd", KindBridgeCreate: "BridgeCreate",
	KindBridgeDestroy: "BridgeDestroy", KindBridgeEnter: "BridgeEnter", KindBridgeLeave: "BridgeLeave",
	KindBridgeMerge: "BridgeMerge", KindBridgeTechnology: "BridgeTechnology", KindBridgeVideoSource: "BridgeVideoSource",
	KindLocalBridge: "LocalBridge", KindLocalOptimizationBegin: "LocalOptimizationBegin",
	KindLocalOptimizationEnd: "LocalOptimizationEnd", KindDTMFBegin: "DTMFBegin", KindDTMFEnd: "DTMFEnd", KindHold: "Hold",
	KindUnhold: "Unhold", KindMusicOnHoldStart: "MusicOnHoldStart", KindMusicOnHoldStop: "MusicOnHoldStop",
	KindUserEvent: "UserEvent", KindStreamBegin: "StreamBegin", KindStreamEnd: "StreamEnd",
	KindOriginateResponse: "OriginateResponse", KindFullyBooted: "FullyBooted", KindShutdown: "Shutdown", KindReload: "Reload",
	KindModuleLoad: "ModuleLoad", KindPeerStatus: "PeerStatus", KindContactStatus: "ContactStatus",
	KindDeviceStateChange: "DeviceStateChange", KindExtensionStatus: "ExtensionStatus", KindPresenceStatus: "PresenceStatus",
	KindPresenceStateChange: "PresenceStateChange", KindMessageWaiting: "MessageWaiting", KindRegistry: "Registry",
	KindTestEvent: "TestEvent", KindRTCPSent: "RTCPSent", KindRTCPReceived: "RTCPReceived", KindBlindTransfer: "BlindTransfer",
	KindAttendedTransfer: "AttendedTransfer", KindPickup: "Pickup", KindSecurity: "Security",
	KindChannelTalkingStart: "ChannelTalkingStart", KindChannelTalkingStop: "ChannelTalkingStop",
	KindChannelToneDetected: "ChannelToneDetected", KindChannelTransfer: "ChannelTransfer", KindMCID: "MCID",
	KindChanSpyStart: "ChanSpyStart", KindChanSpyStop: "ChanSpyStop", KindMixMonitorStart: "MixMonitorStart",
	KindMixMonitorStop: "MixMonitorStop", KindMixMonitorMute: "MixMonitorMute", KindAGIExecStart: "AGIExecStart",
	KindAGIExecEnd: "AGIExecEnd", KindAsyncAGIStart: "AsyncAGIStart", KindAsyncAGIExec: "AsyncAGIExec",
	KindAsyncAGIEnd: "AsyncAGIEnd", KindCdr: "Cdr", KindCEL: "CEL", KindFAXStatus: "FAXStatus",
	KindPlaybackStarted: "PlaybackStarted", KindGeneric: "Generic", KindSIPTransaction: "SIPTransaction",
	KindMediaStatistics: "MediaStatistics", KindNetwork: "Network", KindARIRequest: "ARIRequest", KindARIEvent: "ARIEvent",
}

// String returns the name of a kind's type.
func (k Kind) String() string {
	if int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}

// A Topic is a kind that encoders listen to.
type Topic struct {
	Kind      Kind
	Listeners int
}

// Topics returns the kinds that somebody listens to.
func (b *Bus) Topics() []Topic {
	var list []Topic
	for k := Kind(0); k < kinds; k++ {
		if n := b.wanted[k].Load(); n > 0 {
			list = append(list, Topic{k, int(n)})
		}
	}
	return list
}
