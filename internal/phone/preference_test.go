package phone

import (
	"slices"
	"testing"

	"github.com/octothorpe/octothorpe/internal/media"
)

// The reference answers an offer of alaw, gsm, g722 and ulaw so, for an endpoint with
// g722, ulaw and alaw.
func TestPreferencesOfAnAnswer(t *testing.T) {
	for option, want := range map[string][]*media.Format{
		"incoming_call_offer_pref=local":        {media.G722, media.ULaw, media.ALaw},
		"incoming_call_offer_pref=local_first":  {media.G722},
		"incoming_call_offer_pref=remote":       {media.ALaw, media.G722, media.ULaw},
		"incoming_call_offer_pref=remote_first": {media.ALaw},
		"preferred_codec_only=yes":              {media.G722},
	} {
		d, _ := exchanging(t, PJSIP, "[e]\ntype=endpoint\nallow=!all,g722,ulaw,alaw\n"+option+"\n")
		offer, err := parseSDP([]byte("v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 1.1.1.1\r\nt=0 0\r\n" +
			"m=audio 6000 RTP/AVP 8 3 9 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		a, no := d.agree(d.Model().Endpoint("e"), nil, offer)
		if no.status != 0 || !slices.Equal(a.formats, want) || a.keys != 101 {
			t.Errorf("%s: %v with keys %d (%d), want %v", option, a.formats, a.keys, no.status, want)
		}
	}
}

// An offer for the sake of a call that uses gsm, alaw and ulaw.
func TestPreferencesOfAnOffer(t *testing.T) {
	theirs := []*media.Format{media.GSM, media.ALaw, media.ULaw}
	for pref, want := range map[string][]*media.Format{
		"local":        {media.ULaw, media.ALaw},
		"local_merge":  {media.G722, media.ULaw, media.ALaw},
		"local_first":  {media.ULaw},
		"remote":       {media.ALaw, media.ULaw},
		"remote_merge": {media.ALaw, media.ULaw, media.G722},
		"remote_first": {media.ALaw},
	} {
		e := &Endpoint{OutgoingOfferPref: pref, Formats: []*media.Format{media.G722, media.ULaw, media.ALaw}}
		if got := e.offering(theirs); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", pref, got, want)
		}
		if got := e.offering([]*media.Format{media.GSM}); len(got) != len(e.Formats) {
			t.Errorf("%s: of nothing in common came %v", pref, got)
		}
	}
}
