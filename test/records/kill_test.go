package records

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/store"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

const (
	callsBefore = 60 // that have ended when the exchange is killed
	// ended is how long ago a call must have ended for its record to be on disk: what the
	// program has told the kernel outlives it, and it tells it at once.
	settled = 50 * time.Millisecond
)

var files = map[string]string{
	"modules.conf":    "[modules]\nautoload=yes\n",
	"extensions.conf": "[calls]\nexten => s,1,Answer()\n same => n,Wait(0.05)\n same => n,Hangup()\n",
	"logger.conf":     "[logfiles]\nmessages => warning,error\n",
	"http.conf":       "[general]\nenabled=no\n",
	"cdr_sqlite3_custom.conf": "[master]\ntable=cdr\ncolumns=uniqueid,channel\n" +
		"values='${CDR(uniqueid)}','${CDR(channel)}'\n",
	"cel.conf":                "[general]\nenable=yes\nevents=HANGUP\n",
	"cel_sqlite3_custom.conf": "[master]\ntable=cel\ncolumns=uniqueid,eventtype\nvalues='${CHANNEL(uniqueid)}','${eventtype}'\n",
}

func TestNoRecordIsLost(t *testing.T) {
	binary := blackbox.Build(t, "cmd/octothorpe")
	for name, cdr := range map[string]string{"simple": "", "batch": "batch=yes\nsize=25\ntime=3600\n"} {
		t.Run(name, func(t *testing.T) {
			dir := configuration(t, "[general]\nenable=yes\nunanswered=yes\n"+cdr+"[csv]\nloguniqueid=yes\n")
			p := run(t, binary, dir)
			ended := p.calls(t)
			_ = p.command.Process.Kill()
			<-p.ended
			t.Logf("%d legs had ended when it was killed", len(ended))

			p = run(t, binary, dir)
			delivered(t, dir, ended) // what waited on disk
			if out, err := exec.Command(binary, "-C", filepath.Join(dir, "asterisk.conf"), "-rx", "core stop now").CombinedOutput(); err != nil {
				t.Fatalf("stop: %v\n%s", err, out)
			}
			<-p.ended
			written := map[string]map[string]int{"cdr-csv/Master.csv": fromCSV(t, filepath.Join(dir, "cdr-csv/Master.csv")),
				"cdr": fromSQLite(t, dir, "cdr"), "cel": fromSQLite(t, dir, "cel")}
			for place, have := range written {
				missing := 0
				for id := range ended {
					if have[id] == 0 {
						missing++
					}
				}
				if missing > 0 {
					t.Errorf("%s: %d of %d are missing", place, missing, len(ended))
				}
			}
		})
	}
}

// delivered waits until the tables have all legs: an exchange that stops leaves on disk
// what a database has not taken yet.
func delivered(t *testing.T, dir string, legs map[string]bool) {
	t.Helper()
	waiting := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		waiting = ""
		for _, table := range []string{"cdr", "cel"} {
			have, err := uniqueIDs(dir, table)
			for id := range legs {
				if have[id] == 0 {
					waiting = fmt.Sprintf("%s has %d of %d legs: %v", table, len(have), len(legs), err)
				}
			}
		}
		if waiting == "" {
			return
		}
	}
	t.Error(waiting)
}

// uniqueIDs counts the rows of a table by their leg.
func uniqueIDs(dir, table string) (map[string]int, error) {
	db, err := store.OpenSQLite(filepath.Join(dir, "master.db"), "", time.Second)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.Query("SELECT uniqueid FROM " + table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]int{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		have[id]++
	}
	return have, rows.Err()
}

func fromCSV(t *testing.T, path string) map[string]int {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	have := map[string]int{}
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Errorf("%s is not whole: %v", path, err)
	}
	for _, line := range lines {
		have[line[len(line)-1]]++
	}
	return have
}

func fromSQLite(t *testing.T, dir, table string) map[string]int {
	db, err := store.OpenSQLite(filepath.Join(dir, "master.db"), "", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var whole string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&whole); err != nil || whole != "ok" {
		t.Errorf("the database is not whole: %s %v", whole, err)
	}
	have, err := uniqueIDs(dir, table)
	if err != nil {
		t.Fatal(err)
	}
	return have
}

// configuration writes the files of an exchange whose manager port is free.
func configuration(t *testing.T, cdr string) string {
	t.Helper()
	dir := t.TempDir()
	port := blackbox.Port(t)
	all := map[string]string{"asterisk.conf": blackbox.Directories(dir), "cdr.conf": cdr,
		"manager.conf": fmt.Sprintf("[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=%d\n[me]\nsecret=me\nread=call\nwrite=originate,system,agent,config\n", port)}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

type program struct {
	command *exec.Cmd
	ended   chan struct{}
	address string
}

// run starts the exchange, which does not outlive the test.
func run(t *testing.T, binary, dir string) *program {
	t.Helper()
	p := &program{command: exec.Command(binary, "-f", "-q", "-C", filepath.Join(dir, "asterisk.conf")), ended: make(chan struct{})}
	text, err := os.ReadFile(filepath.Join(dir, "manager.conf"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "port=")
	port, _, _ := strings.Cut(rest, "\n")
	p.address = "127.0.0.1:" + port
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		defer close(p.ended)
		runtime.LockOSThread() // the program dies with the thread that started it
		defer runtime.UnlockOSThread()
		err := p.command.Start()
		started <- err
		if err == nil {
			_ = p.command.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.command.Process.Kill(); <-p.ended })
	if out, err := exec.Command(binary, "-C", filepath.Join(dir, "asterisk.conf"), "-rx", "core waitfullybooted").CombinedOutput(); err != nil {
		for end := time.Now().Add(20 * time.Second); err != nil; {
			if time.Now().After(end) {
				t.Fatalf("it does not boot: %v\n%s", err, out)
			}
			time.Sleep(20 * time.Millisecond)
			out, err = exec.Command(binary, "-C", filepath.Join(dir, "asterisk.conf"), "-rx", "core waitfullybooted").CombinedOutput()
		}
	}
	return p
}

// calls keeps calls coming until enough have ended, and returns those legs that had
// done so a moment before. Others go on.
func (p *program) calls(t *testing.T) map[string]bool {
	t.Helper()
	c, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(c, "Action: Login\r\nUsername: me\r\nSecret: me\r\n\r\n")
	done := make(chan struct{})
	var stopped sync.WaitGroup
	stopped.Go(func() {
		for {
			if _, err := fmt.Fprintf(c, "Action: Originate\r\nChannel: Local/s@calls\r\nApplication: Wait\r\nData: 5\r\nAsync: yes\r\n\r\n"); err != nil {
				return
			}
			select {
			case <-done:
				return
			case <-time.After(15 * time.Millisecond):
			}
		}
	})
	defer stopped.Wait()
	defer close(done)
	when := map[string]time.Time{}
	r := bufio.NewReader(c)
	for hangup := false; len(when) < callsBefore; {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after %d calls: %v", len(when), err)
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Event":
			hangup = value == "Hangup"
		case "Uniqueid":
			if hangup {
				when[value] = time.Now()
			}
		}
	}
	time.Sleep(settled / 2) // the last of them end within what is not looked for
	now := time.Now()
	ended := map[string]bool{}
	for id, at := range when {
		if now.Sub(at) >= settled {
			ended[id] = true
		}
	}
	return ended
}
