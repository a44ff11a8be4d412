package wire

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/exchange"
)

// patience is for what may never come; more of it makes -v say better what differs.
var patience = flag.Duration("patience", 100*time.Millisecond, "with each step of an exchange that is listed as different")

// differences are the exchanges of messages that are not as the reference's, with the
// reason: testdata/differences.tsv. One that is meant to differ says why, one that
// waits to be mended what differs.
func differences(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/differences.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, reason, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || reason == "" {
			t.Fatalf("differences.tsv: %q says no reason", line)
		}
		all[name] = reason
	}
	return all
}

// TestCorpus plays every file on an exchange in this process.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	known := differences(t)
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

func playFile(t *testing.T, file *File, known map[string]string) {
	name := strings.TrimSuffix(filepath.Base(file.Path), ".txtar") + "/"
	host := freeHost(t)
	x, stop := start(t, file, host)
	p, err := NewPlayer(host, func(command string) error { return x.Execute(context.Background(), command, io.Discard) })
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, one := range file.Exchanges {
		t.Run(one.Name, func(t *testing.T) {
			if !one.Recorded() {
				t.Fatal("there is no record of it")
			}
			p.Patience = 0
			if known[name+one.Name] != "" {
				p.Patience = *patience
			}
			got, err := p.Play(one, false)
			differences := Compare(got, one.Steps)
			if err != nil {
				differences = append(differences, err.Error())
			}
			if known[name+one.Name] != "" { // its script may have ended before its calls
				p.Settle()
			}
			switch reason := known[name+one.Name]; {
			case reason == "":
				for _, difference := range differences {
					t.Error(difference)
				}
			case len(differences) == 0 && one.heard(): // else it may come later: see Extra
				t.Logf("is as on the reference now, so take it out of differences.tsv: %s", reason)
			default:
				t.Logf("%s\n%s", reason, strings.Join(differences, "\n")) // go test -v shows what is left
			}
		})
	}
	extras := p.Extra() // before the exchange ends the calls that scripts have left
	stop()
	for _, extra := range extras {
		if section, _, _ := strings.Cut(extra, ":"); known[name+section] == "" {
			t.Error(extra)
		}
	}
}

// start runs an exchange with the configuration of a file.
func start(t *testing.T, file *File, host string) (x *exchange.Exchange, stop func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "wire") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"logger.conf": "[logfiles]\nfull => notice,warning,error\n"}
	for name, text := range file.Config {
		files[name] = strings.ReplaceAll(text, reference, host)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x, err = exchange.New(exchange.Options{State: dir, Version: file.Release(), Strict: true})
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

var hosts sync.Map // that this process has or had

// freeHost finds an address of the loopback, as long as 127.0.0.1 is, at which nobody
// has the ports of the exchange and the phones.
func freeHost(t *testing.T) string {
	t.Helper()
	for range 100 {
		host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(9), 1+rand.IntN(9), 1+rand.IntN(9))
		_, taken := hosts.LoadOrStore(host, true)
		free := !taken
		for _, port := range []int{sipPort, phones["alice"], phones["bob"], phones["carol"]} {
			socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host), Port: port})
			if err != nil {
				free = false
				break
			}
			_ = socket.Close()
		}
		if free {
			return host
		}
	}
	t.Fatal("no free address")
	return ""
}
