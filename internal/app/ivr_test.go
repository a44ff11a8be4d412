package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

func TestIVRCommand(t *testing.T) {
	for text, want := range map[string]string{
		"/bin/ivr": "/bin/ivr", "/bin/ivr()": "/bin/ivr", "ivr://h:1(a,b c)": "ivr://h:1|a|b c", "/x(a)b": "/x|a", "/x(a": "/x|a",
	} {
		name, args := ivrCommand(text)
		if got := strings.Join(append([]string{name}, args...), "|"); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

// ivrTime is the time in an event.
var ivrTime = regexp.MustCompile(`^(.),\d+`)

// An ivrServer is the far end of ivr://.
type ivrServer struct {
	t     *testing.T
	conn  net.Conn
	lines *bufio.Reader
}

func (s *ivrServer) say(line string) {
	if _, err := s.conn.Write([]byte(line + "\n")); err != nil {
		s.t.Error(err)
	}
}

// expect reads events.
func (s *ivrServer) expect(events ...string) {
	s.t.Helper()
	for _, want := range events {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.t.Fatal(err)
		}
		if got := ivrTime.ReplaceAllString(strings.TrimSuffix(line, "\n"), "$1"); got != want {
			s.t.Errorf("the server was told %q, want %q", got, want)
		}
	}
}

// withServer runs ExternalIVR on a leg against a server, and returns its error.
func withServer(t *testing.T, options string, talk func(x *exchange, s *ivrServer, press func(byte), hangup func(error))) error {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	x := newExchange(t, "[test]\nexten => s,1,NoOp()\n")
	c := x.idle(t, &testLeg{})
	ctx, hangup := context.WithCancelCause(t.Context())
	result := make(chan error, 1)
	go func() { result <- x.externalIVR(ctx, c, "ivr://"+listener.Addr().String()+"(one,two),"+options) }()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	s := &ivrServer{t: t, conn: conn, lines: bufio.NewReader(conn)}
	s.say("G,READY") // the caller is not gone before the application has its connection
	s.expect("G,READY=")
	talk(x, s,
		func(digit byte) { c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: digit}) },
		func(err error) { c.Hangup(16); hangup(err) })
	err = <-result
	_ = conn.Close()
	return err
}

func TestIVRIsHeardAndObeyed(t *testing.T) {
	err := withServer(t, "", func(_ *exchange, s *ivrServer, press func(byte), _ func(error)) {
		s.say("V,A=1, B = two,C,D(x)=3")
		s.say("G,A,B,C,D(x)")
		s.expect("G,A=1,B= two,C=,D(x)=")
		press('5')
		s.expect("5")
		s.say("S,beep")
		s.expect("F,beep")
		s.say("O,autoclear")
		s.say("A,demo-thanks")
		s.say("A,beep")
		s.say("P,x")
		s.expect("P,ivr://" + s.conn.LocalAddr().String() + ",one,two")
		press('#')
		s.expect("#", "T,demo-thanks", "D,beep")
		for range longestPlaylist + 1 {
			s.say("A,demo-thanks")
		}
		s.say("A,beep")
		s.expect("D,beep")
		s.say("E,enough")
		s.expect("E")
	})
	if err != nil {
		t.Errorf("E left with %v, want the dialplan to go on", err)
	}
}

func TestIVRThatIsLeft(t *testing.T) {
	gone := errors.New("the caller is gone")
	err := withServer(t, "", func(_ *exchange, s *ivrServer, _ func(byte), hangup func(error)) {
		s.say("S,demo-thanks")
		hangup(gone)
		s.expect("H")
	})
	if !errors.Is(err, gone) {
		t.Errorf("left with %v, want %v", err, gone)
	}
	err = withServer(t, "i", func(_ *exchange, s *ivrServer, _ func(byte), hangup func(error)) {
		hangup(gone)
		s.expect("I,HANGUP")
		s.say("S,beep")
		s.expect("Z")
		s.say("E,now")
		s.expect("E")
	})
	if err != nil {
		t.Errorf("with option i it left with %v", err)
	}
	err = withServer(t, "", func(_ *exchange, s *ivrServer, _ func(byte), _ func(error)) { _ = s.conn.Close() })
	if !errors.Is(err, ErrHangup) {
		t.Errorf("without its server it left with %v, want %v", err, ErrHangup)
	}
}

var errCallerGone = errors.New("the caller is gone")

// A busyProgram is told something for the first time when the leg is gone.
type busyProgram struct {
	lines  int
	hangup context.CancelCauseFunc
	err    error
}

func (p *busyProgram) Write([]byte) (int, error) {
	p.lines++
	p.hangup(errCallerGone)
	return 0, p.err
}

func (p *busyProgram) Close() error                     { return nil }
func (p *busyProgram) SetWriteDeadline(time.Time) error { return nil }

func TestIVRLeavesAProgramThatNeverPauses(t *testing.T) {
	for name, c := range map[string]struct {
		takes error
		lines int // that are written to it: the answer, and that the caller is gone
	}{"that reads": {nil, 2}, "that does not read": {os.ErrDeadlineExceeded, 1}} {
		t.Run(name, func(t *testing.T) {
			x := newExchange(t, "[test]\nexten => s,1,NoOp()\n")
			ctx, hangup := context.WithCancelCause(t.Context())
			program := &busyProgram{hangup: hangup, err: c.takes}
			link := &ivrLink{out: program, lines: make(chan string, 10), pending: true}
			for range cap(link.lines) {
				link.lines <- "G,A"
			}
			v := &ivr{house: x.House, c: x.idle(t, &testLeg{}), link: link, flow: ctx, up: true}
			if err := v.run(); !errors.Is(err, errCallerGone) {
				t.Errorf("left with %v, want %v", err, errCallerGone)
			}
			if program.lines != c.lines {
				t.Errorf("%d lines were written to it, want %d", program.lines, c.lines)
			}
		})
	}
}

func TestIVRTellsTheLogOnceThatThePlaylistIsFull(t *testing.T) {
	x := newExchange(t, "[test]\nexten => s,1,NoOp()\n")
	var log bytes.Buffer
	x.Logger = slog.New(slog.NewTextHandler(&log, nil))
	v := &ivr{house: x.House, c: x.idle(t, &testLeg{}), link: &ivrLink{out: &busyProgram{hangup: func(error) {}}}, up: true}
	for range longestPlaylist + 5 {
		v.play('A', "beep")
	}
	if n := strings.Count(log.String(), "playlist"); n != 1 {
		t.Errorf("the log was told %d times:\n%s", n, log.String())
	}
}
