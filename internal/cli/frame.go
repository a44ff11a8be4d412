package cli

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A frame on the control socket is a type byte, a length of four bytes (big
// endian) and that many bytes.
const (
	frameExecute  = 'x' // to the exchange: run this line
	frameComplete = 'c' // to the exchange: what may follow this line?
	frameVerbose  = 'v' // to the exchange: show log lines up to this verbosity, or none
	frameHello    = 'h' // from the exchange: its version line
	frameOutput   = 'o' // from the exchange: output of the line
	frameDone     = 'd' // from the exchange: the line is done; the byte is its result
	frameLog      = 'l' // from the exchange: a line of the log
	frameOffers   = 'k' // from the exchange: completions, one a line
)

// maxFrame bounds what either side accepts.
const maxFrame = 1 << 20

func writeFrame(w io.Writer, kind byte, payload []byte) error {
	for len(payload) > maxFrame { // only output is ever so long
		if err := writeFrame(w, kind, payload[:maxFrame]); err != nil {
			return err
		}
		payload = payload[maxFrame:]
	}
	b := make([]byte, 5, 5+len(payload))
	b[0] = kind
	binary.BigEndian.PutUint32(b[1:], uint32(len(payload)))
	_, err := w.Write(append(b, payload...))
	return err
}

func readFrame(r io.Reader) (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxFrame {
		return 0, nil, fmt.Errorf("control socket: frame of %d bytes", n)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return head[0], payload, err
}
