package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/test/blackbox"
)

// pbx is the exchange under test.
type pbx struct {
	t       *testing.T
	binary  string
	dir     string
	config  string
	sip     string // address and port, UDP and TCP
	raced   bool   // it looks for races
	command *exec.Cmd
	ended   chan struct{}
}

// The dialplan puts a call through to the phone that its number names. The
// variable is another with every reload, so that each makes a plan of its own.
const extensions = `[globals]
GENERATION=%d

[phones]
exten => _1X.,1,Dial(PJSIP/callee/sip:${EXTEN}@%s)
exten => _2X.,1,Dial(PJSIP/mortal/sip:${EXTEN}@%s)
exten => generation,1,Answer()
`

const pjsip = `[global]
type=global
endpoint_identifier_order=ip

[udp]
type=transport
protocol=udp
bind=%[1]s

[tcp]
type=transport
protocol=tcp
bind=%[1]s

[phone](!)
type=endpoint
context=phones
disallow=all
allow=ulaw
direct_media=no
identify_by=ip

[caller](phone)
[callee](phone)

; whose media may not stop
[mortal](phone)
rtp_timeout=2

[callers]
type=identify
endpoint=caller
match=` + callerAddress + `
`

// start builds the program, with flags that may be added, and runs it.
func start(t *testing.T, address, answering, mortal string, build ...string) *pbx {
	t.Helper()
	dir := t.TempDir()
	p := &pbx{t: t, binary: filepath.Join(dir, "octothorpe"), dir: dir, config: filepath.Join(dir, "asterisk.conf"),
		sip: address, raced: len(build) > 0, ended: make(chan struct{})}
	build = append([]string{"build", "-o", p.binary}, append(build, "github.com/octothorpe/octothorpe/cmd/octothorpe")...)
	if out, err := exec.Command("go", build...).CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	p.write("asterisk.conf", blackbox.Directories(dir))
	p.write("pjsip.conf", fmt.Sprintf(pjsip, p.sip))
	p.write("rtp.conf", "[general]\nrtpstart=10000\nrtpend=30000\n")
	p.write("logger.conf", "[logfiles]\nfull => warning,error\n")
	p.plan(0, answering, mortal)
	p.launch()
	return p
}

// launch runs the program, and sees to its end.
func (p *pbx) launch() {
	t := p.t
	p.command = exec.Command(p.binary, "-f", "-q", "-C", p.config)
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := os.Create(filepath.Join(p.dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	p.command.Stdout, p.command.Stderr = output, output
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(p.ended); _ = p.command.Wait() }()
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		<-p.ended
		_ = output.Close()
		if t.Failed() {
			for _, name := range []string{"output", "full"} {
				text, _ := os.ReadFile(filepath.Join(p.dir, name))
				t.Logf("the end of %s:\n%s", name, text[max(0, len(text)-4000):])
			}
		}
	})
	eventually(t, "the exchange boots", 15*time.Second, func() bool { return strings.Contains(p.ask("core waitfullybooted"), "fully booted") })
}

// plan writes the dialplan of a generation.
func (p *pbx) plan(generation int, answering, mortal string) {
	p.write("extensions.conf", fmt.Sprintf(extensions, generation, answering, mortal))
}

func (p *pbx) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		p.t.Fatal(err)
	}
}

// ask runs a console command. What it prints is returned, also where it fails.
func (p *pbx) ask(line string) string {
	out, _ := exec.Command(p.binary, "-C", p.config, "-rx", line).CombinedOutput()
	return string(out)
}

var channelCount = regexp.MustCompile(`(\d+) active channels?`)

// channels is how many legs the exchange has.
func (p *pbx) channels() int {
	found := channelCount.FindStringSubmatch(p.ask("core show channels count"))
	if found == nil {
		return -1
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// memory is what the exchange holds of the machine's, in MiB.
func (p *pbx) memory() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n >> 10
		}
	}
	return 0
}

// dropped is how many datagrams the kernel threw away because the exchange's socket was full.
func (p *pbx) dropped() string {
	_, port, _ := strings.Cut(p.sip, ":")
	n, _ := strconv.Atoi(port)
	text, _ := os.ReadFile("/proc/net/udp")
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 12 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", n)) {
			return f[12]
		}
	}
	return "?"
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, limit time.Duration, f func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("%s: not within %v", what, limit)
}
