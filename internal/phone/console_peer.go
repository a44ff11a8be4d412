package phone

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A field is a line "  Name : value" of "sip show peer".
type field struct{ name, value string }

func printFields(w io.Writer, width int, fields []field) {
	for _, f := range fields {
		fmt.Fprintf(w, "  %-*s: %s\n", width, f.name, f.value)
	}
}

func yes(b bool) string { return choose(b, "Yes", "No") }

func isSet(s string) string { return choose(s != "", "<Set>", "<Not set>") }

func orNotSet(s string) string { return choose(s != "", s, "<Not set>") }

// presentationWords are the words of "sip show peer" for a presentation.
func presentationWords(p event.Presentation) string {
	words := map[event.Presentation]string{event.AllowedNotScreened: "Presentation Allowed, Not Screened",
		event.AllowedPassedScreen: "Presentation Allowed, Passed Screen", event.AllowedFailedScreen: "Presentation Allowed, Failed Screen",
		event.AllowedNetwork: "Presentation Allowed, Network Number", event.ProhibitedNotScreened: "Presentation Prohibited, Not Screened",
		event.ProhibitedPassed: "Presentation Prohibited, Passed Screen", event.ProhibitedFailed: "Presentation Prohibited, Failed Screen",
		event.ProhibitedNetwork: "Presentation Prohibited, Network Number", event.Unavailable: "Number Unavailable"}
	if w, ok := words[p]; ok {
		return w
	}
	return "unknown"
}

func peerCallerID(p event.Party) string { return fmt.Sprintf("%q <%s>", p.Name.Text, p.Number.Text) }

// dtmfWord is sip.conf's name of a way for keys.
func dtmfWord(m DTMFMode) string { return choose(m == DTMFRFC4733, "rfc2833", m.String()) }

func t38Word(t T38) (support, correction, datagram string) {
	words := map[string]string{"none": "None", "fec": "FEC", "redundancy": "Redundancy"}
	if !t.UDPTL {
		return "No", "Unknown", "4294967295"
	}
	return "Yes", words[t.ErrorCorrection], strconv.FormatUint(uint64(uint32(t.MaxDatagram-1)), 10)
}

func (d *Driver) sipShowPeer(w io.Writer, args []string) error {
	if len(args) < 1 {
		return &command.UsageError{}
	}
	e := d.shownPeer(args)
	if e == nil || e.Peer.Kind == "user" {
		fmt.Fprintf(w, "Peer %s not found.\n\n", args[0])
		return nil
	}
	p := e.Peer
	fmt.Fprintf(w, "\n\n  * Name       : %s\n", e.Name)
	printFields(w, 13, slices.DeleteFunc(slices.Concat(d.peerIdentity(e, p), d.peerNature(e, p), d.peerReach(e, p)), shownWhenSet))
	printVariables(w, e)
	printFields(w, 13, peerSession(e, p))
	fmt.Fprintln(w)
	return nil
}

func (d *Driver) peerIdentity(e *Endpoint, p *Peer) []field {
	return []field{
		{"Description", p.Description}, d.lentField(p), {"Secret", isSet(p.Secret)}, {"MD5Secret", isSet(p.MD5)}, {"Remote Secret", isSet(p.Remote)},
		{"Context", e.Context}, {"Record On feature ", e.RecordOn}, {"Record Off feature ", e.RecordOff},
		{"Subscr.Cont.", orNotSet(e.SubscribeContext)}, {"Language", e.Language}, {"Tonezone", orNotSet(e.ToneZone)},
		{"Accountcode", e.AccountCode}, {"AMA flags", p.AMAFlags}, {"Transfer mode", p.TransferMode}, {"CallingPres", presentationWords(e.Presentation)},
		{"Callgroup", formatGroups(e.CallGroup)}, {"Pickupgroup", formatGroups(e.PickupGroup)},
		{"Named Callgr", strings.Join(e.NamedCallGroups, ", ")}, {"Nam. Pickupgr", strings.Join(e.NamedPickupGroups, ", ")},
		{"MOH Suggest", e.MOHSuggest}, {"Mailbox", strings.Join(e.Mailboxes, ",")}, {"VM Extension", e.VoicemailExtension},
		{"LastMsgsSent", choose(d.lastMessages(e) == "-1", "32767/65535", "0/0")}, {"Call limit", strconv.Itoa(p.CallLimit)},
		{"Max forwards", strconv.Itoa(p.MaxForwards)}, {"Busy level", choose(p.BusyLevel > 0, strconv.Itoa(p.BusyLevel), "")},
		{"Dynamic", yes(p.Dynamic)}, {"Callerid", peerCallerID(e.CallerID)}, {"MaxCallBR", fmt.Sprintf("%d kbps", p.MaxCallBitrate)},
		{"Expire", d.peerExpire(e)},
	}
}

// shownWhenSet are the lines of "sip show peer" and its like that are left out
// where there is nothing to say.
func shownWhenSet(f field) bool {
	return f.value == "" && (f.name == "Busy level" || f.name == "Accountcode" || f.name == "Realtime peer")
}

// peerExpire is how long a peer's registration still lasts, in seconds.
func (d *Driver) peerExpire(e *Endpoint) string {
	for _, c := range d.location.contacts(e.Name) {
		if !c.Static && !c.Stored {
			return strconv.Itoa(int(time.Until(c.Expires) / time.Second))
		}
	}
	return "-1"
}

func insecureWord(p *Peer) string {
	switch {
	case p.InsecurePort && p.InsecureInvite:
		return "port,invite"
	case p.InsecurePort:
		return "port"
	case p.InsecureInvite:
		return "invite"
	}
	return "no"
}

func (d *Driver) peerNature(e *Endpoint, p *Peer) []field {
	support, correction, datagram := t38Word(e.T38)
	return []field{
		{"Insecure", insecureWord(p)}, {"Force rport", rportWord(p)}, {"Symmetric RTP", comediaWord(p)},
		{"ACL", yes(len(e.ACL) > 0)}, {"ContactACL", yes(len(e.ContactACL) > 0)}, {"DirectMedACL", yes(len(p.DirectMediaACL) > 0)},
		{"T.38 support", support}, {"T.38 EC mode", correction}, {"T.38 MaxDtgrm", datagram},
		{"DirectMedia", yes(e.DirectMedia)}, {"PromiscRedir", yes(p.PromiscRedir)}, {"User=Phone", yes(e.UserEqPhone)},
		{"Video Support", choose(p.VideoSupport == "no", "No", "Yes")}, {"Text Support", yes(p.TextSupport)},
		{"Ign SDP ver", yes(p.IgnoreSDPVersion)}, {"Trust RPID", yes(e.TrustIDInbound)}, {"Send RPID", yes(p.SendRPID != "no")},
		{"Path support", "No"}, {"Path", "N/A"}, {"TrustIDOutbnd", p.TrustOutbound}, {"Subscriptions", yes(e.AllowSubscribe)},
		{"Overlap dial", yes(e.AllowOverlap)}, {"DTMFmode", dtmfWord(e.DTMF)},
		{"Timer T1", strconv.Itoa(int(p.T1.Milliseconds()))}, {"Timer B", strconv.Itoa(int(p.TimerB.Milliseconds()))},
	}
}

func (d *Driver) peerReach(e *Endpoint, p *Peer) []field {
	address := "(null)"
	if a := d.whereabouts(e); a.IsValid() {
		address = a.String()
	}
	status, _, _ := d.monitored(e)
	agent, contact, transport := "", "", strings.ToUpper(p.Transports[0])
	for _, c := range d.location.contacts(e.Name) {
		if !c.Static {
			agent, contact = c.UserAgent, c.URI
		}
	}
	return []field{
		{"ToHost", p.Host}, {"Addr->IP", address}, {"Defaddr->IP", choose(p.Default == "", "(null)", p.Default)},
		{"Prim.Transp.", transport}, {"Allowed.Trsp", strings.ToUpper(strings.Join(p.Transports, ","))},
		{"Def. Username", d.peerUser(e)}, {"SIP Options", "(none)"}, {"Codecs", codecList(e.Codecs)}, {"Auto-Framing", "No"},
		{"Status", status}, {"Useragent", agent}, {"Reg. Contact", contact},
		{"Qualify Freq", fmt.Sprintf("%d ms", p.QualifyFrequency.Milliseconds())}, {"Keepalive", fmt.Sprintf("%d ms", p.Keepalive.Milliseconds())},
	}
}

func peerSession(e *Endpoint, p *Peer) []field {
	return []field{
		{"Sess-Timers", p.SessionTimers}, {"Sess-Refresh", p.SessionRefresher},
		{"Sess-Expires", fmt.Sprintf("%d secs", int(e.TimersExpires.Seconds()))}, {"Min-Sess", fmt.Sprintf("%d secs", int(e.TimersMinSE.Seconds()))},
		{"RTP Engine", "asterisk"}, {"Parkinglot", p.Parkinglot}, {"Use Reason", yes(p.UseReason)}, {"Encryption", yes(p.Encryption)},
		{"RTCP Mux", yes(e.RTCPMux)},
	}
}

func (d *Driver) sipShowUser(w io.Writer, args []string) error {
	if len(args) < 1 {
		return &command.UsageError{}
	}
	e := d.shownPeer(args)
	if e == nil || e.Peer.Kind == "peer" {
		fmt.Fprintf(w, "User %s not found.\n\n", args[0])
		return nil
	}
	p := e.Peer
	fmt.Fprintf(w, "\n\n  * Name       : %s\n", e.Name)
	printFields(w, 13, slices.DeleteFunc([]field{
		{"Secret", isSet(p.Secret)}, {"MD5Secret", isSet(p.MD5)}, {"Context", e.Context}, {"Language", e.Language}, {"Accountcode", e.AccountCode},
		{"AMA flags", p.AMAFlags}, {"Tonezone", orNotSet(e.ToneZone)}, {"Transfer mode", p.TransferMode},
		{"MaxCallBR", fmt.Sprintf("%d kbps", p.MaxCallBitrate)}, {"CallingPres", presentationWords(e.Presentation)},
		{"Call limit", strconv.Itoa(p.CallLimit)}, {"Callgroup", formatGroups(e.CallGroup)}, {"Pickupgroup", formatGroups(e.PickupGroup)},
		{"Named Callgr", strings.Join(e.NamedCallGroups, ", ")}, {"Nam. Pickupgr", strings.Join(e.NamedPickupGroups, ", ")},
		{"Callerid", peerCallerID(e.CallerID)}, {"ACL", yes(len(e.ACL) > 0)}, {"Sess-Timers", p.SessionTimers},
		{"Sess-Refresh", p.SessionRefresher}, {"Sess-Expires", fmt.Sprintf("%d secs", int(e.TimersExpires.Seconds()))},
		{"Sess-Min-SE", fmt.Sprintf("%d secs", int(e.TimersMinSE.Seconds()))}, {"RTP Engine", "asterisk"},
	}, shownWhenSet))
	fmt.Fprint(w, "  Auto-Framing:  No \n")
	printVariables(w, e)
	fmt.Fprintln(w)
	return nil
}

func printVariables(w io.Writer, e *Endpoint) {
	if len(e.SetVar) == 0 {
		return
	}
	fmt.Fprint(w, "  Variables    :\n")
	for _, v := range e.SetVar {
		fmt.Fprintf(w, "                 %s = %s\n", v.Name, v.Value)
	}
}

// formatOf prints a channel's codec as the tables do.
func (d *Driver) formatOf(name string) string {
	if d.registry != nil {
		if c := d.registry.Find(name); c != nil {
			if f := c.Leg().WriteFormat(); f != nil {
				return "(" + f.Name + ")"
			}
		}
	}
	return "(nothing)"
}
