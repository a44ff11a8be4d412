package main

import (
	"bufio"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed sipp/*.xml
var phones embed.FS

const stepTimeout = 15 * time.Second

// A Player plays the steps of one scenario on one exchange.
type Player struct {
	exchange Exchange
	scratch  string

	conn    net.Conn
	reading sync.WaitGroup
	running []*exec.Cmd

	mu       sync.Mutex
	received bytes.Buffer
	messages []*Message
	counted  map[*Message]bool // by expect steps
	arrived  chan struct{}     // has room for one: something was added to messages
	asked    int               // ask steps
}

// play runs the scenario and returns what the manager connection and the
// console said.
func play(exchange Exchange, scenario *Scenario) (received []byte, console map[string]string, err error) {
	scratch, err := os.MkdirTemp("", "reference")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(scratch)
	config := filepath.Join(scratch, "etc")
	if err := os.MkdirAll(config, 0o755); err != nil {
		return nil, nil, err
	}
	if err := scenario.writeConfig(config); err != nil {
		return nil, nil, err
	}
	if err := exchange.Start(config); err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", exchange.Name(), err)
	}
	defer func() { err = errors.Join(err, exchange.Stop()) }()

	p := &Player{exchange: exchange, scratch: scratch, counted: map[*Message]bool{}, arrived: make(chan struct{}, 1)}
	defer p.close()
	console = map[string]string{}
	if scenario.Steps[0].Verb != "login" {
		if err := p.login("admin", "mysecret", nil); err != nil {
			return nil, nil, err
		}
	}
	for _, step := range scenario.Steps {
		if err := p.step(step, console); err != nil {
			return p.all(), console, fmt.Errorf("%s: script line %d: %s: %w", scenario.Path, step.Line, step.Verb, err)
		}
	}
	return p.all(), console, nil
}

func (p *Player) all() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.received.Bytes())
}

func (p *Player) close() {
	for _, phone := range p.running {
		_ = phone.Process.Kill()
		_ = phone.Wait()
	}
	if p.conn != nil {
		p.conn.Close()
		p.reading.Wait()
	}
}

func (p *Player) step(step Step, console map[string]string) error {
	switch step.Verb {
	case "login":
		return p.login(step.Args[0], step.Args[1], step.Block)
	case "action":
		return p.send(step.Block)
	case "ask":
		return p.ask(step.Block)
	case "expect":
		return p.expect(step.Args)
	case "phone":
		return p.phone(step.Args)
	case "hungup":
		return p.hungup()
	case "console", "outline":
		command := strings.Join(step.Args, " ")
		out, err := p.exchange.Console(command)
		if step.Verb == "outline" {
			out = outline(out)
		}
		console[command] = withoutUsage(out)
		return err
	case "get":
		out, err := get(p.exchange, step.Args)
		console["GET "+strings.Join(step.Args, " ")] = out
		return err
	case "pause":
		duration, err := time.ParseDuration(step.Args[0])
		time.Sleep(duration)
		return err
	}
	return fmt.Errorf("unknown step")
}

func (p *Player) send(lines []string) error {
	_, err := p.conn.Write([]byte(p.filled(lines) + "\r\n\r\n"))
	return err
}

// login connects and logs in. The record starts with the answer to Login: the
// greeting before it names the version, and FullyBooted may come at any moment.
func (p *Player) login(user, secret string, extra []string) error {
	if p.conn != nil { // the next one's turn
		p.conn.Close()
		p.reading.Wait()
	}
	conn, err := net.Dial("tcp", p.exchange.Manager())
	if err != nil {
		return err
	}
	p.conn = conn
	reader := bufio.NewReader(conn)
	if _, err := reader.ReadString('\n'); err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	p.reading.Add(1)
	go func() {
		defer p.reading.Done()
		p.read(reader)
	}()
	return p.send(append([]string{"Action: Login", "ActionID: login", "Username: " + user, "Secret: " + secret}, extra...))
}

// read collects messages until the connection ends.
func (p *Player) read(reader *bufio.Reader) {
	var lines []string
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		p.mu.Lock()
		p.received.WriteString(line + "\n")
		if line != "" {
			lines = append(lines, line)
		} else if len(lines) > 0 {
			p.messages = append(p.messages, parseMessage(lines))
			lines = nil
		}
		p.mu.Unlock()
		select {
		case p.arrived <- struct{}{}:
		default:
		}
	}
}

// expect waits for messages that match. A message counts for one step only.
func (p *Player) expect(args []string) error {
	want := 1
	if n, err := strconv.Atoi(args[0]); err == nil {
		want, args = n, args[1:]
	}
	for found := range want {
		if _, err := p.await(args); err != nil {
			return fmt.Errorf("after %d of %d: %w", found, want, err)
		}
	}
	return nil
}

func (p *Player) phone(args []string) error {
	name, port, user := args[0], args[1], args[2]
	number, secret := "100", ""
	if len(args) > 3 {
		number = args[3]
	}
	if len(args) > 4 {
		secret = args[4]
	}
	xml, err := phones.ReadFile("sipp/" + name + ".xml")
	if err != nil {
		return err
	}
	file := filepath.Join(p.scratch, name+".xml")
	if err := os.WriteFile(file, xml, 0o644); err != nil {
		return err
	}
	calls := "1"
	if name == "options" {
		calls = "1000"
	}
	command := exec.Command("sipp", "127.0.0.1:5060", "-sf", file, "-i", "127.0.0.1", "-p", port, "-m", calls,
		"-s", number, "-key", "user", user, "-au", user, "-ap", secret, "-nostdin", "-timeout", "30s", "-recv_timeout", "20000", "-trace_err", "-error_file", file+".errors")
	command.Dir = p.scratch
	// the exchange is in a network namespace; so are the phones, as this program itself is
	if err := command.Start(); err != nil {
		return err
	}
	p.running = append(p.running, command)
	if called := bytes.Index(xml, []byte("<recv")) < bytes.Index(xml, []byte("<send")); called {
		return waitListening(port)
	}
	return nil
}

// waitListening waits until a UDP port is taken: the phone is ready.
func waitListening(port string) error {
	for deadline := time.Now().Add(stepTimeout); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		conn, err := net.ListenPacket("udp", "127.0.0.1:"+port)
		if err != nil {
			return nil
		}
		conn.Close()
	}
	return fmt.Errorf("nothing listens at port %s", port)
}

func (p *Player) hungup() error {
	for _, phone := range p.running {
		if strings.HasSuffix(phone.Args[3], "options.xml") {
			_ = phone.Process.Kill()
		}
		if err := phone.Wait(); err != nil && !strings.HasSuffix(phone.Args[3], "options.xml") {
			p.running = nil
			said, _ := os.ReadFile(phone.Args[3] + ".errors")
			return fmt.Errorf("%s: %w\n%s", filepath.Base(phone.Args[3]), err, said)
		}
	}
	p.running = nil
	return nil
}
