package app

import (
	"bytes"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/media/audiosocket"
)

// TestAudioSocket has a server of the test hear a leg and speak to it. It runs in
// real time, as there is a socket.
func TestAudioSocket(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	heard := make(chan string, 1)
	go func() {
		conn, err := server.Accept()
		if err != nil {
			heard <- err.Error()
			return
		}
		defer func() { _ = conn.Close() }()
		got := make([]byte, 3+16+3+1+3+4)
		_, err = io.ReadFull(conn, got)
		text := hex.EncodeToString(got)
		if err != nil {
			text = err.Error()
		}
		_, _ = conn.Write(append([]byte{audiosocket.Audio, 1, 64}, make([]byte, 320)...))
		_, _ = conn.Write(append([]byte{audiosocket.Audio + 2, 2, 128}, make([]byte, 640)...))
		_, _ = conn.Write([]byte{audiosocket.Digit, 0, 1, '5', 0x42, 0, 1, 0, audiosocket.Hangup, 0, 0})
		heard <- text
	}()
	x := newExchange(t, "[test]\nexten => s,1,AudioSocket(01234567-89ab-cdef-0123-456789abcdef,"+server.Addr().String()+
		")\nsame => n,NoOp(over)\nexten => bad,1,AudioSocket(x,"+server.Addr().String()+")\nsame => n,NoOp(not)\n")
	c, leg := x.call(t, "s")
	c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '7'})
	c.Deliver(media.Frame{Kind: media.Voice, Format: media.SLin, Data: []byte{1, 2, 3, 4}, Samples: 2})
	select {
	case got := <-heard:
		if want := "0100100123456789abcdef0123456789abcdef0300013710000401020304"; got != want {
			t.Errorf("the server heard %s, want %s", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the server heard nothing")
	}
	<-c.CallContext().Done()
	if got := x.heard(); got != "over" {
		t.Errorf("then came %q", got)
	}
	leg.mu.Lock()
	defer leg.mu.Unlock()
	total := 0
	for _, f := range leg.written {
		total += f.Samples
	}
	if total != 320 || leg.digits != "5" {
		t.Errorf("the leg heard %d samples and the keys %q", total, leg.digits)
	}
	bad, _ := x.call(t, "bad")
	<-bad.CallContext().Done()
	if strings.Contains(x.heard(), "not") {
		t.Error("a call without a UUID went on")
	}
	if err := x.Channels.Shutdown(t.Context(), 16); err != nil {
		t.Error(err)
	}
}

func TestParseUUID(t *testing.T) {
	for text, ok := range map[string]bool{"01234567-89ab-cdef-0123-456789abcdef": true, "": false, "0123456789abcdef0123456789abcdef": false,
		"01234567-89ab-cdef-0123-456789abcdeg": false, "0123456-789ab-cdef-0123-456789abcdef0": false} {
		id, err := audiosocket.ParseUUID(text)
		if (err == nil) != ok || ok && !bytes.Equal(id[:2], []byte{1, 0x23}) {
			t.Errorf("parseUUID(%q) = %x, %v", text, id, err)
		}
	}
}
