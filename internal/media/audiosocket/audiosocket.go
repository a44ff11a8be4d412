package audiosocket

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// The kinds of messages.
const (
	Hangup = 0x00
	ID     = 0x01
	Digit  = 0x03
	Audio  = 0x10 // 16-bit little-endian samples at 8 kHz; the next ones are other rates
	Error  = 0xff
)

// rates are those of the kinds from Audio on.
var rates = []int{8000, 12000, 16000, 24000, 32000, 44100, 48000, 96000, 192000}

// Patience is how long the other side may take to be connected to, and not take a message.
const Patience = 2 * time.Second

// Kind is that of voice in a linear format.
func Kind(f *media.Format) (kind byte, ok bool) {
	if i := slices.Index(rates, f.Rate); i >= 0 && f.Linear() {
		return Audio + byte(i), true
	}
	return 0, false
}

// Format is that of the voice in a kind of message, or nil.
func Format(kind byte) *media.Format {
	if kind < Audio || int(kind-Audio) >= len(rates) {
		return nil
	}
	return media.LinearAt(rates[kind-Audio])
}

// ParseUUID reads the written form of RFC 9562 §4.
func ParseUUID(text string) (id [16]byte, err error) {
	parts := strings.Split(text, "-")
	if len(text) != 36 || len(parts) != 5 || len(parts[0]) != 8 || len(parts[1]) != 4 || len(parts[2]) != 4 || len(parts[3]) != 4 {
		return id, fmt.Errorf("%q is no UUID", text)
	}
	b, err := hex.DecodeString(strings.Join(parts, ""))
	if err != nil {
		return id, fmt.Errorf("%q is no UUID", text)
	}
	copy(id[:], b)
	return id, nil
}

// A Conn is a connection.
type Conn struct {
	net.Conn
	in  *bufio.Reader
	out []byte
}

// New makes one of a network connection.
func New(c net.Conn) *Conn { return &Conn{Conn: c, in: bufio.NewReader(c)} }

// Send sends a message.
func (c *Conn) Send(kind byte, data []byte) error {
	c.out = append(c.out[:0], kind, byte(len(data)>>8), byte(len(data)))
	c.out = append(c.out, data...)
	_ = c.SetWriteDeadline(time.Now().Add(Patience))
	_, err := c.Write(c.out)
	return err
}

// Receive waits for a message. Its data are the caller's.
func (c *Conn) Receive() (kind byte, data []byte, err error) {
	var head [3]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return 0, nil, err
	}
	data = make([]byte, binary.BigEndian.Uint16(head[1:]))
	_, err = io.ReadFull(c.in, data)
	return head[0], data, err
}

// Voice is the frame of a message of voice; ok is false for any other.
func Voice(kind byte, data []byte) (f media.Frame, ok bool) {
	format := Format(kind)
	if format == nil || len(data) < 2 {
		return media.Frame{}, false
	}
	return media.Frame{Kind: media.Voice, Format: format, Data: data[:len(data)&^1], Samples: len(data) / 2}, true
}
