package radius

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // RFC 2865
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The password of RFC 2865 §7.1.
func TestPasswordsAreHidden(t *testing.T) {
	var authenticator [16]byte
	b, _ := hex.DecodeString("0f403f9473978057bd83d5cb98f4227a")
	copy(authenticator[:], b)
	if got := hex.EncodeToString(hide([]byte("arctangent"), authenticator, []byte("xyzzy5461"))); got != "0dbe708d93d413ce3196e43f782a0aee" {
		t.Errorf("got %s", got)
	}
}

// reply builds a reply as a server does.
func reply(code, id byte, request [16]byte, secret string, signed bool, attributes ...Attribute) []byte {
	b := append([]byte{code, id, 0, 0}, request[:]...)
	for _, a := range attributes {
		b = append(append(b, a.Type, byte(2+len(a.Value))), a.Value...)
	}
	if signed {
		b = append(append(b, MessageAuthenticator, 18), make([]byte, 16)...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	if signed {
		copy(b[len(b)-16:], sign(b, []byte(secret)))
	}
	digest := md5.Sum(append(b[:len(b):len(b)], secret...)) //nolint:gosec // RFC 2865
	copy(b[4:], digest[:])
	return b
}

func TestForgedRepliesAreRefused(t *testing.T) {
	request := [16]byte{1, 2, 3}
	eap := Attribute{EAPMessage, []byte{3, 1, 0, 4}}
	for name, c := range map[string]struct {
		b  []byte
		ok bool
	}{
		"signed":                        {reply(AccessAccept, 1, request, "s", true, eap), true},
		"with no EAP":                   {reply(AccessAccept, 1, request, "s", false, Attribute{FilterID, []byte("a")}), true},
		"with EAP that is not signed":   {reply(AccessAccept, 1, request, "s", false, eap), false},
		"with another secret":           {reply(AccessAccept, 1, request, "x", true, eap), false},
		"to another request":            {reply(AccessAccept, 1, [16]byte{9}, "s", true, eap), false},
		"cut off":                       {reply(AccessAccept, 1, request, "s", true, eap)[:30], false},
		"changed from reject to accept": {append([]byte{AccessAccept}, reply(AccessReject, 1, request, "s", true, eap)[1:]...), false},
	} {
		p, err := parseReply(c.b, request, []byte("s"))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if c.ok && p.Code != AccessAccept {
			t.Errorf("%s: code %d", name, p.Code)
		}
	}
}

func TestLongValuesAreSplitAndJoined(t *testing.T) {
	p := &Packet{Code: AccessRequest}
	long := bytes.Repeat([]byte{7}, 600)
	p.Add(EAPMessage, long)
	p.Add(TunnelPrivateGroupID, []byte("\x01guests"))
	if len(p.Attributes) != 4 || !bytes.Equal(p.Get(EAPMessage), long) || p.Text(TunnelPrivateGroupID) != "guests" {
		t.Errorf("%d attributes, %q", len(p.Attributes), p.Text(TunnelPrivateGroupID))
	}
}

// A server that forges first and answers then is asked once.
func TestExchange(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 4096)
		for {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			if n < 38 || b[0] != AccessRequest {
				t.Errorf("got % x", b[:n])
			}
			request := [16]byte(b[4:20])
			server.WriteTo(reply(AccessAccept, b[1], request, "wrong", true), from)
			server.WriteTo(reply(AccessReject, b[1], request, "s", true), from)
		}
	}()
	c, err := Dial(server.LocalAddr().String(), "s")
	if err != nil {
		t.Fatal(err)
	}
	p := &Packet{Code: AccessRequest}
	p.Add(UserName, []byte("alice"))
	if got, err := c.Exchange(t.Context(), p); err != nil || got.Code != AccessReject {
		t.Errorf("got %v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Exchange(ctx, p); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	c.Close()
	server.Close()
	<-done
	if _, err := c.Exchange(t.Context(), p); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func FuzzReply(f *testing.F) {
	f.Add(reply(AccessAccept, 1, [16]byte{}, "s", true, Attribute{EAPMessage, []byte{3, 1, 0, 4}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := parseReply(b, [16]byte{}, []byte("s")); err == nil && p == nil {
			t.Error("neither")
		}
	})
}
