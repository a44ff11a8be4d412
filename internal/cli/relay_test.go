package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/command"
)

// A stoppedConsole takes nothing until it goes on.
type stoppedConsole struct {
	goesOn chan struct{}
	text   bytes.Buffer
}

func (c *stoppedConsole) Write(b []byte) (int, error) {
	<-c.goesOn
	return c.text.Write(b)
}

// A command that prints under a lock gives it back, though nobody reads: what it printed
// waits, and so does who typed it.
func TestAConsoleThatIsNotReadHoldsNoLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lock sync.Mutex
		d := dispatcher()
		d.Add([]command.Console{{Row: command.Row{Name: "list"}, Run: func(_ context.Context, r *command.ConsoleRequest) error {
			lock.Lock()
			defer lock.Unlock()
			for n := range 1000 {
				fmt.Fprintln(r.Out, n)
			}
			return errors.New("that was all")
		}}})
		console := &stoppedConsole{goesOn: make(chan struct{})}
		executed := false
		go func() {
			_ = relayed(console, func(out io.Writer) error { return d.Execute(t.Context(), "list", out, nil) })
			executed = true
		}()
		synctest.Wait()
		if !lock.TryLock() {
			t.Fatal("the command holds its lock while nobody reads")
		}
		lock.Unlock()
		if executed {
			t.Error("who typed it goes on before it was shown")
		}
		close(console.goesOn)
		synctest.Wait()
		text := console.text.String()
		if !executed || strings.Count(text, "\n") != 1002 || !strings.HasSuffix(text, "999\nthat was all\nCommand 'list' failed.\n") {
			t.Errorf("executed %t; %d bytes, which end with %q", executed, len(text), text[max(0, len(text)-60):])
		}
	})
}

// A console that is gone is no reason to wait, and the command is told.
func TestAConsoleThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRelay(failing{})
		_, _ = r.Write([]byte("x"))
		synctest.Wait()
		if _, err := r.Write([]byte("y")); !errors.Is(err, errGone) {
			t.Errorf("the second line: %v", err)
		}
		r.finish()
	})
}

var errGone = errors.New("gone")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errGone }
