package exchange

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/logging"
)

// still is a terminal that shows nothing until it is let go.
type still struct {
	let chan struct{}
	mu  sync.Mutex
	got bytes.Buffer
}

func (s *still) Write(p []byte) (int, error) {
	<-s.let
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.Write(p)
}

// Who logs does not wait for a terminal that stands still; it is told later how
// much it missed, and nothing twice.
func TestATerminalThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal := &still{let: make(chan struct{})}
		s := newScreen(terminal)
		for i := range 2 * screenBacklog {
			s.show(fmt.Appendf(nil, "line %d\n", i)) // a deadlock if it waited
		}
		synctest.Wait()
		lost := s.lost.Load()
		if lost < screenBacklog-1 {
			t.Errorf("%d lines found no room, want about %d", lost, screenBacklog)
		}
		s.close() // in a moment, though the terminal stands still
		close(terminal.let)
		<-s.done
		text := terminal.got.String()
		if n := strings.Count(text, "line "); n != 2*screenBacklog-int(lost) {
			t.Errorf("%d lines are shown, %d were lost", n, lost)
		}
		if want := fmt.Sprintf("%d lines of the log were left out", lost); !strings.Contains(text, want) {
			t.Errorf("the terminal is not told: %s", want)
		}
	})
}

// An exchange goes on beside its terminal, and ends.
func TestExchangeBesideAStillTerminal(t *testing.T) {
	terminal := &still{let: make(chan struct{})}
	k := prepareWith(t, "[house]\nexten => fine,1,Set(GLOBAL(FINE)=yes)\n", Options{Console: terminal, Verbose: 5})
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 * screenBacklog {
		logging.Verbosef(k.log, 1, "line %d", i)
	}
	k.execute("channel originate Local/fine@house/n application Wait 0")
	k.eventually("a call", func() bool { return k.global("FINE") == "yes" })
	k.end()
	close(terminal.let)
	<-k.screen.done
	if !strings.Contains(terminal.got.String(), "line 0\n") {
		t.Errorf("the terminal shows %q", terminal.got.String())
	}
}

// What is wrong with logger.conf is told once, in the files that it names; one that
// can't be read later leaves them in force.
func TestLoggerConfIsToldOfOnce(t *testing.T) {
	k := prepareTrial(t, "[house]\n")
	k.write("logger.conf", "[general]\ndatefromat=%F\n[logfiles]\nfull => notice,warning,error,verbose\n")
	k.execute("logger reload")
	k.write("logger.conf", "lost\n[logfiles]\n")
	k.execute("logger reload")
	k.log.Log(t.Context(), logging.Notice, "still there", slog.String("who", "me"))
	k.logs.Flush()
	for text, want := range map[string]int{"unknown option datefromat": 1, "logger.conf was not read again": 1, "still there who=me": 1} {
		if n := strings.Count(k.logged(), text); n != want {
			t.Errorf("%q is logged %d times, want %d", text, n, want)
		}
	}
	k.Discard()
}

// What was wrong before there was a log is told in it, once.
func TestProblemsBeforeTheLogAreTold(t *testing.T) {
	dir := t.TempDir()
	k := &trial{t: t, Exchange: &Exchange{dirs: Directories{Etc: dir}}}
	k.write("asterisk.conf", "[directories]\nastetcdir => "+dir+"\nastlogdir => "+dir+"\nastrundir => "+dir+"\nastspooldir => "+dir+"\nastdbdir => "+dir+"\n[options]\nmaxcals=5\n")
	k.write("logger.conf", "[general]\ndatefromat=%F\n[logfiles]\nfull => warning\n")
	x, err := New(Options{Config: dir + "/asterisk.conf", Version: "22"})
	if err != nil {
		t.Fatal(err)
	}
	x.logs.Flush()
	k.Exchange = x
	for _, text := range []string{"unknown option maxcals", "unknown option datefromat"} {
		if n := strings.Count(k.logged(), text); n != 1 {
			t.Errorf("%q is logged %d times, want once:\n%s", text, n, k.logged())
		}
	}
	x.Discard()
}
