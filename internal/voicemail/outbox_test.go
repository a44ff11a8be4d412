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
	"strings"
	"sync"
	"testing"
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
	read, problems := Read(f)
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
	run := func(b *Outbox, until string, ok func() bool) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { b.Run(ctx, h.Server); close(ended) }()
		for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: not in time", until)
			}
		}
		cancel()
		<-ended
	}
	s.codes = []string{"450 later", "250 fine", "250 fine", "550 nobody here"}
	post("first")
	run(h.Outbox, "the mail is put off", func() bool {
		h.Outbox.mu.Lock()
		defer h.Outbox.mu.Unlock()
		return len(h.Outbox.mails) == 1 && h.Outbox.mails[0].wait > 0
	})
	if mails, _ := s.got(); len(mails) != 0 {
		t.Fatalf("the server has %q", mails)
	}
	again := &Outbox{Dir: h.Outbox.Dir, Logger: h.Logger} // of the next start
	run(again, "the mail arrives", func() bool { mails, _ := s.got(); return len(mails) == 1 && again.Waiting() == 0 })
	mails, said := s.got()
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
	run(again, "the mail is put aside", func() bool { return again.Waiting() == 0 })
	if aside, _ := filepath.Glob(filepath.Join(again.Dir, "*.refused")); len(aside) != 1 {
		t.Errorf("put aside: %q", aside)
	}
	if mails, _ := s.got(); len(mails) != 1 {
		t.Errorf("the server has %d mails, want 1", len(mails))
	}
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
