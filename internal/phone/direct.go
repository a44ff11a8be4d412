package phone

import (
	"net/netip"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/sip"
)

// direct is where the far end of a call is to send its media: to the far end of the
// other leg, or to us where an address is invalid. What comes to us all the same is
// relayed. Its fields are under the session's mu.
type direct struct {
	sound   netip.AddrPort
	strands map[*strand]netip.AddrPort
	told    netip.AddrPort // of the sound, as our last description had it
	avoided bool           // a glare was, once
	met     bool           // the other leg was met before the bridge, and this one knows
	parted  parted         // when it was told that the other leg is gone
}

// parted is how the far end of a leg was told that the other leg is gone.
type parted struct {
	at   time.Time
	last bool             // the bridge ends with it
	step channel.Location // of the leg, as it was told
}

// handsTo lets both far ends send their media to each other, if they may. The legs
// are relayed already; HandOver tells them.
func (s *session) handsTo(other *session) {
	if !s.mayHand(other) || !other.mayHand(s) {
		return
	}
	here, there := s.farEnds(), other.farEnds()
	if !here.sound.IsValid() || !there.sound.IsValid() || here.sound.Addr().Is4() != there.sound.Addr().Is4() {
		return
	}
	s.aim(there.sound, matched(s, there))
	other.aim(here.sound, matched(other, here))
}

// mayHand reports whether the far end of s may be told the other's address: its media
// is neither protected nor found by ICE nor several streams of one port, and no rule is
// against it.
func (s *session) mayHand(other *session) bool {
	s.mu.Lock()
	talks := s.stage == up
	s.mu.Unlock()
	return talks && s.mayTell(other)
}

// mayTell is mayHand of a call that may not be answered yet, nor its far end be found.
func (s *session) mayTell(other *session) bool {
	e := s.endpoint
	if !e.DirectMedia || e.DisableDirectMediaNAT && s.translated() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &s.agreed
	if s.gone || a.index < 0 || a.profile.secure || a.link.hasICE() || a.bundled && len(a.more) > 0 || s.facsimile != nil && s.facsimile.stage != faxOff {
		return false
	}
	at := other.audio.RemoteAddr().Addr()
	return e.Peer == nil || !at.IsValid() || e.Peer.DirectMediaACL.Allows(at)
}

// translated reports whether a phone is behind a NAT: it calls itself by another
// address than it has, or sends from another than it told.
func (s *session) translated() bool {
	s.mu.Lock()
	m, told := s.request, s.agreed.remote
	if !s.incoming {
		m = s.acceptedBy
	}
	s.mu.Unlock()
	if at := s.audio.RemoteAddr(); at.IsValid() && told.IsValid() && at != told {
		return true
	}
	if m == nil {
		return false
	}
	list := m.List("Contact")
	if len(list) == 0 {
		return false
	}
	contact, err := sip.ParseAddress(list[0])
	if err != nil {
		return false
	}
	host, err := netip.ParseAddr(contact.URI.Host)
	return err == nil && m.Source.Remote.IsValid() && host.Unmap() != m.Source.Remote.Addr().Unmap()
}

// farEnds are the addresses of a call's far end, as it told them.
type farEnds struct {
	sound   netip.AddrPort
	strands map[uint8]netip.AddrPort // by number
}

func (s *session) farEnds() (f farEnds) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.sound = s.agreed.remote
	for _, t := range s.strands {
		if t != nil && t.agreed.remote.IsValid() && !t.agreed.profile.secure && !t.agreed.bundled {
			if f.strands == nil {
				f.strands = map[uint8]netip.AddrPort{}
			}
			f.strands[t.number()] = t.agreed.remote
		}
	}
	return f
}

// matched are the strands of a call for which the other has an address.
func matched(s *session, there farEnds) map[*strand]netip.AddrPort {
	var list map[*strand]netip.AddrPort
	for _, t := range s.threads() {
		if at, ok := there.strands[t.number()]; ok {
			if list == nil {
				list = map[*strand]netip.AddrPort{}
			}
			list[t] = at
		}
	}
	return list
}

// aim notes where the far end's media is to go; an invalid address is ours.
func (s *session) aim(sound netip.AddrPort, strands map[*strand]netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.direct == nil {
		if !sound.IsValid() {
			return
		}
		s.direct = &direct{}
	}
	s.direct.sound, s.direct.strands = sound, strands
}

// HandOver implements channel.Handover. A far end that holds the call listens to nobody
// and learns nothing; its media is where it was when it comes back.
func (s *session) HandOver(p channel.Parting) {
	step := s.ch.Location()
	s.mu.Lock()
	d := s.direct
	if d != nil && s.held && p == channel.Together {
		d.sound = d.told
	}
	if d == nil || d.sound == d.told || s.stage != up || s.gone {
		s.mu.Unlock()
		return
	}
	away := d.sound.IsValid()
	if away && !d.avoided && s.endpoint.DirectMediaGlare == choose(s.incoming, "incoming", "outgoing") {
		// The other side is about to tell us the same. What it was not told now it is
		// told with the next description.
		d.avoided, d.told = true, d.sound
		s.mu.Unlock()
		return
	}
	if p != channel.Together {
		d.parted = parted{at: time.Now(), last: p == channel.BothLeave, step: step}
	}
	formats := s.agreed.formats
	if away || s.driver.technology == PJSIP {
		formats = formats[:min(len(formats), 1)]
	}
	s.mu.Unlock()
	s.audio.SetTimeouts(0, 0)
	s.audio.SetKeepalive(0)
	if !away {
		s.watchMedia()
		s.audio.SetKeepalive(s.endpoint.RTPKeepalive)
	}
	s.renew(renewal{method: s.directMethod(), hand: true, formats: formats})
}

// justParted reports whether a leg ends because the other one is gone, of which its far
// end was told with a re-INVITE: the reference's BYE comes out of the end of that INVITE and
// has no Reason. A leg that has nothing more to do than to end is still where it was then,
// however long that takes; one that goes through h or the like is not, and is quick.
func (s *session) justParted() bool {
	step := s.ch.Location()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.direct == nil || s.endpoint.DirectMediaMethod == "update" {
		return false
	}
	p := s.direct.parted
	return p.last && p.step == step || time.Since(p.at) < time.Second
}

// accompanied forgets that the other leg is gone: another has come.
func (s *session) accompanied() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.direct != nil {
		s.direct.parted = parted{}
	}
}

func (s *session) directMethod() string {
	return choose(s.endpoint.DirectMediaMethod == "update", sip.Update, sip.Invite)
}

// stale reports whether a renewal is for the sake of an address that was told since;
// s.mu is held.
func (s *session) stale(n renewal) bool {
	return n.hand && (s.direct == nil || s.direct.sound == s.direct.told)
}

// aimed gives the streams of a description the addresses to which media is to go.
// s.mu is held.
func (s *session) aimed(next *description) {
	d := s.direct
	if d == nil {
		return
	}
	d.told = d.sound
	if !d.sound.IsValid() || s.agreed.index < 0 || s.agreed.index >= len(next.streams) {
		return
	}
	at := func(st *stream, to netip.AddrPort) {
		if st.port != 0 {
			st.port, st.address = int(to.Port()), to.Addr()
		}
	}
	at(&next.streams[s.agreed.index], d.sound)
	next.common.address = d.sound.Addr()
	for t, to := range d.strands {
		if i := t.agreed.index; i >= 0 && i < len(next.streams) && s.strandAt(i) == t {
			at(&next.streams[i], to)
		}
	}
}

// RelayTo implements channel.Relayer: RTP goes from socket to socket where both
// sides send the same codec, or past us where both far ends may be told.
func (s *session) RelayTo(peer channel.Leg) (stop func(), ok bool) {
	other, ok := peer.(*session)
	if !ok || s.format.Load() != other.format.Load() || s.audio.Direction() != rtp.SendRecv || other.audio.Direction() != rtp.SendRecv {
		return nil, false
	}
	if s.hearsTones() || other.hearsTones() || s.hearsFax() || other.hearsFax() || (s.keys.Load() < 0) != (other.keys.Load() < 0) || !s.packsAs(other) {
		return nil, false
	}
	sound, err := rtp.Relay(s.audio, other.audio, true)
	if err != nil {
		return nil, false
	}
	others := s.relayStrands(other)
	s.handsTo(other)
	return func() {
		sound()
		others()
		s.aim(netip.AddrPort{}, nil)
		other.aim(netip.AddrPort{}, nil)
	}, true
}

// packsAs reports whether both sides want packets of the same length, where they
// want any.
func (s *session) packsAs(other *session) bool {
	f := s.format.Load()
	return s.packs(f) == other.packs(f)
}

// packs is the length of the packets that the far end is to get, or 0 for any.
func (s *session) packs(f *media.Format) int {
	s.mu.Lock()
	a := s.agreed
	s.mu.Unlock()
	if f == nil || len(a.formats) == 0 {
		return 0
	}
	return int(s.ptime(a))
}
