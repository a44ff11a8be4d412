package office

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/embed"

	"github.com/octothorpe/octothorpe/test/blackbox"
)

// handsOver: reina dials 700, which a program on port 4573 takes by FastAGI: it answers, says a number, which she hears, takes the
// digits that she presses, and finds in its database who she is.
func handsOver(t *testing.T, p *pbx) {
	file := filepath.Join(p.dir, "people.sqlite3")
	db, err := sqlite3.Open("file:" + file)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Exec("CREATE TABLE people (code TEXT PRIMARY KEY, name TEXT NOT NULL); INSERT INTO people VALUES ('42', 'Reina Roja')")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	program, said := blackbox.Build(t, "test/office/hello"), filepath.Join(p.dir, "hello.log")
	launch(t, said, in(t, p.net.exchange, p.dir, program, "-db", file))
	told := func(text string) func() bool {
		return func() bool {
			b, _ := os.ReadFile(said)
			return strings.Contains(string(b), text)
		}
	}
	eventually(t, "the program listens", 20*time.Second, func() bool {
		return strings.Contains(must(t, "ip", "netns", "exec", p.net.exchange, "cat", "/proc/net/tcp"), ":11DD 00000000:0000 0A ") // 4573
	})
	dir := reina.folder(t, p)
	phone := in(t, p.net.phones, dir, "timeout", "40", "baresip", "-f", dir, "-e", "/dial 700")
	keys, err := phone.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	launch(t, filepath.Join(p.dir, "reina.log"), phone)
	eventually(t, "the program has the call", 20*time.Second, told("call from reina to 700 in es\n"))
	eventually(t, "it asks for digits", 20*time.Second, func() bool { return p.logged("Playing 'beep.") })
	for _, key := range "42#" {
		if _, err := io.WriteString(keys, string(key)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond) // as long as a finger takes
	}
	eventually(t, "the digits come", 20*time.Second, told("digits 42 late false\n"))
	eventually(t, "the name is the caller's", 20*time.Second, func() bool { return p.logged(`"Reina Roja" <reina> SUCCESS`) })
	eventually(t, "the call ends", 10*time.Second, func() bool { return strings.Contains(p.ask("core show channels count"), "0 active channels") })
	_ = syscall.Kill(-phone.Process.Pid, syscall.SIGTERM) // which writes its recording to the end
	eventually(t, "the phone ends", 10*time.Second, func() bool { return syscall.Kill(-phone.Process.Pid, 0) != nil || ended(phone.Process.Pid) })
	heard := lastDump(t, filepath.Join(dir, "dump-*-dec.wav"))
	if c := correlation(heard, number()); c < 0.95 {
		t.Errorf("what was heard (%d samples) correlates %.3f with the number, want 0.95", len(heard), c)
	}
}

// ended tells whether a process is a zombie, which its launcher will find.
func ended(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(b), ") Z ")
}

// number is how the number 7 sounds: nothing else does so.
func number() []int16 {
	s := prompt()[rate/2 : 5*rate/2]
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
	return s
}
