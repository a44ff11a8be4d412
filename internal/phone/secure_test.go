package phone

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

const protected = `
[sdes]
type=endpoint
allow=!all,ulaw
media_encryption=sdes
[optimistic]
type=endpoint
allow=!all,ulaw
media_encryption=sdes
media_encryption_optimistic=yes
[tag32]
type=endpoint
allow=!all,ulaw
media_encryption=sdes
srtp_tag_32=yes
[feedback]
type=endpoint
allow=!all,ulaw
media_encryption=sdes
use_avpf=yes
force_avp=yes
[plain]
type=endpoint
allow=!all,ulaw
`

const protectedPeers = `
[sdes]
type=friend
encryption=yes
[tag32]
type=friend
encryption=yes
encryption_taglen=32
[plain]
type=friend
`

const aKey = "WbTBosdVUZqEb6Htqhn+m3z7wUh4RJVR8nE15GbN"

// what each side of the reference answers to an offer: a status, the profile and the tag.
func TestOffersOfKeysAreAnsweredAsOnTheReference(t *testing.T) {
	const first, second = "1 AES_CM_128_HMAC_SHA1_80 inline:" + aKey, "2 AES_CM_128_HMAC_SHA1_32 inline:" + aKey + "|2^20"
	tests := []struct {
		technology, endpoint, proto string
		keys                        []string
		want                        string
	}{
		{PJSIP, "sdes", "RTP/SAVP", []string{first}, "200 RTP/SAVP 1 AES_CM_128_HMAC_SHA1_80"},
		{PJSIP, "sdes", "RTP/SAVP", []string{second}, "200 RTP/SAVP 2 AES_CM_128_HMAC_SHA1_32"},
		{PJSIP, "sdes", "RTP/SAVP", []string{"1 AES_AWESOME inline:" + aKey, second}, "200 RTP/SAVP 2 AES_CM_128_HMAC_SHA1_32"},
		{PJSIP, "sdes", "RTP/AVP", []string{first}, "200 RTP/AVP 1 AES_CM_128_HMAC_SHA1_80"},
		{PJSIP, "sdes", "RTP/AVP", nil, "488"},
		{PJSIP, "sdes", "RTP/SAVP", nil, "488"},
		{PJSIP, "sdes", "RTP/SAVPF", []string{first}, "488"},
		{PJSIP, "sdes", "RTP/SAVP", []string{first + " KDR=1"}, "488"},
		{PJSIP, "sdes", "UDP/TLS/RTP/SAVP", []string{first}, "488"},
		{PJSIP, "tag32", "RTP/SAVP", []string{first, second}, "200 RTP/SAVP 1 AES_CM_128_HMAC_SHA1_80"},
		{PJSIP, "plain", "RTP/SAVP", []string{first}, "488"},
		{PJSIP, "plain", "RTP/AVP", []string{first}, "200 RTP/AVP"},
		{PJSIP, "optimistic", "RTP/AVP", []string{first}, "200 RTP/AVP 1 AES_CM_128_HMAC_SHA1_80"},
		{PJSIP, "optimistic", "RTP/AVP", nil, "200 RTP/AVP"},
		{PJSIP, "optimistic", "RTP/SAVP", nil, "488"},
		{SIP, "sdes", "RTP/AVP", []string{first}, "200 RTP/SAVP 1 AES_CM_128_HMAC_SHA1_80"},
		{SIP, "sdes", "RTP/SAVPF", []string{first}, "200 RTP/SAVPF 1 AES_CM_128_HMAC_SHA1_80"},
		{SIP, "sdes", "RTP/AVP", nil, "488"},
		{SIP, "plain", "RTP/SAVP", []string{first}, "200 RTP/SAVP 1 AES_CM_128_HMAC_SHA1_80"},
		{SIP, "plain", "RTP/AVP", []string{first}, "200 RTP/SAVP 1 AES_CM_128_HMAC_SHA1_80"},
		{SIP, "plain", "RTP/SAVP", nil, "488"},
	}
	for _, test := range tests {
		m, _ := load(t, test.technology, choose(test.technology == SIP, "[general]\n"+protectedPeers, protected))
		s := &session{driver: &Driver{technology: test.technology}, endpoint: m.Endpoint(test.endpoint)}
		text := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 " + test.proto + " 0\r\n"
		for _, key := range test.keys {
			text += "a=crypto:" + key + "\r\n"
		}
		offer, err := parseSDP([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		a, no := s.driver.agree(s.endpoint, offering(t, text, descriptionKind, ""), offer)
		got := "488"
		if no.status == 0 {
			if err := s.guard.agree(a.crypto, rtp.Tuning{}); err != nil {
				t.Fatal(err)
			}
			s.agreed = a
			d := &description{streams: []stream{a.answer(&offer.streams[0], 5000, sendRecv)}}
			s.guard.answer(&d.streams[0], &a)
			got = "200 " + d.streams[0].proto
			for _, line := range d.streams[0].crypto {
				tag, _, _ := strings.Cut(line, " inline:")
				got += " " + tag
			}
		}
		if got != test.want {
			t.Errorf("%s/%s to %s %v: %s, want %s", test.technology, test.endpoint, test.proto, test.keys, got, test.want)
		}
	}
}

// The profile of our offers, and the suite of their key.
func TestOffersBringAKey(t *testing.T) {
	for _, test := range []struct{ technology, endpoint, want string }{
		{PJSIP, "sdes", "RTP/SAVP 1 AES_CM_128_HMAC_SHA1_80"}, {PJSIP, "tag32", "RTP/SAVP 1 AES_CM_128_HMAC_SHA1_32"},
		{PJSIP, "optimistic", "RTP/AVP 1 AES_CM_128_HMAC_SHA1_80"}, {PJSIP, "feedback", "RTP/SAVPF 1 AES_CM_128_HMAC_SHA1_80"},
		{PJSIP, "plain", "RTP/AVP"},
		{SIP, "sdes", "RTP/SAVP 1 AES_CM_128_HMAC_SHA1_80"}, {SIP, "tag32", "RTP/SAVP 1 AES_CM_128_HMAC_SHA1_32"}, {SIP, "plain", "RTP/AVP"},
	} {
		m, _ := load(t, test.technology, choose(test.technology == SIP, "[general]\n"+protectedPeers, protected))
		s := &session{driver: &Driver{technology: test.technology}, endpoint: m.Endpoint(test.endpoint)}
		audio := offerAudio([]*media.Format{media.ULaw}, nil, 5000, false, sendRecv)
		s.profile(&audio, &s.guard)
		d := &description{streams: []stream{audio}}
		got := d.streams[0].proto
		if len(d.streams[0].crypto) > 0 {
			line, _, _ := strings.Cut(d.streams[0].crypto[0], " inline:")
			got += " " + line
		}
		if got != test.want {
			t.Errorf("%s/%s offers %s, want %s", test.technology, test.endpoint, got, test.want)
		}
	}
}

var cryptoLine = regexp.MustCompile(`a=crypto:([^\r\n]*)`)

// keyOf is the key that a description of ours brings.
func keyOf(t *testing.T, body []byte) *rtp.Crypto {
	t.Helper()
	found := cryptoLine.FindSubmatch(body)
	if found == nil {
		t.Fatalf("there is no key in\n%s", body)
	}
	c, err := rtp.ParseCrypto(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A phone with a key speaks and hears, and goes on after a re-INVITE that repeats it.
// Packets of another key are counted, not taken.
func TestAProtectedCall(t *testing.T) {
	d, legs := exchanging(t, PJSIP, protected)
	ports, err := rtp.NewPorts(20000, 30000)
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan media.Frame, 100)
	phone, err := rtp.New(rtp.Config{Ports: ports, Local: netip.MustParseAddr("127.0.0.1"), Payloads: []rtp.Payload{{Type: 0, Format: media.ULaw}},
		Deliver: func(f media.Frame) { heard <- f }})
	if err != nil {
		t.Fatal(err)
	}
	phone.Start()
	defer phone.Wait()
	defer phone.Close()
	key, err := rtp.NewCrypto(1, "AES_CM_128_HMAC_SHA1_80")
	if err != nil {
		t.Fatal(err)
	}
	body := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " + itoa(phone.Port()) + " RTP/SAVP 0\r\na=crypto:" + key.SDP() + "\r\n"
	p := newSoftphone(t, d)
	p.inviteBy(body, "999", "sdes", "X-Test: yes")
	c := ended(t, <-legs)
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	ok := p.answered(p.cseq)
	theirs := keyOf(t, ok.Body)
	in, err := theirs.Cipher(rtp.Tuning{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := key.Cipher(rtp.Tuning{})
	if err != nil {
		t.Fatal(err)
	}
	phone.SetCipher(in, out)
	answer, err := parseSDP(ok.Body)
	if err != nil {
		t.Fatal(err)
	}
	phone.SetRemote(netip.AddrPortFrom(answer.streams[0].address, uint16(answer.streams[0].port)), netip.AddrPort{})
	talk := func(fill byte) {
		t.Helper()
		frame := media.Frame{Kind: media.Voice, Format: media.ULaw, Data: []byte(strings.Repeat(string(fill), 160)), Samples: 160}
		if err := phone.Write(frame); err != nil {
			t.Fatal(err)
		}
		for {
			f, err := c.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if f.Kind == media.Voice && f.Data[0] == fill {
				break
			}
		}
		if err := c.Write(frame); err != nil {
			t.Fatal(err)
		}
		select {
		case f := <-heard:
			if f.Data[0] != fill {
				t.Errorf("the phone heard %d, want %d", f.Data[0], fill)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("the phone heard nothing")
		}
	}
	talk('a')
	for s := range d.house.open {
		if got, ok := s.Item("rtp,secure"); got != "1" || !ok {
			t.Errorf("CHANNEL(rtp,secure) = %q, want 1", got)
		}
	}
	p.numbered(ok, "ACK", p.cseq, "")
	p.cseq++
	p.numbered(ok, "INVITE", p.cseq, body)
	again := p.answered(p.cseq)
	if !keyOf(t, again.Body).SameKey(theirs) {
		t.Error("our key changed with a re-INVITE that changed nothing")
	}
	talk('b')

	other, err := rtp.NewCrypto(1, "AES_CM_128_HMAC_SHA1_80")
	if err != nil {
		t.Fatal(err)
	}
	if out, err = other.Cipher(rtp.Tuning{}); err != nil {
		t.Fatal(err)
	}
	phone.SetCipher(in, out)
	before := d.Media()
	for d.Media().Undeciphered == 0 {
		if err := phone.Write(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: make([]byte, 160), Samples: 160}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if got := d.Media(); got.PacketsReceived != before.PacketsReceived {
		t.Errorf("%d packets of another key were taken", got.PacketsReceived-before.PacketsReceived)
	}
}
