package exchange

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// badScripts are programs that do something wrong, by a name that ends in the status that comes of it. They are small,
// since thousands are run.
var badScripts = map[string]string{
	"0-SUCCESS": `while read l && [ -n "$l" ]; do :; done; echo SET VARIABLE A b; read l`, // behaves
	"1-SUCCESS": `exit 0`,                                                                 // reads nothing
	"2-FAILURE": `exit 3`,                                                                 //
	"3-FAILURE": `printf 'STREAM FI'; kill -9 $$`,                                         // dies in the middle of a command
	"4-SUCCESS": `printf 'NOOP\nEXEC Wait'`,                                               // half a line
	"5-SUCCESS": `printf '\000\377\000\nNOOP\n\033\n\n'; read l`,                          // binary
	"6-SUCCESS": `printf '%4000s' '' | sed 's/ /NOOP\n/g' 2>&- || :; exit 0`,              // floods and does not read
	"7-SUCCESS": `read l; exec >&- <&-; exec sleep 0.05`,                                  // closes early and goes on
	"8-SUCCESS": `for i in N O O P; do printf $i; done; echo; read l; read l`,             // a letter at a time
	"9-FAILURE": `echo EXEC Wait 0.001; kill $$`,                                          // dies while a command runs
	// few of these
	"10-SUCCESS": `head -c 10000000 /dev/zero | tr '\000' x; exit 0`, // a line of 10 MB
	"11-SUCCESS": `trap '' HUP; exec >&- <&-; exec sleep 1.5`,        // goes on, whatever it is told
	"hang":       `trap '' HUP; exec sleep 4`,                        // says nothing, and is not moved by a signal
}

// TestAGIScriptsLeaveNothing runs thousands of local scripts that behave badly: the dialplan goes on with the right
// status, and no descriptor, goroutine or process stays.
func TestAGIScriptsLeaveNothing(t *testing.T) {
	legs, turns := 8, 250
	if testing.Short() {
		turns = 25
	}
	k := prepareTrial(t, `[house]
exten => 1,1,Answer()
 same => n,Set(I=0)
 same => n,While($[${I} < ${TURNS}])
 same => n,Set(I=$[${I} + 1])
 same => n,Set(KIND=$[${I} % 10])
 same => n,ExecIf($[${I} % 100 = 7]?Set(KIND=10))
 same => n,ExecIf($[${I} % 100 = 17]?Set(KIND=11))
 same => n,AGI(kind${KIND}.sh,one)
 same => n,ExecIf($["${AGISTATUS}" != "${STATUS${KIND}}"]?UserEvent(Wrong,Status: ${KIND} ${AGISTATUS}))
 same => n,EndWhile()
 same => n,UserEvent(Done,Count: ${I})
 same => n,Hangup()
exten => 2,1,Wait(600)
exten => hang,1,Answer()
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,AGI(hang.sh)
`)
	if err := os.MkdirAll(k.dirs.AGI, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range badScripts {
		name, _, _ = strings.Cut(name, "-")
		if name != "hang" {
			name = "kind" + name
		}
		if err := os.WriteFile(filepath.Join(k.dirs.AGI, name+".sh"), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	for name := range badScripts {
		if n, status, is := strings.Cut(name, "-"); is {
			k.execute("dialplan set global STATUS" + n + " " + status)
		}
	}
	done, wrong := make(chan string, 100), make(chan string, 100)
	k.bus.Subscribe(event.Kinds(event.KindUserEvent), func(s event.Stamped) {
		e, to := s.Event.(*event.UserEvent), done
		if e.Name == "Wrong" {
			to = wrong
		}
		select {
		case to <- e.Fields[0].Value:
		default: // one is enough
		}
	})
	sessions := func(turns int) {
		t.Helper()
		k.execute(fmt.Sprintf("dialplan set global TURNS %d", turns))
		for range legs {
			k.execute("channel originate Local/1@house extension 2@house")
		}
		for range legs {
			select {
			case n := <-done:
				if n != strconv.Itoa(turns) {
					t.Fatalf("the dialplan came to %s of %d", n, turns)
				}
			case status := <-wrong:
				t.Fatalf("the status of %s is not that", status)
			case <-time.After(3 * time.Minute):
				t.Fatal("the dialplan does not go on")
			}
		}
		k.eventually("no leg stands", func() bool { return k.channels.Count() == 0 })
		k.eventually("no process stays", func() bool { return children(t) == 0 })
	}
	sessions(10)
	files, routines := descriptors(t), runtime.NumGoroutine()
	sessions(turns)
	nothing := func() {
		t.Helper()
		k.eventually("descriptors are given back", func() bool { return descriptors(t) <= files+5 })
		k.eventually("goroutines end", func() bool { return runtime.NumGoroutine() <= routines+5 })
	}
	nothing()
	const hanging = 50
	for range hanging {
		k.execute("channel originate Local/hang@house extension 2@house")
	}
	k.eventually("all scripts run", func() bool { return children(t) >= hanging })
	k.execute("channel request hangup all")
	k.eventually("no leg waits for them", func() bool { return k.channels.Count() == 0 })
	k.eventually("no process stays", func() bool { return children(t) == 0 })
	nothing()
	k.end()
}

// children are the processes that this one has started, zombies too.
func children(t *testing.T) int {
	t.Helper()
	list, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(list) == 0 {
		t.Skip("needs /proc")
	}
	n, own := 0, strconv.Itoa(os.Getpid())
	for _, name := range list {
		text, err := os.ReadFile(name) //nolint:gosec // of the kernel
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == own {
			n++
		}
	}
	return n
}
