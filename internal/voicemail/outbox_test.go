package voicemail

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// A mailServer speaks as much SMTP as a mail needs.
type mailServer struct {
	l      net.Listener
	secret *tls.Config

	mu    sync.Mutex
	codes []string // for the next RCPTs; 250 when there are none
	said  []string // by clients, from EHLO on
	mails []string
}

func newMailServer(t *testing.T) (*mailServer, string) {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{l: l, secret: &tls.Config{Certificates: web.TLS.Certificates}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return s, ca
}

func (s *mailServer) serve(c net.Conn) {
	defer func() { c.Close() }()
	r := bufio.NewReader(c)
	say := func(text string) { fmt.Fprintf(c, "%s\r\n", text) }
	say("220 here")
	encrypted := false
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		s.mu.Lock()
		s.said = append(s.said, line)
		s.mu.Unlock()
		switch verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0]); {
		case verb == "EHLO" && encrypted:
			say("250-here\r\n250 AUTH PLAIN")
		case verb == "EHLO":
			say("250-here\r\n250 STARTTLS")
		case verb == "STARTTLS":
			say("220 go")
			c = tls.Server(c, s.secret)
			r, encrypted = bufio.NewReader(c), true
		case verb == "AUTH":
			say("235 welcome")
		case verb == "RCPT":
			code := "250 fine"
			s.mu.Lock()
			if len(s.codes) > 0 {
				code, s.codes = s.codes[0], s.codes[1:]
			}
			s.mu.Unlock()
			say(code)
		case verb == "DATA":
			say("354 go")
			var b strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				b.WriteString(line)
			}
			s.mu.Lock()
			s.mails = append(s.mails, b.String())
			s.mu.Unlock()
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

func (s *mailServer) got() (mails, said []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.mails...), append([]string{}, s.said...)
}

// A mail goes over TLS, with a password; one that is put off stays and goes later, with
// another process if need be; one that is refused is put aside.
func TestMailsGoToAServer(t *testing.T) {
	s, ca := newMailServer(t)
	f, err := config.Parse("voicemail.conf", []byte(fmt.Sprintf("[general]\nsmtp = %s\nsmtp_user = pbx\nsmtp_password = secret\nsmtp_ca = %s\n[default]\n100 => 1,Ann,ann@example.org\n", s.l.Addr(), ca)), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	read, problems := Read(f, nil, nil)
	if len(problems) > 0 || read.general.smtp == nil || read.general.smtp.Security != "starttls" {
		t.Fatalf("%+v, %v", read.general.smtp, problems)
	}
	h := &House{Logger: slog.New(slog.DiscardHandler), Outbox: &Outbox{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}}
	h.file.Store(read)
	post := func(subject string) {
		t.Helper()
		if !h.send(read.mailboxes[0], &letter{to: "ann@example.org|bob@example.org", from: "PBX", address: "pbx@example.org", name: "Ann", subject: subject, body: ".dot", charset: "UTF-8", date: time.Now(), id: "1"}) {
			t.Error("a mail was not taken")
		}
	}
	try := func(b *Outbox) { // what Run does with what is due
		t.Helper()
		m, _ := b.due(time.Now())
		if m == nil {
			t.Fatal("no mail is due")
		}
		b.try(t.Context(), h.Server(), m)
	}
	s.codes = []string{"450 later", "250 fine", "250 fine", "550 nobody here"}
	post("first")
	try(h.Outbox)
	if m, in := h.Outbox.due(time.Now()); m != nil || in <= 0 || in > firstWait || h.Outbox.Waiting() != 1 {
		t.Errorf("a mail that is put off is due in %v", in)
	}
	if mails, _ := s.got(); len(mails) != 0 {
		t.Fatalf("the server has %q", mails)
	}
	again := &Outbox{Dir: h.Outbox.Dir, Logger: h.Logger} // of the next start
	again.load()
	try(again)
	mails, said := s.got()
	if len(mails) != 1 || again.Waiting() != 0 {
		t.Fatalf("the server has %q, and %d mails wait", mails, again.Waiting())
	}
	for _, want := range []string{"Subject: first\r\n", "To: Ann <ann@example.org>, Ann <bob@example.org>\r\n", "\r\n..dot\r\n"} {
		if !strings.Contains(mails[0], want) {
			t.Errorf("no %q in %q", want, mails[0])
		}
	}
	for _, want := range []string{"STARTTLS", "AUTH PLAIN AHBieABzZWNyZXQ=", "MAIL FROM:<pbx@example.org>", "RCPT TO:<bob@example.org>"} {
		if !strings.Contains(strings.Join(said, "\n"), want) {
			t.Errorf("the client did not say %s: %q", want, said)
		}
	}
	h.Outbox = again
	post("second")
	try(again)
	if n := again.Waiting(); n != 0 {
		t.Errorf("%d mails wait", n)
	}
	if aside, _ := filepath.Glob(filepath.Join(again.Dir, "*.refused")); len(aside) != 1 {
		t.Errorf("put aside: %q", aside)
	}
	if mails, _ := s.got(); len(mails) != 1 {
		t.Errorf("the server has %d mails, want 1", len(mails))
	}
}

// spoken is a slog.Handler that keeps when something was said, since it was made.
type spoken struct {
	slog.Handler
	from time.Time
	mu   sync.Mutex
	said []string
}

func (s *spoken) Enabled(context.Context, slog.Level) bool { return true }
func (s *spoken) Handle(_ context.Context, r slog.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, fmt.Sprintf("%v %s", time.Since(s.from), r.Message))
	return nil
}

// Run tries what waits: nothing while there is no server, a mail as soon as it comes, and one that was put off after a while
// that grows.
func TestMailsAreTriedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &spoken{from: time.Now()}
		b := &Outbox{Dir: t.TempDir(), Logger: slog.New(log)}
		post := func() {
			t.Helper()
			if err := b.add("pbx@example.org", []string{"ann@example.org"}, []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		var server atomic.Pointer[SMTP]
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { b.Run(ctx, server.Load); close(ended) }()
		post()
		time.Sleep(90*time.Second + time.Millisecond)
		server.Store(&SMTP{CA: filepath.Join(b.Dir, "none")}) // can't be asked
		time.Sleep(49 * time.Second)
		post()
		time.Sleep(20 * time.Second)
		cancel()
		<-ended
		want := []string{"1m31s", "1m46s", "2m16s", "2m19.001s", "2m34.001s"}
		for i := range want {
			want[i] += " a mail was not sent and is kept"
		}
		if !slices.Equal(log.said, want) || b.Waiting() != 2 {
			t.Errorf("said is %q, and %d mails wait; want %q and 2", log.said, b.Waiting(), want)
		}
	})
}

// What a server does not offer is not done without.
func TestMailsAreNotSentInTheClear(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprint(c, "220 here\r\n")
		r := bufio.NewReader(c)
		for {
			if _, err := r.ReadString('\n'); err != nil {
				return
			}
			fmt.Fprint(c, "250 here\r\n")
		}
	}()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	err = (&SMTP{Host: host, Port: port, Security: "starttls"}).send(t.Context(), "a@example.org", []string{"b@example.org"}, []byte("x"))
	if err != errNoTLS { //nolint:errorlint // it is this one
		t.Errorf("%v, want %v", err, errNoTLS)
	}
}
