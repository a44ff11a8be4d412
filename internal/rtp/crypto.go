package rtp

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/pion/srtp/v3"
)

// cryptoSuite is a way to protect packets, by its name in SDP.
type cryptoSuite struct {
	name    string
	profile srtp.ProtectionProfile
}

// cryptoSuites are those of RFC 4568 §6.2, RFC 6188 and RFC 7714.
var cryptoSuites = [...]cryptoSuite{
	{"AES_CM_128_HMAC_SHA1_80", srtp.ProtectionProfileAes128CmHmacSha1_80},
	{"AES_CM_128_HMAC_SHA1_32", srtp.ProtectionProfileAes128CmHmacSha1_32},
	{"AES_256_CM_HMAC_SHA1_80", srtp.ProtectionProfileAes256CmHmacSha1_80},
	{"AES_256_CM_HMAC_SHA1_32", srtp.ProtectionProfileAes256CmHmacSha1_32},
	{"AEAD_AES_128_GCM", srtp.ProtectionProfileAeadAes128Gcm},
	{"AEAD_AES_256_GCM", srtp.ProtectionProfileAeadAes256Gcm},
}

// ErrCrypto is the cause when an a=crypto line can't be used.
var ErrCrypto = errors.New("unusable a=crypto line")

// Crypto is an a=crypto line of SDP (RFC 4568): a suite and the key for what its
// sender sends. It holds a secret: it has no place in logs.
type Crypto struct {
	Tag   int
	Suite string
	key   []byte // master key and salt
	mki   []byte // what its packets say of the key; nil says nothing
}

// NewCrypto makes a line with a fresh key, to offer or to answer with.
func NewCrypto(tag int, suite string) (*Crypto, error) {
	_, key, salt, err := suiteOf(suite)
	if err != nil {
		return nil, err
	}
	c := &Crypto{Tag: tag, Suite: suite, key: make([]byte, key+salt)}
	_, err = rand.Read(c.key)
	return c, err
}

// ParseCrypto reads the value of an a=crypto line. Lines with several keys or session
// parameters are refused with ErrCrypto, as unknown suites are, and as on the
// reference those whose key identifier (MKI) is not 1 or whose key is to be changed soon.
func ParseCrypto(value string) (*Crypto, error) {
	fields := strings.Fields(value)
	if len(fields) != 3 {
		return nil, fmt.Errorf("%w: %d fields, want 3", ErrCrypto, len(fields))
	}
	tag, err := strconv.Atoi(fields[0])
	if err != nil || tag < 0 || tag > 999999999 {
		return nil, fmt.Errorf("%w: its tag is no number", ErrCrypto)
	}
	_, keyLength, saltLength, err := suiteOf(fields[1])
	if err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(fields[2], "inline:")
	text, rest, more := strings.Cut(text, "|")
	if !ok || strings.Contains(rest, ";") {
		return nil, fmt.Errorf("%w: want one inline key", ErrCrypto)
	}
	var mki []byte
	if more {
		if mki, err = keyParams(rest); err != nil {
			return nil, err
		}
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(key) != keyLength+saltLength {
		return nil, fmt.Errorf("%w: its key is not %d bytes", ErrCrypto, keyLength+saltLength)
	}
	return &Crypto{Tag: tag, Suite: fields[1], key: key, mki: mki}, nil
}

// shortestLife is the least number of packets for which a key must be good: nothing
// changes it while a call lasts.
const shortestLife = 1 << 20

// keyParams reads what follows a key (RFC 4568 §6.1): its lifetime, its identifier
// or both.
func keyParams(text string) (mki []byte, err error) {
	life, rest, both := strings.Cut(text, "|")
	if !both && strings.Contains(life, ":") {
		life, rest, both = "2^31", life, true
	}
	packets := uint64(0)
	if exponent, power := strings.CutPrefix(life, "2^"); power {
		if n, err := strconv.Atoi(exponent); err == nil && n > 0 && n <= 48 {
			packets = 1 << n
		}
	} else {
		packets, _ = strconv.ParseUint(life, 10, 48)
	}
	if packets < shortestLife {
		return nil, fmt.Errorf("%w: lifetime %q", ErrCrypto, life)
	}
	if !both {
		return nil, nil
	}
	value, length, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(length)
	if value != "1" || err != nil || n < 1 || n > 128 {
		return nil, fmt.Errorf("%w: key identifier %q", ErrCrypto, rest)
	}
	mki = make([]byte, n)
	mki[n-1] = 1
	return mki, nil
}

// Tagged is the line with another tag: an answer has that of the line it takes.
func (c *Crypto) Tagged(tag int) *Crypto {
	next := *c
	next.Tag = tag
	return &next
}

// SameKey reports whether another line has the same suite and key; tags may differ.
func (c *Crypto) SameKey(other *Crypto) bool {
	return other != nil && c.Suite == other.Suite && bytes.Equal(c.key, other.key) && bytes.Equal(c.mki, other.mki)
}

// SDP writes the value of the line.
func (c *Crypto) SDP() string {
	return strconv.Itoa(c.Tag) + " " + c.Suite + " inline:" + base64.StdEncoding.EncodeToString(c.key)
}

// String does not tell the key.
func (c *Crypto) String() string { return strconv.Itoa(c.Tag) + " " + c.Suite }

// suiteOf finds a suite and the lengths of its master key and salt in bytes.
func suiteOf(name string) (profile srtp.ProtectionProfile, key, salt int, err error) {
	for _, s := range cryptoSuites {
		if s.name != name {
			continue
		}
		if key, err = s.profile.KeyLen(); err == nil {
			salt, err = s.profile.SaltLen()
		}
		return s.profile, key, salt, err
	}
	return 0, 0, 0, fmt.Errorf("%w: unknown suite %q", ErrCrypto, name)
}

// replayWindow is how far packets may come out of order.
const replayWindow = 128

// Cipher makes the cipher of the line, for sending or for receiving, not both:
// the other direction has the other side's line.
func (c *Crypto) Cipher(t Tuning) (Cipher, error) {
	profile, key, _, err := suiteOf(c.Suite)
	if err != nil {
		return nil, err
	}
	var more []srtp.ContextOption
	if c.mki != nil {
		more = append(more, srtp.MasterKeyIndicator(c.mki))
	}
	return newCipher(t, profile, c.key[:key], c.key[key:], more...)
}

// newCipher makes the cipher of one direction.
func newCipher(t Tuning, profile srtp.ProtectionProfile, key, salt []byte, more ...srtp.ContextOption) (Cipher, error) {
	if t.Replays {
		more = append(more, srtp.SRTPNoReplayProtection(), srtp.SRTCPNoReplayProtection())
	} else {
		more = append(more, srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	}
	context, err := srtp.CreateContext(key, salt, profile, more...)
	if err != nil {
		return nil, fmt.Errorf("make cipher %s: %w", profile, err)
	}
	return &contextCipher{context: context}, nil
}

// contextCipher is a Cipher of pion's.
type contextCipher struct {
	mu      sync.Mutex // a leaf: RTP and RTCP share the context
	context *srtp.Context
}

func (c *contextCipher) OpenRTP(b []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.context.DecryptRTP(b, b, nil)
}

func (c *contextCipher) OpenRTCP(b []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.context.DecryptRTCP(b, b, nil)
}

func (c *contextCipher) SealRTP(b []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.context.EncryptRTP(b, b, nil)
}

func (c *contextCipher) SealRTCP(b []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.context.EncryptRTCP(b, b, nil)
}
