package exchange

import (
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// The ports of media where rtp.conf says nothing, or nothing that makes sense.
const firstMediaPort, lastMediaPort = 10000, 20000

// mediaPorts reads rtp.conf, which may be nil. What is wrong in it costs its own
// effect, not the phones.
func mediaPorts(f *config.File) (*rtp.Ports, []config.Diagnostic, error) {
	r := config.NewReader(nil)
	section := f.Section("general")
	s := r.Section(section)
	low, high := s.Int("rtpstart", firstMediaPort, 1024, 65535), s.Int("rtpend", lastMediaPort, 1024, 65535)
	s.Later("rtpchecksums", "dtmftimeout", "rtcpinterval", "strictrtp", "strictrtp_threshold", "probation", "icesupport", "stunaddr", "turnaddr",
		"turnusername", "turnpassword", "ice_acl", "ice_deny", "ice_permit", "ice_blacklist", "stun_acl", "stun_deny", "stun_permit", "stun_blacklist",
		"dtls_mtu", "srtpreplayprotection")
	s.Done()
	ports, err := rtp.NewPorts(low, high)
	if err == nil {
		return ports, r.Diagnostics(), nil
	}
	e, ok := section.Entry("rtpend")
	if !ok {
		e, _ = section.Entry("rtpstart")
	}
	r.Report(config.Error, e, "let rtpend be well above rtpstart: each call takes two ports",
		"ports %d to %d have no room for a call: %d to %d are used", low, high, firstMediaPort, lastMediaPort)
	ports, err = rtp.NewPorts(firstMediaPort, lastMediaPort)
	return ports, r.Diagnostics(), err
}
