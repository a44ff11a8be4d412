package phone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// A transport that can't be opened costs no other, the log has the reference's
// line, and the tables have no such transport. One of IPv6 is left out where there
// is no IPv6.
func TestTransportsThatCanNotBeOpened(t *testing.T) {
	m, problems := load(t, PJSIP, "[good]\ntype=transport\nbind=127.0.0.1:5060\n[busy]\ntype=transport\nbind=127.0.0.2:5060\n"+
		"[six]\ntype=transport\nbind=[::]:5060\n[other]\ntype=transport\nbind=[2001:db8::1]:5060\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var log bytes.Buffer
	d := New(Config{Model: m, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	d.newSessions = nil
	failing := map[string]syscall.Errno{"127.0.0.2:5060": syscall.EADDRINUSE, "[::]:5060": syscall.EAFNOSUPPORT, "[2001:db8::1]:5060": syscall.EADDRNOTAVAIL}
	d.listen = func(network, address string, o sip.ListenOptions) error {
		if number, ok := failing[address]; ok {
			return fmt.Errorf("listen: %w", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", number)})
		}
		_, err := d.stack.Listen(network, "127.0.0.1:0", o)
		return err
	}
	err := d.Start(context.Background())
	t.Cleanup(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, syscall.EADDRINUSE) || !errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Errorf("Start: %v", err)
	}
	for _, want := range []string{"Transport 'busy' could not be started: Address already in use",
		"Transport 'other' could not be started: Cannot assign requested address",
		"Transport 'six' is left out, as this machine has no IPv6: Address family not supported by protocol"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
	if got := d.transportNames(); len(got) != 1 || got[0] != "good" {
		t.Errorf("transports %v, want good alone", got)
	}
}
