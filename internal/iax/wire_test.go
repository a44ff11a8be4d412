package iax

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

func TestFrame(t *testing.T) {
	for _, c := range []struct {
		name string
		wire []byte
		want frame
	}{
		{"NEW", []byte{0x80, 5, 0, 0, 0, 0, 0, 3, 0, 0, 6, 1, 11, 2, 0, 2},
			frame{source: 5, stamp: 3, kind: iaxWord, subclass: wordNew, body: []byte{11, 2, 0, 2}}},
		{"sent again", []byte{0x80, 5, 0x81, 7, 0, 0, 1, 0, 9, 8, 4, 4},
			frame{source: 5, dest: 0x107, again: true, stamp: 256, out: 9, in: 8, kind: control, subclass: controlAnswer, body: []byte{}}},
		{"a format is a power of two", []byte{0x80, 5, 0, 7, 0, 0, 0, 20, 1, 1, 2, 0x8c, 1},
			frame{source: 5, dest: 7, stamp: 20, out: 1, in: 1, kind: voice, subclass: 1 << 12, body: []byte{1}}},
		{"no more tones", []byte{0x80, 5, 0, 7, 0, 0, 0, 20, 1, 1, 4, 0xff},
			frame{source: 5, dest: 7, stamp: 20, out: 1, in: 1, kind: control, subclass: controlStopSounds, body: []byte{}}},
	} {
		got, err := parseFrame(c.wire)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: read %+v (%v), want %+v", c.name, got, err, c.want)
		}
		if wire := got.append(nil); !bytes.Equal(wire, c.wire) {
			t.Errorf("%s: written % x, want % x", c.name, wire, c.wire)
		}
	}
	if _, err := parseFrame(make([]byte, fullHeader-1)); err == nil {
		t.Error("a frame without its whole header was read")
	}
}

func TestElements(t *testing.T) {
	w := (&writer{}).text(elementCalledNumber, "100").text(elementUsername, "").number32(elementCapability, 0x0e).raw(elementCallToken, nil)
	list, err := parseElements(w.body)
	if err != nil || len(list) != 3 || list.text(elementCalledNumber) != "100" || list.number(elementCapability) != 0x0e || !list.has(elementCallToken) {
		t.Errorf("read %v (%v) of % x", list, err, w.body)
	}
	for _, body := range [][]byte{{1}, {1, 2, '3'}, {1, 1, '3', 4}} {
		if list, err := parseElements(body); err == nil {
			t.Errorf("% x was read as %v", body, list)
		}
	}
}

func TestToken(t *testing.T) {
	m, now := newMint(), time.Unix(1e9, 0)
	here, there := netip.MustParseAddrPort("127.0.0.1:4569"), netip.MustParseAddrPort("127.0.0.2:4569")
	token := m.make(here, now)
	other := newMint()
	for _, c := range []struct {
		name  string
		mint  *mint
		from  netip.AddrPort
		token string
		at    time.Time
		want  bool
	}{
		{"shown at once", &m, here, token, now, true},
		{"shown within its life", &m, here, token, now.Add(tokenLife), true},
		{"shown too late", &m, here, token, now.Add(tokenLife + time.Second), false},
		{"from elsewhere", &m, there, token, now, false},
		{"of somebody else", &other, here, token, now, false},
		{"with another time", &m, here, "1000000001" + token[10:], now, false},
		{"of nobody", &m, here, "x", now, false},
	} {
		if got := c.mint.holds(c.token, c.from, c.at); got != c.want {
			t.Errorf("%s: it holds: %v", c.name, got)
		}
	}
}

// What comes from anywhere is no reason to fall.
func FuzzTake(f *testing.F) {
	f.Add([]byte{0x80, 5, 0, 0, 0, 0, 0, 3, 0, 0, 6, 1, 11, 2, 0, 2, 54, 0})
	f.Add([]byte{0x80, 5, 0, 0, 0, 0, 0, 3, 0, 0, 6, 30})
	f.Add([]byte{0x00, 5, 0, 0, 1})
	f.Add([]byte{0x80, 5, 0x80, 7, 0, 0, 0, 20, 1, 1, 2, 0x8c})
	f.Fuzz(func(_ *testing.T, packet []byte) {
		d := idle()
		from := netip.MustParseAddrPort("127.0.0.9:4569")
		d.take(packet, from)
		d.take(packet, from)
		for _, c := range d.calls {
			c.forget()
		}
	})
}
