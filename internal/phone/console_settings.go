package phone

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// sipSettings prints "sip show settings": the columns are the reference's.
func (d *Driver) sipSettings(w io.Writer, _ []string) error {
	m := d.Model()
	fresh := &Endpoint{Peer: &Peer{Transports: []string{"udp"}}}
	if m.defaults != nil {
		fresh = m.defaults
	}
	fmt.Fprint(w, "\n\nGlobal Settings:\n----------------\n")
	printSettings(w, d.globalSettings(m, fresh))
	fmt.Fprint(w, "\nNetwork QoS Settings:\n---------------------------\n")
	printSettings(w, qosSettings(m, fresh))
	fmt.Fprint(w, "\nNetwork Settings:\n---------------------------\n")
	printSettings(w, networkSettings(m, d.resolved.Load()))
	fmt.Fprint(w, "\nGlobal Signalling Settings:\n---------------------------\n")
	printSettings(w, signallingSettings(m, fresh))
	fmt.Fprint(w, "\nDefault Settings:\n-----------------\n")
	printSettings(w, defaultSettings(m, fresh))
	if d.lending.lends() {
		fmt.Fprint(w, "\nRealtime SIP Settings:\n----------------------\n")
		printSettings(w, d.lendSettings(m))
	}
	fmt.Fprint(w, "\n----\n")
	return nil
}

func (d *Driver) globalSettings(m *Model, e *Endpoint) []field {
	g := m.Global.General
	bound := func(protocol string) string {
		if t := m.Transport(protocol); t != nil {
			return t.bound().String()
		}
		return "Disabled"
	}
	support, correction, datagram := t38Word(e.T38)
	return []field{
		{"UDP Bindaddress:", bound("udp")}, {"TCP SIP Bindaddress:", bound("tcp")}, {"TLS SIP Bindaddress:", bound("tls")},
		{"RTP Bindaddress:", "Disabled"}, {"Videosupport:", choose(e.Peer.VideoSupport == "yes", "Yes", "No")}, {"Textsupport:", yes(e.Peer.TextSupport)},
		{"Ignore SDP sess. ver.:", yes(e.Peer.IgnoreSDPVersion)}, {"AutoCreate Peer:", g.AutoCreatePeer.String()}, {"Match Auth Username:", yes(g.MatchAuthUsername)},
		{"Allow unknown access:", yes(g.AllowGuest)}, {"Allow subscriptions:", yes(e.AllowSubscribe)},
		{"Allow overlap dialing:", yes(e.AllowOverlap)}, {"Allow promisc. redir:", yes(e.Peer.PromiscRedir)},
		{"Enable call counters:", yes(g.CallCounter)}, {"SIP domain support:", yes(len(g.Domains) > 0)}, {"Path support :", "No"},
		{"Realm. auth:", yes(len(g.Realms) > 0)}, {"Our auth realm", m.Global.Realm}, {"Use domains as realms:", yes(g.DomainsAsRealm)},
		{"Call to non-local dom.:", yes(g.AllowExternalDomains)}, {"URI user is phone no:", yes(e.UserEqPhone)},
		{"Always auth rejects:", yes(g.AlwaysAuthReject)}, {"Direct RTP setup:", "No"}, {"User Agent:", m.Global.UserAgent},
		{"SDP Session Name:", g.SDPSession}, {"SDP Owner Name:", g.SDPOwner}, {"Reg. context:", choose(m.Global.RegContext == "", "(not set)", m.Global.RegContext)},
		{"Regexten on Qualify:", yes(g.RegextenOnQualify)}, {"Trust RPID:", yes(e.TrustIDInbound)}, {"Send RPID:", yes(e.Peer.SendRPID != "no")},
		{"Legacy userfield parse:", yes(g.LegacyUserFieldParsing)}, {"Send Diversion:", yes(e.SendDiversion)}, {"Caller ID:", m.Global.FromUser},
		{"From: Domain:", m.Global.FromDomain}, {"Record SIP history:", choose(d.trace.dialogs.recording.Load(), "On", "Off")}, {"Auth. Failure Events:", choose(g.AuthFailureEvents, "On", "Off")},
		{"T.38 support:", support}, {"T.38 EC mode:", correction}, {"T.38 MaxDtgrm:", datagram}, {"SIP realtime:", choose(d.lending.lends(), "Enabled", "Disabled")},
		{"Qualify Freq :", fmt.Sprintf("%d ms", g.QualifyFrequency.Milliseconds())}, {"Q.850 Reason header:", yes(g.UseQ850Reason)},
		{"Store SIP_CAUSE:", yes(g.StoreSIPCause)},
	}
}

// printSettings prints lines whose names bring their own colons.
func printSettings(w io.Writer, fields []field) {
	for _, f := range fields {
		width := 24
		if strings.ContainsRune(f.name, '\t') {
			width = 0
		}
		fmt.Fprintf(w, "  %-*s%s\n", width, f.name, f.value)
	}
}

func dscpName(tos int) string {
	for name, value := range tosNames {
		if value == tos {
			return strings.ToUpper(name)
		}
	}
	return "unknown"
}

func qosSettings(m *Model, e *Endpoint) []field {
	t := m.Transports[0]
	number := func(n int) string { return fmt.Sprint(n) }
	return append([]field{
		{"IP ToS SIP:", dscpName(t.TOS)}, {"IP ToS RTP audio:", dscpName(e.TOSAudio)}, {"IP ToS RTP video:", dscpName(e.TOSVideo)},
		{"IP ToS RTP text:", "CS0"}, {"802.1p CoS SIP:", number(t.COS)}, {"802.1p CoS RTP audio:", number(e.COSAudio)},
		{"802.1p CoS RTP video:", number(e.COSVideo)}, {"802.1p CoS RTP text:", "5"},
	}, m.Global.General.Jitter.settings()...)
}

func signallingSettings(m *Model, e *Endpoint) []field {
	g := m.Global.General
	secs := func(d time.Duration) string { return fmt.Sprintf("%d secs", int(d/time.Second)) }
	orOff := func(d time.Duration) string {
		return fmt.Sprintf("%d%s", int(d/time.Second), choose(d == 0, " (Disabled)", ""))
	}
	return []field{
		{"Codecs:", codecList(e.Codecs)}, {"Relax DTMF:", yes(g.RelaxDTMF)}, {"RFC2833 Compensation:", "No"},
		{"Symmetric RTP:", comediaWord(e.Peer)}, {"Compact SIP headers:", yes(m.System.CompactHeaders)},
		{"RTP Keepalive:", orOff(e.RTPKeepalive)}, {"RTP Timeout:", orOff(e.RTPTimeout)}, {"RTP Hold Timeout:", orOff(e.RTPTimeoutHold)},
		{"MWI NOTIFY mime type:", "application/simple-message-summary"}, {"DNS SRV lookup:", yes(g.SRVLookup)},
		{"Pedantic SIP support:", yes(g.Pedantic)}, {"Reg. min duration", secs(g.MinExpiry)}, {"Reg. max duration:", secs(g.MaxExpiry)},
		{"Reg. default duration:", secs(g.DefaultExpiry)}, {"Sub. min duration", secs(g.SubMinExpiry)}, {"Sub. max duration:", secs(g.SubMaxExpiry)},
		{"Outbound reg. timeout:", secs(g.RegisterTimeout)}, {"Outbound reg. attempts:", fmt.Sprint(g.RegisterAttempts)},
		{"Outbound reg. retry 403:", yes(g.RegisterRetry403)}, {"Notify ringing state:", yes(g.NotifyRinging)}, {"  Include CID:", yes(g.NotifyCID)},
		{"Notify hold state:", yes(g.NotifyHold)}, {"SIP Transfer mode:", e.Peer.TransferMode},
		{"Max Call Bitrate:", fmt.Sprintf("%d kbps", e.Peer.MaxCallBitrate)}, {"Auto-Framing:", "No"},
		{"Outb. proxy:", choose(e.OutboundProxy == "", "<not set> ", e.OutboundProxy)}, {"Session Timers:", e.Peer.SessionTimers},
		{"Session Refresher:", e.Peer.SessionRefresher}, {"Session Expires:", secs(e.TimersExpires)}, {"Session Min-SE:", secs(e.TimersMinSE)},
		{"Timer T1:", fmt.Sprint(e.Peer.T1.Milliseconds())}, {"Timer T1 minimum:", fmt.Sprint(g.T1Min.Milliseconds())}, {"Timer B:", fmt.Sprint(e.Peer.TimerB.Milliseconds())},
		{"No premature media:", yes(g.PreMatureMedia)}, {"Max forwards:", fmt.Sprint(m.Global.MaxForwards)},
	}
}

func defaultSettings(m *Model, e *Endpoint) []field {
	g := m.Global.General
	return []field{
		{"Allowed transports:", strings.ToUpper(strings.Join(e.Peer.Transports, ","))}, {"Outbound transport:\t  ", strings.ToUpper(e.Peer.Transports[0])},
		{"Context:", g.Context}, {"Record on feature:", e.RecordOn}, {"Record off feature:", e.RecordOff}, {"Force rport:", rportWord(e.Peer)},
		{"DTMF:", dtmfWord(e.DTMF)}, {"Qualify:", fmt.Sprint(g.QualifyDefault.Milliseconds())}, {"Keepalive:", fmt.Sprint(int(e.Peer.Keepalive / time.Second))},
		{"Use ClientCode:", yes(e.Peer.ClientCode)}, {"Progress inband:", strings.ToUpper(e.Peer.Progress[:1]) + e.Peer.Progress[1:]}, {"Language:", e.Language},
		{"Tone zone:", orNotSet(e.ToneZone)}, {"MOH Interpret:", g.MOHInterpret}, {"MOH Suggest:", e.MOHSuggest},
		{"Voice Mail Extension:", e.VoicemailExtension}, {"RTCP Multiplexing:", yes(e.RTCPMux)},
	}
}
