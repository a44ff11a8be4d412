package wire

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/exchange"
	"github.com/octothorpe/octothorpe/test/blackbox"
	"github.com/rogpeppe/go-internal/txtar"
)

// update writes what differs anew, for exchanges that are listed.
var update = flag.Bool("update", false, "write to testdata/differences.txt what differs in the exchanges that it lists")

const listed = "testdata/differences.txt"

func differences(t *testing.T) map[string]Difference {
	t.Helper()
	all, err := Differences(listed)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// found collects what differs, for -update.
var found sync.Map

func writeDifferences(t *testing.T) {
	archive, err := txtar.ParseFile(listed)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range archive.Files {
		why, _, _ := strings.Cut(string(f.Data), "\n")
		if what, ok := found.Load(f.Name); ok {
			archive.Files[i].Data = []byte(why + "\n" + what.(string) + "\n")
		}
	}
	if err := os.WriteFile(listed, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestCorpus plays every file on an exchange in this process.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	known := differences(t)
	if *update {
		t.Cleanup(func() { writeDifferences(t) })
	}
	for _, path := range files {
		file, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			playFile(t, file, known)
		})
	}
}

func playFile(t *testing.T, file *File, list map[string]Difference) {
	name := strings.TrimSuffix(filepath.Base(file.Path), ".txtar") + "/"
	host := freeHost(t)
	at6 := freePort6(t, file)
	x, stop := start(t, file, host, at6)
	p, err := NewPlayer(host, func(command string) (string, error) {
		var out strings.Builder
		err := x.Execute(context.Background(), command, &out)
		return out.String(), err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.At6(at6)
	if err := p.ServeTables(file); err != nil {
		t.Fatal(err)
	}
	for _, one := range file.Exchanges {
		t.Run(one.Name, func(t *testing.T) {
			if !one.Recorded() {
				t.Fatal("there is no record of it")
			}
			p.Patience = 0
			is, known := list[name+one.Name]
			if known {
				p.Patience = Patience
			}
			got, err := p.Play(one, false)
			differences := Compare(got, one.Steps)
			if err != nil {
				differences = append(differences, err.Error())
			}
			if !known {
				for _, difference := range differences {
					t.Error(difference)
				}
				return
			}
			if more := p.Settle(); more > 0 { // its script may have ended before its calls
				differences = append(differences, More(more))
			}
			what := Plain(differences)
			found.Store(name+one.Name, what)
			switch {
			case what == "":
				t.Errorf("is as on the reference now, so take it out of %s: %s", listed, is.Why)
			case what != is.What && !*update:
				t.Errorf("%s\ndiffers in this way:\n%s\nand not, as listed, in this:\n%s", is.Why, what, is.What)
			}
		})
	}
	extras := p.Extra() // before the exchange ends the calls that scripts have left
	stop()
	for _, extra := range extras {
		if section, _, _ := strings.Cut(extra, ":"); list[name+section].Why == "" {
			t.Error(extra)
		}
	}
}

// start runs an exchange with the configuration of a file.
func start(t *testing.T, file *File, host string, at6 int) (x *exchange.Exchange, stop func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "wire") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"logger.conf": "[logfiles]\nfull => notice,warning,error\n"}
	for name, text := range file.Config {
		text = strings.ReplaceAll(text, reference, host)
		files[name] = strings.ReplaceAll(text, names6[0], fmt.Sprintf("[::1]:%d", at6))
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	options := exchange.Options{State: dir, Version: file.Release(), Strict: true}
	if text, ok := file.Config["asterisk.conf"]; ok {
		options.Config = filepath.Join(dir, "asterisk.conf")
		options.State = ""
		text += "\n[directories]\n"
		for _, name := range []string{"astetcdir", "astvarlibdir", "astdbdir", "astdatadir", "astspooldir", "astrundir", "astlogdir"} {
			text += name + " = " + dir + "\n"
		}
		if err := os.WriteFile(options.Config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x, err = exchange.New(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		x.Stop(exchange.Now, false)
		x.Wait()
	}
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := filepath.Glob(filepath.Join(dir, "**", "full"))
			for _, path := range append(log, filepath.Join(dir, "full")) {
				if text, err := os.ReadFile(path); err == nil {
					t.Logf("log of the exchange:\n%s", text)
				}
			}
		}
		_ = os.RemoveAll(dir)
	})
	return x, stop
}

// freePort6 is a port of ::1 that nobody has, for files that use it. Where the machine
// has no IPv6 they are left out.
func freePort6(t *testing.T, file *File) int {
	t.Helper()
	used := false
	for _, text := range file.Config {
		used = used || strings.Contains(text, names6[0])
	}
	if !used {
		return sipPort
	}
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	defer func() { _ = socket.Close() }()
	return socket.LocalAddr().(*net.UDPAddr).Port //nolint:forcetypeassert // it is UDP's
}

// freeHost is an address at which nobody has the ports of the exchange and the phones.
func freeHost(t *testing.T) string {
	t.Helper()
	return blackbox.Host(t, func(host string) bool {
		for _, port := range []int{sipPort, phones["alice"], phones["bob"], phones["carol"]} {
			socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host), Port: port})
			if err != nil {
				return false
			}
			_ = socket.Close()
		}
		return true
	})
}

// A 100 that nobody recorded is heeded, unless it comes when a server that is slow sends one by itself.
func TestHurried(t *testing.T) {
	now := time.Now()
	p := &Player{asked: map[string]time.Time{"b": now}}
	say := func(status string, more ...string) received {
		return received{"alice", read(strings.Join(append([]string{"SIP/2.0 " + status, "Via: SIP/2.0/UDP 127.0.0.1:5061;received=127.0.0.1;branch=b;rport=5061"}, more...), "\r\n") + "\r\n\r\n")}
	}
	plain, contact := Got{"alice", "SIP/2.0 100 Trying\nVia: x"}, Got{"alice", "SIP/2.0 100 Trying\nContact: <sip:x>"}
	ok, other := Got{"alice", "SIP/2.0 200 OK"}, Got{"bob", "SIP/2.0 100 Trying"}
	for name, c := range map[string]struct {
		g        received
		after    time.Duration
		recorded []Got
		got      []received
		want     bool
	}{
		"late and not recorded":           {say("100 Trying"), hurry, []Got{ok, other}, nil, true},
		"at once and not recorded":        {say("100 Trying"), hurry - 1, []Got{ok}, nil, false},
		"late and recorded":               {say("100 Trying"), hurry, []Got{plain, ok}, nil, false},
		"late and the second":             {say("100 Trying"), hurry, []Got{plain, ok}, []received{say("100 Trying")}, true},
		"late and the second of two":      {say("100 Trying"), hurry, []Got{plain, plain}, []received{say("100 Trying")}, false},
		"late, another was recorded":      {say("100 Trying"), hurry, []Got{contact, ok}, nil, true},
		"late, the one that was recorded": {say("100 Trying", "Contact: <sip:x>"), hurry, []Got{contact, ok}, nil, false},
		"late, and no 100":                {say("180 Ringing"), hurry, []Got{ok}, nil, false},
		"late, of what nobody asked for":  {received{"alice", read("SIP/2.0 100 Trying\r\nVia: SIP/2.0/UDP h;branch=c\r\n\r\n")}, hurry, []Got{ok}, nil, false},
	} {
		if got := p.hurried(c.g, now.Add(c.after), c.recorded, c.got); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
