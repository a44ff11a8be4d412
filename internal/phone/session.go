package phone

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/sip"
)

// A session is one call by SIP: the technology's side of a channel. Signalling
// comes in the lane of its Call-ID, the channel's owner and its peer call the
// methods of channel.Leg from theirs.
type session struct {
	driver   *Driver
	model    *Model
	endpoint *Endpoint
	ch       *channel.Channel
	audio    *rtp.Session
	incoming bool
	wishes   []wish // what our first offer has beside sound
	// soundFmtp is what the call for whose sake this one is made says of its formats.
	soundFmtp map[*media.Format]string

	mu                  sync.Mutex // a leaf
	dialog              *sip.Dialog
	invite              *sip.ServerTransaction // incoming, until the final response
	answer              func(status int, reason string) *sip.Message
	request             *sip.Message // the first INVITE, theirs or ours
	calling             *sip.ClientTransaction
	target              destination
	options             sip.RequestOptions
	origin              origin
	formats             []*media.Format // that we offer
	chosen              bool            // the dialplan says what
	stage               stage
	kept                []sip.Header // of our last response to the INVITE, which the next has, too
	held                bool         // they hold us
	holding             bool         // we hold them, and have told them so
	known               event.Party  // who they said last to be
	ear                 ear
	faxEar              atomic.Pointer[faxEar] // nil where it was never listened for a fax
	callID              string                 // of a call that we make
	behalf              *channel.Channel       // for whom we call, or nil
	waits               bool                   // the other leg of the call holds it
	referred            bool                   // it transferred its call: the phone ends the dialog
	clientTransfers     bool                   // PJSIP_TRANSFER_HANDLING: ari-only
	outside             *handedOver            // the transfer that a client does, or nil
	referrals           int                    // REFERs that wait for the answer to their last NOTIFY
	parting             *time.Timer            // until we do
	leaving             bool                   // we do with the next ACK
	referral            chan<- int             // takes what came of our REFER; nil where none is under way
	agreed              agreed
	guard               guard             // of the first sound
	labels              map[string]string // ours for those that the other side's streams have
	strands             []*strand         // by the lines of the descriptions; nil where there is none
	gallery             gallery           // the pictures of others; see session_gallery.go
	facsimile           *facsimile
	offer               *description // their last offer, if we have not answered it
	local               *description // our last description
	answeredTo          *description // the offer that local answers, or nil
	theirs              edition
	unsettled           bool // it was refused, and tells quality all the same
	tried               int  // authentications of the INVITE
	counted             callState
	gone                bool
	headers             headers      // of the INVITE, for the dialplan
	acceptedBy          *sip.Message // the 2xx to our INVITE
	answeredBy          string       // the tag of whose answer to our offer in it was taken
	untold              bool         // it rings, and does not know who waits for it now
	alertedBy           *sip.Message // the provisional response that made the dialog, to our INVITE
	fromHeader, fromURI string       // parameters of our From, by the dialplan
	told                bool         // the quality of the audio
	talking             time.Time    // since when media is agreed upon
	refresh             refresher
	renewals            renewals
	redirected          bool        // the call was sent on, and they are told where to
	named               event.Party // who is at our end, as they were told first
	asked               bool        // our offer went out, and the ACK or PRACK has the answer
	described           bool        // our description went out in a reliable provisional response
	accepting           bool        // the 2xx waits for its PRACK
	followed, places    []sip.URI   // that 3xx have sent the INVITE to, and those not tried yet
	acceptedWith        bool        // our 2xx went out
	unacknowledged      func()      // the BYE, which waits for the ACK of our 2xx
	charges             charges     // that the far end is told
	direct              *direct     // nil where its media always came to us

	identified atomic.Bool // a response has told who is called

	format atomic.Pointer[media.Format]
	keys   atomic.Int32  // payload type of keys, or -1
	keysBy atomic.Uint32 // the way for keys that the dialplan chose, plus one; 0 is the endpoint's
}

// stage is how far the call has come.
type stage uint8

const (
	fresh   stage = iota
	ringing       // 180 was sent or came
	early         // media before the answer
	up
	over
)

// newSession makes a session with its ports. The channel comes later.
func (d *Driver) newSession(m *Model, e *Endpoint, incoming bool, bind netip.Addr) (*session, error) {
	s := &session{driver: d, model: m, endpoint: e, incoming: incoming}
	s.keys.Store(-1)
	c := d.mediaConfig(e, bind)
	c.Deliver, c.TimedOut, c.Reported, c.Learned = s.deliver, s.timedOut, s.reported, s.learned
	audio, err := rtp.New(c)
	if err != nil {
		return nil, fmt.Errorf("open RTP ports: %w", err)
	}
	s.audio = audio
	if e.RTPKeepalive > 0 {
		audio.SetKeepalive(e.RTPKeepalive)
	}
	return s, nil
}

// mediaConfig is what all streams with an endpoint have in common.
func (d *Driver) mediaConfig(e *Endpoint, bind netip.Addr) rtp.Config {
	m := d.media.Load()
	return rtp.Config{Ports: d.portsFor(e, m.Ports), Local: bind, Log: d.log, Strict: m.Strict, Probation: m.Probation, Tuning: m.Tuning, Trace: m.Trace,
		Symmetric: e.RTPSymmetric || e.Peer != nil && (e.Peer.Comedia || e.Peer.AutoComedia), TOS: e.TOSAudio, Priority: e.COSAudio}
}

// deliver hands the channel what arrives as RTP.
func (s *session) deliver(f media.Frame) {
	if s.dtmf() == DTMFInfo && (f.Kind == media.DTMFBegin || f.Kind == media.DTMFEnd) {
		return
	}
	if f.Kind == media.Voice {
		s.hearFax(f)
	}
	if f.Kind == media.Voice && s.hearsTones() {
		s.listen(f)
		return
	}
	s.ch.Deliver(f)
}

// watchMedia begins to wait for the phone's media: from the answer on, as a phone
// that rings sends none and has time.
func (s *session) watchMedia() {
	s.mu.Lock()
	away := s.direct != nil && s.direct.sound.IsValid()
	s.mu.Unlock()
	if e := s.endpoint; !away && (e.RTPTimeout > 0 || e.RTPTimeoutHold > 0) {
		s.audio.SetTimeouts(e.RTPTimeout, e.RTPTimeoutHold)
	}
}

// softDevice is the kind of AMI's SoftHangupRequest for a device that is gone.
const softDevice = 1

func (s *session) timedOut(held bool) {
	s.driver.log.Log(context.Background(), levelNotice, "Disconnecting channel for lack of audio RTP activity",
		"channel", s.ch.Name(), "held", held)
	s.tellTimeout("RTPTimeout")
	if s.driver.technology == SIP {
		s.ch.Hangup(channel.CauseChannelUnavailable)
		return
	}
	if bus := s.driver.bus; bus.Wants(event.KindSoftHangupRequest) {
		bus.Publish(&event.SoftHangupRequest{Channel: s.ch.Snapshot(), Cause: softDevice})
	}
	s.ch.Hangup(channel.CauseNormalClearing)
}

// tellTimeout tells managers of what was waited for in vain, as only chan_sip does.
func (s *session) tellTimeout(source string) {
	if bus := s.driver.bus; s.driver.technology == SIP && bus.Wants(event.KindGeneric) {
		bus.Publish(&event.Generic{Name: "SessionTimeout", Class: "call", Channel: s.ch.Snapshot(), Fields: []event.Variable{{Name: "Source", Value: source}}})
	}
}

// name is the channel's name for the endpoint.
func (d *Driver) name(e *Endpoint) string {
	n := strconv.FormatUint(uint64(d.sequence.Add(1)-1), 16)
	return d.technology + "/" + e.Name + "-" + "00000000"[len(n):] + n
}

// open makes the channel of a session. Where there is to be none the ports are
// given back.
func (s *session) open(g channel.Config) error {
	e := s.endpoint
	g.Technology, g.Leg = s.driver.technology, s
	g.AccountCode, g.TenantID = orText(g.AccountCode, e.AccountCode), e.TenantID
	g.CallGroup, g.PickupGroup = e.CallGroup, e.PickupGroup
	g.NamedCallGroups, g.NamedPickupGroups = strings.Join(e.NamedCallGroups, ", "), strings.Join(e.NamedPickupGroups, ", ")
	if general := s.model.Global.General; general != nil {
		g.Jitter = general.Jitter.buffer()
	}
	if p := e.Peer; p != nil {
		g.ParkingLot = orText(g.ParkingLot, p.Parkinglot)
		g.AMAFlags = amaFlags[strings.ToLower(p.AMAFlags)]
	}
	ch, err := s.driver.registry.New(g)
	if err != nil {
		s.audio.Close()
		return err
	}
	s.ch = ch
	if s.driver.technology == PJSIP || !s.incoming {
		s.speak()
	}
	if e.ToneZone != "" {
		s.assign("CHANNEL(tonezone)", e.ToneZone)
	}
	for _, v := range e.SetVar {
		s.assign(v.Name, v.Value)
	}
	s.audio.Start()
	return nil
}

// amaFlags are the numbers of what amaflags says of records of calls; 0 is the default.
var amaFlags = map[string]int{"omit": 1, "billing": 2, "documentation": 3}

// assign sets a variable of the leg, or what a function writes.
func (s *session) assign(name, value string) {
	if f := s.driver.hooks.Assign; f != nil && strings.Contains(name, "(") {
		f(s.ch, name, value)
		return
	}
	s.ch.SetVariable(name, value)
}

// speak gives the channel the endpoint's language, which the reference tells
// later than that there is a channel.
func (s *session) speak() {
	if l := s.endpoint.Language; l != "" {
		s.ch.Change(func(c *event.Channel) { c.Language = l })
	}
}

// bindFor is the address that RTP binds for a peer, and advertised the one that
// our descriptions tell.
func (d *Driver) bindFor(e *Endpoint, local netip.Addr) netip.Addr {
	if e.BindRTPToMediaAddress {
		if a, err := netip.ParseAddr(e.MediaAddress); err == nil {
			return a
		}
	}
	if local.Is6() && !local.Is4In6() {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

func (s *session) advertised(way sip.Source) netip.Addr {
	if a, err := netip.ParseAddr(s.endpoint.MediaAddress); err == nil {
		return a
	}
	t := s.model.Transport(way.Transport.Name)
	if t != nil && s.driver.technology == SIP {
		if a := s.advertisedBySIP(t, way); a.IsValid() {
			return a
		}
	} else if t != nil && t.ExternalMedia != "" && !localNet(t, way.Remote.Addr()) {
		if a, err := netip.ParseAddr(t.ExternalMedia); err == nil {
			return a
		}
	}
	if a := way.Transport.Local().Addr(); !a.IsUnspecified() {
		return a
	}
	return sip.LocalFor(way.Remote.Addr(), way.Transport.Local().Addr())
}

func localNet(t *Transport, a netip.Addr) bool {
	for _, n := range t.LocalNets {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// framing is the length of packets that allow= asks for with the first of formats, or 0.
func (s *session) framing(formats []*media.Format) time.Duration {
	if len(formats) == 0 {
		return 0
	}
	return s.endpoint.Framings[formats[0]]
}

// take applies what was agreed to the streams of the call.
func (s *session) take(a agreed) {
	if first := a.tagged(); first != nil && first.kind != "audio" { // there is no sound whose way it would be
		s.connect(s.audio, &s.guard, first)
	}
	if a.index >= 0 {
		s.applyTo(s.audio, &s.guard, &a)
	}
	s.weave(&a)
	s.bundle(&a)
	s.mu.Lock()
	s.agreed = a
	s.began()
	s.mu.Unlock()
	s.keys.Store(int32(a.keys))
	if len(a.formats) == 0 {
		return
	}
	old := s.format.Swap(a.formats[0])
	if old != nil && old != a.formats[0] {
		s.ch.MediaChanged()
	}
}

// applyTo applies what was agreed about a stream to its media.
func (s *session) applyTo(m *rtp.Session, g *guard, a *agreed) {
	if !m.Carried() {
		s.connect(m, g, a)
	} else if !a.bundled && a.remote.IsValid() { // it has not taken our bundle
		m.SetRemote(a.remote, netip.AddrPort{})
	} else {
		m.SetRemote(netip.AddrPort{}, netip.AddrPort{})
	}
	send := make([]rtp.Payload, 0, len(a.formats)+1)
	for _, f := range a.formats {
		send = append(send, rtp.Payload{Type: uint8(a.payloads[f]), Use: rtp.Media, Format: f})
	}
	for _, p := range a.events {
		send = append(send, rtp.Payload{Type: uint8(p.number), Use: rtp.Events, Clock: p.clock})
	}
	if a.noise && s.driver.technology == SIP { // the reference's other face never passes it on
		send = append(send, rtp.Payload{Type: rtp.NoiseType, Use: rtp.Noise, Clock: 8000})
	}
	receive := send[:len(send):len(send)]
	for _, p := range a.also {
		if !slices.ContainsFunc(receive, func(q rtp.Payload) bool { return int(q.Type) == p.number }) {
			receive = append(receive, rtp.Payload{Type: uint8(p.number), Use: rtp.Events, Clock: p.clock})
		}
	}
	m.SetPayloads(s.announced(receive, a.index), send)
	d := rtp.SendRecv
	switch {
	case a.theirs == inactive:
		d = rtp.Inactive
	case a.held:
		d = rtp.RecvOnly
	case !a.theirs.sends():
		d = rtp.SendOnly
	}
	m.SetDirection(d)
}

// connect gives media the way and the keys that were agreed upon.
func (s *session) connect(m *rtp.Session, g *guard, a *agreed) {
	s.protect(m, g, a)
	s.lead(m, g, a)
	if a.remote.IsValid() {
		control := netip.AddrPort{} // the next port
		if a.rtcpMux && s.endpoint.muxes() {
			control = a.remote
		}
		m.SetRemote(a.remote, control)
	}
}

// announced adds the payload types of our own offer, where they differ from those
// that the other side answered with: both may arrive. index is the stream's.
func (s *session) announced(list []rtp.Payload, index int) []rtp.Payload {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.local == nil || index >= len(s.local.streams) {
		return list
	}
	all := append([]rtp.Payload(nil), list...)
	for _, p := range s.local.streams[index].payloads {
		known := false
		for _, q := range all {
			known = known || int(q.Type) == p.number
		}
		switch {
		case known:
		case p.format != nil:
			all = append(all, rtp.Payload{Type: uint8(p.number), Use: rtp.Media, Format: p.format})
		case p.encoding == telephoneEvent:
			all = append(all, rtp.Payload{Type: uint8(p.number), Use: rtp.Events, Clock: p.clock})
		}
	}
	return all
}

// count follows the call for device states and limits.
func (s *session) count(to callState) {
	s.mu.Lock()
	from := s.counted
	s.counted = to
	s.mu.Unlock()
	if from != to {
		s.driver.callChanges(s.endpoint, from, to)
	}
}

// state is the channel's state, told and counted.
func (s *session) state(to event.ChannelState) {
	s.ch.SetState(to)
	s.mu.Lock()
	held := s.waits
	s.mu.Unlock()
	s.count(callOf(to, held))
}

// party reads who a request is from: the endpoint's callerid, or where there is
// none the From header, or a header that the endpoint may be trusted with.
func (s *session) party(m *sip.Message) event.Party {
	e := s.endpoint
	if e.can.lacks(moduleIdentities) {
		return event.Party{}
	}
	if e.CallerID.Number.Valid || e.CallerID.Name.Valid {
		p := e.CallerID
		p.Number.Presentation, p.Name.Presentation = e.Presentation, e.Presentation
		return p
	}
	if e.TrustIDInbound {
		if p, ok := assertedBy(m); ok {
			how := presentedBy(m)
			p.Number.Presentation, p.Name.Presentation = how, how
			return p
		}
	}
	p := partyOf(m.From)
	if s.model.literal() {
		p.Number.Text = s.model.userOf(m.From.URI)
	}
	if g := s.model.Global.General; g != nil && !g.KeepCallerID {
		p.Number.Text = shrunken(p.Number.Text)
	}
	return p
}

// partyOf is the party of an address.
func partyOf(a sip.Address) (p event.Party) {
	if user := a.URI.UserText(); user != "" {
		user, _, _ = strings.Cut(user, ";")
		p.Number = event.Number{Valid: true, Text: user}
	}
	if a.Display != "" {
		p.Name = event.Name{Valid: true, Text: a.Display}
	}
	return p
}
