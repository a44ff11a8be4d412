package exchange

import (
	"math"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// The ports of media where rtp.conf says nothing, or nothing that makes sense.
const firstMediaPort, lastMediaPort = 5000, 31000

// standardProbation is how many packets a source sends before it is learned.
const standardProbation = 4

// standardKeyLost is how long a key lasts whose end is lost, in ticks of 8 kHz.
const standardKeyLost = 1200

// mediaSettings are those of rtp.conf.
type mediaSettings struct {
	ports     *rtp.Ports
	strict    rtp.Strict
	probation int
	tuning    rtp.Tuning
	keyLost   int // dtmftimeout, in ticks of 8 kHz
	mtu       int // of the handshake of DTLS
	ice       phone.ICE
}

// readMedia reads rtp.conf, which may be nil, with the rules of acl.conf. What is wrong in it costs its own
// effect, not the phones.
func readMedia(f *config.File, named namedACL) (mediaSettings, []config.Diagnostic, error) {
	r := config.NewReader(nil)
	section := f.Section("general")
	s := r.Section(section)
	low, high := s.Int("rtpstart", firstMediaPort, 1024, 65535), s.Int("rtpend", lastMediaPort, 1024, 65535)
	var m mediaSettings
	m.probation = s.Int("probation", standardProbation, 1, 1<<10)
	switch word := s.String("strictrtp", "yes"); {
	case strings.EqualFold(word, "seqno"):
		m.strict = rtp.StrictSequence
	case config.True(word):
		m.strict = rtp.StrictOn
	default: // what is no word, too, as in Asterisk
		m.strict = rtp.StrictOff
		if e, ok := section.Entry("strictrtp"); ok && !config.False(word) {
			r.Report(config.Warning, e, "write yes, no or seqno", "strictrtp = %s is none of its words: media is taken from anybody", word)
		}
	}
	m.tuning = rtp.Tuning{ReportEvery: time.Duration(min(max(s.Int("rtcpinterval", 5000, 0, math.MaxInt32), 500), 60000)) * time.Millisecond,
		NoChecksums: !s.Bool("rtpchecksums", true), Replays: !s.Bool("srtpreplayprotection", true)}
	m.keyLost = max(0, s.Int("dtmftimeout", standardKeyLost, math.MinInt32, math.MaxInt32))
	m.tuning.KeyLost = max(1, time.Duration(m.keyLost)*time.Second/8000)
	m.mtu = s.Int("dtls_mtu", 1200, 256, 65507)
	m.ice = readICE(r, s, f, named)
	s.Meaningless("strictrtp_threshold") // the reference knows the word no more
	s.Done()
	var err error
	if m.ports, err = rtp.NewPorts(low, high); err == nil {
		return m, r.Diagnostics(), nil
	}
	e, ok := section.Entry("rtpend")
	if !ok {
		e, _ = section.Entry("rtpstart")
	}
	r.Report(config.Error, e, "let rtpend be well above rtpstart: each call takes two ports",
		"ports %d to %d have no room for a call: %d to %d are used", low, high, firstMediaPort, lastMediaPort)
	m.ports, err = rtp.NewPorts(firstMediaPort, lastMediaPort)
	return m, r.Diagnostics(), err
}

// settings are those of rtp.conf and udptl.conf, as the drivers take them.
func (p *phones) settings(x *Exchange) phone.MediaSettings {
	m, f := p.media.Load(), p.fax.Load()
	return phone.MediaSettings{Ports: m.ports, Strict: m.strict, Probation: m.probation, Tuning: m.tuning, HandshakeMTU: m.mtu, FaxPorts: f.ports, Fax: phone.FaxSettings{Entries: f.entries, Span: f.span, NoChecksums: !f.checksums}, ICE: m.ice, NoSRTP: !x.modules.wants("res_srtp"), Trace: x.rtpTrace, FaxTrace: x.faxTrace}
}

// reloadMedia reads rtp.conf and udptl.conf again, for the calls that begin from now
// on. A range of ports that stays the same keeps count of those in use.
func (p *phones) reloadMedia(x *Exchange) error {
	oldMedia, oldFax := p.media.Load(), p.fax.Load()
	if oldMedia == nil || oldFax == nil {
		return nil // there are no phones
	}
	media, problems, err := readMedia(x.optional("rtp.conf"), x.addressLists())
	x.report(problems)
	if err != nil {
		return err
	}
	fax, problems := readFax(x.optional("udptl.conf"))
	x.report(problems)
	low, high := media.ports.Range()
	if first, last := oldMedia.ports.Range(); low == first && high == last {
		media.ports = oldMedia.ports
	}
	low, high = fax.ports.Range()
	if first, last := oldFax.ports.Range(); low == first && high == last && fax.even == oldFax.even {
		fax.ports = oldFax.ports
	}
	p.media.Store(&media)
	p.fax.Store(&fax)
	for _, d := range p.drivers {
		d.SetMedia(p.settings(x))
	}
	return nil
}
