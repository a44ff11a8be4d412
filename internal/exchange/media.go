package exchange

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// The ports of media where rtp.conf says nothing, or nothing that makes sense.
const firstMediaPort, lastMediaPort = 10000, 20000

// standardProbation is how many packets a source sends before it is learned.
const standardProbation = 4

// mediaSettings are those of rtp.conf.
type mediaSettings struct {
	ports     *rtp.Ports
	strict    rtp.Strict
	probation int
	ice       phone.ICE
}

// readMedia reads rtp.conf, which may be nil. What is wrong in it costs its own
// effect, not the phones.
func readMedia(f *config.File) (mediaSettings, []config.Diagnostic, error) {
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
	m.ice = readICE(r, s, f)
	s.Later("rtpchecksums", "dtmftimeout", "rtcpinterval", "strictrtp_threshold", "ice_acl", "ice_blacklist", "stun_acl", "stun_deny", "stun_permit", "stun_blacklist",
		"dtls_mtu", "srtpreplayprotection")
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
	return phone.MediaSettings{Ports: m.ports, Strict: m.strict, Probation: m.probation, FaxPorts: f.ports, ICE: m.ice, NoSRTP: !x.modules.wants("res_srtp"), Trace: x.rtpTrace, FaxTrace: x.faxTrace}
}

// reloadMedia reads rtp.conf and udptl.conf again, for the calls that begin from now
// on. A range of ports that stays the same keeps count of those in use.
func (p *phones) reloadMedia(x *Exchange) error {
	oldMedia, oldFax := p.media.Load(), p.fax.Load()
	if oldMedia == nil || oldFax == nil {
		return nil // there are no phones
	}
	media, problems, err := readMedia(x.optional("rtp.conf"))
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
