package phone

import (
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// usualPtime is how much sound a packet holds where nobody says it.
func usualPtime(formats []*media.Format) time.Duration {
	if len(formats) > 0 && formats[0].Framing > 0 {
		return time.Duration(formats[0].Framing) * time.Millisecond
	}
	return 20 * time.Millisecond
}

// fmtpValues are those of an fmtp, by their names in lower case.
func fmtpValues(fmtp string) map[string]string {
	list := map[string]string{}
	for _, item := range strings.Split(fmtp, ";") {
		if name, value, _ := strings.Cut(item, "="); strings.TrimSpace(name) != "" {
			list[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return list
}

// offeredFmtp is the fmtp of a format in our offer to one side for what the other
// said, if anything: what the reference understands of it, in its order.
func offeredFmtp(f *media.Format, theirs string) string {
	switch f {
	case media.G729:
		return "annexb=no"
	case media.Siren7:
		return "bitrate=32000"
	case media.Siren14:
		return "bitrate=48000"
	case media.ILBC:
		return "mode=" + orText(fmtpValues(theirs)["mode"], "20")
	case media.Opus:
		return opusFmtp(theirs)
	case media.H263:
		return known(theirs, "CPCF CIF16 CIF4 CIF QCIF SQCIF CUSTOM F I J T K N P PAR BPP HRD MaxBR")
	case media.H264:
		return known(theirs, "max-mbps max-fs max-cpb max-dpb max-br max-smbps max-fps sprop-interleaving-depth redundant-pic-cap "+
			"parameter-add packetization-mode level-asymmetry-allowed profile-level-id sprop-parameter-sets")
	case media.VP8:
		return known(theirs, "max-fr max-fs")
	case media.AMR, media.AMRWB, media.H263P, media.T140, media.Red:
		return theirs
	}
	return ""
}

// known are those of the parameters of an fmtp that names lists, in its order.
func known(fmtp, names string) string {
	if fmtp == "" {
		return ""
	}
	said := fmtpValues(fmtp)
	var list []string
	for _, name := range strings.Fields(names) {
		value, ok := said[strings.ToLower(name)]
		if !ok || value == "" {
			continue
		}
		if name == "profile-level-id" {
			value = strings.ToUpper(value)
		}
		list = append(list, name+"="+value)
	}
	return strings.Join(list, ";")
}

// opusLimits are the parameters of Opus that an answer agrees to (RFC 7587 §6.1),
// with the values that need not be said.
var opusLimits = [...][2]string{{"maxplaybackrate", "48000"}, {"sprop-maxcapturerate", "48000"}, {"maxaveragebitrate", "510000"},
	{"sprop-stereo", "0"}, {"cbr", "0"}, {"usedtx", "0"}}

// opusFmtp is what the reference repeats of an fmtp of Opus.
func opusFmtp(theirs string) string {
	offered := fmtpValues(theirs)
	var list []string
	for _, limit := range opusLimits {
		if n, err := strconv.Atoi(offered[limit[0]]); err == nil && offered[limit[0]] != limit[1] {
			list = append(list, limit[0]+"="+strconv.Itoa(n))
		}
	}
	return strings.Join(list, ";")
}
