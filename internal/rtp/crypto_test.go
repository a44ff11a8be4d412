package rtp

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// secure gives each of two sessions a key and the other's.
func secure(t testing.TB, suite string, a, b *side) {
	t.Helper()
	from, to := [2]Cipher{}, [2]Cipher{}
	for i := range from {
		offer, err := NewCrypto(1, suite)
		if err != nil {
			t.Fatal(err)
		}
		read, err := ParseCrypto(offer.SDP())
		if err != nil {
			t.Fatal(err)
		}
		if from[i], err = offer.Cipher(Tuning{}); err != nil {
			t.Fatal(err)
		}
		if to[i], err = read.Cipher(Tuning{}); err != nil {
			t.Fatal(err)
		}
	}
	a.SetCipher(to[1], from[0])
	b.SetCipher(to[0], from[1])
}

func TestSecureVoiceKeysAndReports(t *testing.T) {
	for _, suite := range cryptoSuites {
		t.Run(suite.name, func(t *testing.T) {
			reports := make(chan Report, 10)
			a := newSide(t, func(c *Config) { c.ReportEvery = 30 * time.Millisecond })
			b := newSide(t, func(c *Config) {
				c.Reported = func(r Report) {
					if !r.Sent {
						select {
						case reports <- r:
						default:
						}
					}
				}
			})
			secure(t, suite.name, a, b) // before a report can go
			join(a, b)
			for i := range byte(3) {
				if err := a.Write(voice(media.ULaw, i)); err != nil {
					t.Fatal(err)
				}
				if f := b.get(t); len(f.Data) != 160 || f.Data[0] != i {
					t.Fatalf("frame %d: %d bytes", i, len(f.Data))
				}
			}
			select {
			case r := <-reports:
				if r.SSRC != a.SSRC() {
					t.Errorf("report of %x", r.SSRC)
				}
			case <-time.After(5 * time.Second):
				t.Error("no report could be read")
			}
			if v := b.Stats(); v.Secret+v.Undeciphered != 0 {
				t.Errorf("%d packets were not deciphered", v.Secret+v.Undeciphered)
			}
		})
	}
}

// TestSecureRelay joins a secured leg with one in the clear.
func TestSecureRelay(t *testing.T) {
	phone, a, b := newSide(t, nil), newSide(t, nil), newSide(t, nil)
	join(phone, a)
	secure(t, "AES_CM_128_HMAC_SHA1_80", phone, a)
	plain := listen(t)
	plain.to = b.LocalAddr()
	b.SetRemote(plain.addr(), netip.AddrPort{})
	stop, err := Relay(a.Session, b.Session, false)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if err := phone.Write(voice(media.ULaw, 9)); err != nil {
		t.Fatal(err)
	}
	if p := plain.packet(t); !bytes.Equal(p.Payload, voice(media.ULaw, 9).Data) {
		t.Errorf("%d bytes came out", len(p.Payload))
	}
	plain.send(t, Packet{SSRC: 1, Sequence: 1, Timestamp: 1, Payload: media160})
	if f := phone.get(t); !bytes.Equal(f.Data, media160) {
		t.Errorf("%d bytes went in", len(f.Data))
	}
}

// TestClearPacketsAreRefused by a session that is secured.
func TestClearPacketsAreRefused(t *testing.T) {
	a, b := newSide(t, nil), newSide(t, nil)
	secure(t, "AES_CM_128_HMAC_SHA1_80", a, b)
	a.receive((&Packet{SSRC: 1, Payload: media160}).bytes(), b.LocalAddr(), now())
	if v := a.Stats(); v.Undeciphered != 1 || v.Secret != 0 || v.Packets != 0 || len(a.frames) != 0 {
		t.Errorf("%+v", v)
	}
}

// What comes or is to go before there are keys, and what comes twice, is not of another key.
func TestOtherKeysAreToldFromNone(t *testing.T) {
	a, b := newSide(t, nil), newSide(t, nil)
	join(a, b)
	a.SetCipher(noKeys{}, noKeys{})
	if err := a.Write(voice(media.ULaw, 1)); err != nil {
		t.Fatal(err)
	}
	a.receive((&Packet{SSRC: 1, Payload: media160}).bytes(), b.LocalAddr(), now())
	if v := a.Stats(); v.Secret != 2 || v.Undeciphered != 0 {
		t.Errorf("before the keys: %d and %d", v.Secret, v.Undeciphered)
	}
	key, err := NewCrypto(1, "AES_CM_128_HMAC_SHA1_80")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := key.Cipher(Tuning{})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := key.Cipher(Tuning{})
	if err != nil {
		t.Fatal(err)
	}
	a.SetCipher(ours, noKeys{})
	sealed, err := theirs.SealRTP((&Packet{SSRC: 1, Sequence: 1, Payload: media160}).bytes())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		a.receive(bytes.Clone(sealed), b.LocalAddr(), now())
	}
	if v := a.Stats(); v.Secret != 3 || v.Undeciphered != 0 || v.Packets != 1 {
		t.Errorf("twice: %d packets, %d and %d", v.Packets, v.Secret, v.Undeciphered)
	}
}

func TestParseCrypto(t *testing.T) {
	const key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj" // RFC 4568 §9.1
	for _, value := range []string{
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key,
		"2 AES_CM_128_HMAC_SHA1_32 inline:" + key + "|2^20",
		"2 AES_CM_128_HMAC_SHA1_32 inline:" + key + "|1900000|1:32",
		"2 AES_CM_128_HMAC_SHA1_32 inline:" + key + "|1:4",
	} {
		if _, err := ParseCrypto(value); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
	for _, value := range []string{
		"", "1", "x AES_CM_128_HMAC_SHA1_80 inline:" + key, "1 F8_128_HMAC_SHA1_80 inline:" + key,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key[1:], "1 AES_CM_128_HMAC_SHA1_80 " + key,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^19", "1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|1048575",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^32|2:4", "1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "||1:4",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^32|2", "1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^32|1:129",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key + " UNENCRYPTED_SRTCP",
	} {
		if _, err := ParseCrypto(value); !errors.Is(err, ErrCrypto) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// TestKeyIdentifier opens packets that name their key.
func TestKeyIdentifier(t *testing.T) {
	line := "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^31|1:4"
	ciphers := [2]Cipher{}
	for i := range ciphers {
		c, err := ParseCrypto(line)
		if err != nil {
			t.Fatal(err)
		}
		if ciphers[i], err = c.Cipher(Tuning{}); err != nil {
			t.Fatal(err)
		}
	}
	plain := (&Packet{SSRC: 1, Sequence: 7, Payload: media160}).bytes()
	sealed, err := ciphers[0].SealRTP(bytes.Clone(plain))
	if err != nil {
		t.Fatal(err)
	}
	if want := len(plain) + 4 + 10; len(sealed) != want {
		t.Errorf("%d bytes, want %d: identifier and tag", len(sealed), want)
	}
	if got, err := ciphers[1].OpenRTP(sealed); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("opened %d bytes, %v", len(got), err)
	}
}

// TestReplays: a packet that came before is taken where the exchange is told to.
func TestReplays(t *testing.T) {
	offer, err := NewCrypto(1, "AES_CM_128_HMAC_SHA1_80")
	if err != nil {
		t.Fatal(err)
	}
	for _, taken := range []bool{false, true} {
		out, err := offer.Cipher(Tuning{})
		if err != nil {
			t.Fatal(err)
		}
		in, err := offer.Cipher(Tuning{Replays: taken})
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := out.SealRTP((&Packet{SSRC: 1, Sequence: 7, Payload: media160}).bytes())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.OpenRTP(bytes.Clone(sealed)); err != nil {
			t.Fatal(err)
		}
		if _, err := in.OpenRTP(bytes.Clone(sealed)); (err == nil) != taken {
			t.Errorf("replays taken %t: %v", taken, err)
		}
	}
}
