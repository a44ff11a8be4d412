package clients

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/exchange"
)

const plan = `[office]
exten => 999,1,Answer()
 same => n,Wait(0.2)
 same => n,Hangup()
`

const managers = `[general]
enabled = yes
bindaddr = HOST

[admin]
secret = claveadmin
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.0/255.0.0.0
read = all
write = all
`

// begin starts an exchange in this process and returns the address of the loopback at
// which it has the port that the programs expect.
func begin(t *testing.T) string {
	t.Helper()
	host := ""
	for range 100 {
		host = fmt.Sprintf("127.%d.%d.%d", 11+rand.IntN(9), 1+rand.IntN(9), 1+rand.IntN(9))
		if l, err := net.Listen("tcp", host+":5038"); err == nil {
			_ = l.Close()
			break
		}
	}
	dir, err := os.MkdirTemp("", "clients") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"extensions.conf": plan, "manager.conf": strings.ReplaceAll(managers, "HOST", host)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x, err := exchange.New(exchange.Options{State: dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		x.Stop(exchange.Now, false)
		x.Wait()
		_ = os.RemoveAll(dir)
	})
	return host
}

// runs has a program talk to an exchange and compares what it prints, line by line.
func runs(t *testing.T, environment []string, want string, command ...string) {
	t.Helper()
	program := exec.Command(command[0], append(command[1:], begin(t))...)
	program.Env = append(os.Environ(), environment...)
	var complaints strings.Builder
	program.Stderr = &complaints
	out, err := program.Output()
	if err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("it printed\n%s\nwant\n%s\n%v\n%s", out, want, err, complaints.String())
	}
}

func TestPanoramisk(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's, for which its packages are
	if out, err := exec.Command(python, "-c", "import panoramisk").CombinedOutput(); err != nil {
		t.Skipf("without panoramisk (Debian: python3-panoramisk): %v: %s", err, out)
	}
	runs(t, nil, strings.TrimSpace(`
ping Success Pong
command Success
channels ['Success', 'CoreShowChannelsComplete']
originate Success
hangup Normal Clearing
applications AppDial2 Answer Wait Hangup`), python, "testdata/follow.py")
}

// The managers of npm, by name and version.
var managersOfNode = map[string]string{"asterisk-manager": "0.2.0", "asterisk-ami-client": "1.1.5"}

func TestNode(t *testing.T) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("without %s: %v", program, err)
		}
	}
	modules := t.TempDir()
	arguments := []string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", modules}
	for name, version := range managersOfNode {
		arguments = append(arguments, name+"@"+version)
	}
	if out, err := exec.Command("npm", arguments...).CombinedOutput(); err != nil {
		t.Skipf("npm can't be reached: %v: %s", err, out)
	}
	answers := "ping Success Pong\ncommand Success\noriginate Success\nhangup Normal Clearing\napplications AppDial2 Answer Wait Hangup"
	for name := range managersOfNode {
		t.Run(name, func(t *testing.T) {
			want := answers
			if name == "asterisk-manager" {
				want += "\nlogoff Goodbye"
			}
			runs(t, []string{"NODE_PATH=" + filepath.Join(modules, "node_modules")}, want, "node", "testdata/"+name+".js")
		})
	}
}

func TestRawSocketOfPHP(t *testing.T) {
	if _, err := exec.LookPath("php"); err != nil {
		t.Skipf("without php (Debian: php-cli): %v", err)
	}
	runs(t, nil, strings.TrimSpace(`
banner
response Success
message Authentication accepted
response Success
response Success
message Command output follows
output System uptime: N
output Last reload: N
response Goodbye
message Thanks for all the fish.
commands`), "php", "testdata/raw.php")
}
