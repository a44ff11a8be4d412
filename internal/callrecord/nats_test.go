package callrecord

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// natsServer is a server of the test's own, of Debian's package nats-server.
type natsServer struct {
	t       *testing.T
	dir     string
	port    int
	process *exec.Cmd
}

func startNATS(t *testing.T) *natsServer {
	t.Helper()
	if _, err := exec.LookPath("nats-server"); err != nil {
		t.Skip("there is no NATS here: install the package nats-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free, most likely still in a moment
	if err != nil {
		t.Fatal(err)
	}
	s := &natsServer{t: t, dir: t.TempDir(), port: l.Addr().(*net.TCPAddr).Port}
	l.Close()
	s.again()
	t.Cleanup(s.stop)
	return s
}

func (s *natsServer) url() string { return "nats://127.0.0.1:" + strconv.Itoa(s.port) }

func (s *natsServer) stop() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

func (s *natsServer) again() {
	s.t.Helper()
	s.process = exec.Command("nats-server", "-a", "127.0.0.1", "-p", strconv.Itoa(s.port), "-js", "-sd", s.dir)
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	waitFor(s.t, "NATS to come up", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.port))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// A stream gets every record, in order and once, also when the server was away and
// when a row is sent again.
func TestNATS(t *testing.T) {
	s := startNATS(t)
	conn, err := nats.Connect(s.url(), nats.ReconnectWait(20*time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stream, err := conn.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.AddStream(&nats.StreamConfig{Name: "CALLS", Subjects: []string{"pbx.>"}}); err != nil {
		t.Fatal(err)
	}
	g, problems := LoadNATS(configOf(t, "[general]\nurl="+s.url()+"\nsubject=pbx.cdr\n"), "cdr")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	to := newNATSTarget(*g)
	c, err := newCourier("cdr_nats", 'r', to, t.TempDir(), 1<<20, quiet())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.write([]entry{{record: filled("1")}, {record: filled("2")}})
	arrive(t, c, 2)
	s.stop()
	_ = c.write([]entry{{record: filled("3")}, {record: filled("2")}, {record: filled("4")}})
	waitFor(t, "the server to be missed", func() bool { return c.delivery().Trouble != nil })
	s.again()
	arrive(t, c, 5)
	c.close(t.Context())

	sub, err := stream.SubscribeSync("pbx.cdr", nats.OrderedConsumer())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 4 {
		m, err := sub.NextMsg(10 * time.Second)
		if err != nil {
			t.Fatalf("after %v: %v", got, err)
		}
		_, rest, _ := strings.Cut(string(m.Data), `"uniqueid":"`)
		id, _, _ := strings.Cut(rest, `"`)
		got = append(got, id)
	}
	if info, err := stream.StreamInfo("CALLS"); err != nil || info.State.Msgs != 4 || strings.Join(got, " ") != "1 2 3 4" {
		t.Errorf("the stream has %v of %+v (%v), want 1 2 3 4", got, info, err)
	}
	if _, problems := LoadNATS(configOf(t, "[general]\nsubject=pbx.*\n"), "cdr"); len(problems) != 1 {
		t.Errorf("a subject with a wildcard: %v", problems)
	}
}

// A row that is longer than the server takes is put aside, and no other: those before it and
// behind it arrive once.
func TestNATSRefusesWhatIsTooLong(t *testing.T) {
	s := startNATS(t)
	conn, err := nats.Connect(s.url())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sub, err := conn.SubscribeSync("cdr")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	g, problems := LoadNATS(configOf(t, "[general]\nurl="+s.url()+"\njetstream=no\n"), "cdr")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	to := newNATSTarget(*g)
	defer to.close()
	rows := [][]byte{[]byte("1"), []byte("2"), make([]byte, 2<<20), []byte("4")}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	n, err := to.deliver(ctx, rows)
	var refused *refusal
	if n != 2 || !errors.As(err, &refused) {
		t.Fatalf("%d arrived, error %v; want 2 and a refusal", n, err)
	}
	if n, err := to.deliver(ctx, rows[3:]); n != 1 || err != nil {
		t.Fatalf("%d arrived, error %v", n, err)
	}
	for _, want := range []string{"1", "2", "4"} {
		if m, err := sub.NextMsg(10 * time.Second); err != nil || string(m.Data) != want {
			t.Fatalf("got %v (%v), want %s", m, err, want)
		}
	}
}
