package wire

import (
	"fmt"
	"strings"
)

var formats = map[string]string{"0": "PCMU/8000", "3": "GSM/8000", "8": "PCMA/8000", "9": "G722/8000", "18": "G729/8000", "101": "telephone-event/8000"}

// describe writes a description with these payload types and attributes. A word with
// "=" is a line of its own in the head or, after a=, of the audio.
func (d *dialog) describe(words []string, port int) string {
	d.sdps++
	var types, mapped, attributes []string
	for _, word := range words {
		switch name := formats[word]; {
		case name != "":
			types = append(types, word)
			mapped = append(mapped, "a=rtpmap:"+word+" "+name)
		default:
			attributes = append(attributes, "a="+word)
		}
	}
	lines := []string{"v=0", fmt.Sprintf("o=%s 1 %d IN %s", d.phone, d.sdps, inSDP(d.phone)), "s=-", "c=IN " + inSDP(d.phone), "t=0 0",
		fmt.Sprintf("m=audio %d RTP/AVP %s", port+1000, strings.Join(types, " "))}
	return strings.Join(append(append(lines, mapped...), attributes...), "\r\n") + "\r\n"
}
