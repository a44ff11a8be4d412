package wire

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

const (
	reference = "127.0.0.1" // where the exchange is, in the files
	sipPort   = 5060

	quiet   = 450 * time.Millisecond // of nothing more to come, for the recorder
	patient = 5 * time.Second        // with a message that was recorded, unless Patience says otherwise
)

// A Player is the phones of one file, and its exchange.
type Player struct {
	Patience time.Duration // with each step; zero is five seconds

	host    string // the exchange's address and the phones'
	console func(command string) (string, error)
	sockets map[string]*net.UDPConn
	ways    map[string]io.Writer // by which phones send, once they have
	closers []io.Closer
	mu6     sync.Mutex   // a leaf
	real6   [2]string    // what stands for the names of ::1, "" for themselves: the exchange and erin
	came    chan arrival // as many as sockets hold anyway; a phone that reads waits

	section string
	dialogs map[string]*dialog // by name
	names   *names
	seen    map[string]bool      // datagrams, to know those that are sent again
	asked   map[string]time.Time // when INVITEs were sent, by their Via
	before  map[string]string    // the section of each Call-ID
	extra   []string
	web     *web // of the tables; nil: there are none
}

type arrival struct {
	phone, text string
	at          time.Time
}

// NewPlayer opens the phones at an address of the loopback, which stands for
// 127.0.0.1 in all that the files say. The console may be nil where no file uses it.
func NewPlayer(host string, console func(command string) (string, error)) (*Player, error) {
	p := &Player{host: host, console: console, sockets: map[string]*net.UDPConn{}, ways: map[string]io.Writer{}, came: make(chan arrival, 256), before: map[string]string{}, seen: map[string]bool{}, asked: map[string]time.Time{}}
	for name, port := range phones {
		if name == byTCP || name == byIPv6 {
			continue
		}
		socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host), Port: port})
		if err != nil {
			p.Close()
			return nil, err
		}
		p.sockets[name] = socket
		go p.listen(name, socket) // until Close
	}
	return p, nil
}

// Close closes the phones.
func (p *Player) Close() {
	for _, socket := range p.sockets {
		_ = socket.Close()
	}
	for _, c := range p.closers {
		_ = c.Close()
	}
}

func (p *Player) listen(name string, socket *net.UDPConn) {
	buffer := make([]byte, 65536)
	for {
		n, _, err := socket.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		p.came <- arrival{name, p.inward(string(buffer[:n])), time.Now()}
	}
}

// Play plays one exchange. Recording, each step listens until nothing more comes;
// else until all that was recorded has come. It returns the steps with what was
// got, normalised.
func (p *Player) Play(x *Exchange, record bool) ([]*Step, error) {
	p.section, p.dialogs, p.names = x.Name, map[string]*dialog{}, newNames()
	var steps []*Step
	for _, step := range x.Steps {
		listen := quiet
		if asks(step.Line) {
			played, err := p.ask(step, record)
			if err != nil {
				return steps, err
			}
			steps = append(steps, played)
			continue
		}
		if duration, ok := strings.CutPrefix(step.Line, "wait "); ok {
			listen, _ = time.ParseDuration(duration)
		} else if err := p.do(step); err != nil {
			return steps, fmt.Errorf("%s: %w", step.Line, err)
		}
		played := *step
		if record {
			played.Got = p.collect(listen)
			played.silent = len(played.Got) == 0
		} else {
			played.Got = p.await(step.Got, listen)
		}
		steps = append(steps, &played)
	}
	return steps, nil
}

// settled is how long nothing comes once an exchange is over.
const settled = 250 * time.Millisecond

// Settle takes what still comes of an exchange that is over, so that it is not taken
// for the next one's, and says how much that was.
func (p *Player) Settle() (more int) { return len(p.collect(settled)) }

// Extra returns what came after the exchange of messages that it belongs to.
func (p *Player) Extra() []string {
	time.Sleep(settled)
	p.section = ""
	for {
		select {
		case a := <-p.came:
			p.take(a)
		default:
			return p.extra
		}
	}
}

func (p *Player) collect(listen time.Duration) []Got {
	var got []received
	for {
		select {
		case a := <-p.came:
			if g, ok := p.take(a); ok {
				got = append(got, g)
			}
		case <-time.After(listen):
			return p.normal(got)
		}
	}
}

func (p *Player) await(recorded []Got, longer time.Duration) []Got {
	var got []received
	deadline := time.After(cmp.Or(p.Patience, patient) + longer)
	for len(got) < len(recorded) {
		select {
		case a := <-p.came:
			if g, ok := p.take(a); ok && !p.hurried(g, a.at, recorded, got) {
				got = append(got, g)
			}
		case <-deadline:
			return p.normal(got)
		}
	}
	return p.normal(got)
}

// hurry is the time after which a server answers an INVITE with 100 by itself (RFC 3261 §17.2.1).
const hurry = 200 * time.Millisecond

// hurried reports whether a message is such a 100, which comes where the machine has more to do than when it was recorded:
// not before its time, and beside those that were recorded or without the Contact that they have.
func (p *Player) hurried(g received, at time.Time, recorded []Got, got []received) bool {
	asked, ok := p.asked[branchOf(g.message)]
	if !ok || g.message.status() != "100" || at.Sub(asked) < hurry {
		return false
	}
	before := 0
	for _, one := range got {
		if one.phone == g.phone && one.message.status() == "100" {
			before++
		}
	}
	for _, one := range recorded {
		if one.Phone != g.phone || !strings.HasPrefix(one.Text, "SIP/2.0 100 ") {
			continue
		}
		if before == 0 {
			return strings.Contains(one.Text, "\nContact: ") && g.message.get("Contact") == ""
		}
		before--
	}
	return true
}

// branchOf is that of a message's first Via.
func branchOf(m *message) string {
	_, text, _ := strings.Cut(m.get("Via"), ";branch=")
	text, _, _ = strings.Cut(text, ";")
	return text
}

// received is a message that a phone got in a step.
type received struct {
	phone   string
	message *message
}

// normal puts what one phone got before what the next one got, since between phones
// there is no order, and normalises it.
func (p *Player) normal(got []received) []Got {
	var all []Got
	for _, phone := range everybody {
		for _, g := range got {
			if g.phone == phone {
				all = append(all, Got{phone, p.names.normal(g.message)})
			}
		}
	}
	return all
}

// take gives a message to its dialog. One that was sent again counts once.
func (p *Player) take(a arrival) (received, bool) {
	if p.seen[a.phone+a.text] || strings.Trim(a.text, "\r\n") == "" {
		return received{}, false
	}
	p.seen[a.phone+a.text] = true
	m := read(a.text)
	if before := p.before[m.get("Call-ID")]; before != "" && before != p.section {
		p.extra = append(p.extra, fmt.Sprintf("%s: %s got after its end\n%s", before, a.phone, a.text))
		return received{}, false
	}
	p.before[m.get("Call-ID")] = p.section
	d := p.dialogOf(a.phone, m.get("Call-ID"))
	d.received(m)
	return received{a.phone, m}, true
}

// dialogOf finds the dialog of a Call-ID; a new one gets the next number.
func (p *Player) dialogOf(phone, callID string) *dialog {
	for _, d := range p.dialogs {
		if d.phone == phone && d.callID == callID {
			return d
		}
	}
	for number := 1; ; number++ {
		name := phone
		if number > 1 {
			name += "/" + strconv.Itoa(number)
		}
		d := p.dialogs[name]
		if d == nil {
			d = p.dialog(name)
		}
		if d.callID == "" {
			return d
		}
	}
}

func (p *Player) dialog(name string) *dialog {
	d := p.dialogs[name]
	if d == nil {
		phone, _, _ := strings.Cut(name, "/")
		d = &dialog{phone: phone, name: strings.ReplaceAll(name, "/", "-")}
		p.dialogs[name] = d
	}
	return d
}

func (p *Player) do(step *Step) error {
	words := strings.Fields(step.Line)
	switch words[0] {
	case "console":
		_, err := p.console(p.outward(strings.TrimPrefix(step.Line, "console ")))
		return err
	case "gone":
		return p.until("core show channels concise", func(list string) bool {
			return !strings.Contains("\n"+list, "\n"+words[1]+"-")
		})
	case "bridged":
		return p.until("bridge show all", func(list string) bool { return strings.Contains(list, " "+words[1]+" ") })
	}
	d, port := p.dialog(words[0]), phones[strings.Split(words[0], "/")[0]]
	words = append(words, "", "")
	var m *message
	var err error
	switch {
	case words[1] == "raw":
		text := strings.Join(lines(step.Detail), "\r\n") + "\r\n"
		p.before[read(text).get("Call-ID")] = p.section
		return p.send(d.phone, text)
	case words[1] >= "100" && words[1] <= "699":
		m, err = d.response(words[1], words[2], port)
	case (words[1] == "ACK" || words[1] == "CANCEL") && d.invite == nil:
		err = errors.New("there is no INVITE")
	case words[2] == "" && d.target == "" && words[1] != "REGISTER" && words[1] != "ACK" && words[1] != "CANCEL":
		err = errors.New("there is no dialog")
	default:
		m = d.request(p.section, words[1], words[2], port)
	}
	if err != nil {
		return err
	}
	if err := p.detail(m, d, step.Detail, port); err != nil {
		return err
	}
	if m.isRequest() && tag(d.remote) == "" && words[1] != "ACK" && words[1] != "CANCEL" {
		d.callID, d.local = m.get("Call-ID"), m.get("From") // as the script may have it
	}
	if m.isRequest() {
		p.before[m.get("Call-ID")] = p.section
	}
	if m.isRequest() && m.method() == sip.Invite {
		p.asked[branchOf(m)] = time.Now()
	}
	return p.send(d.phone, m.String())
}

// until waits until what a command of the console prints is right.
func (p *Player) until(command string, right func(out string) bool) error {
	for end := time.Now().Add(patient); ; time.Sleep(10 * time.Millisecond) {
		out, err := p.console(command)
		if err != nil || right(out) {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("in vain after %v, %s still prints:\n%s", patient, command, out)
		}
	}
}

// single are headers that a message has once, and that a line replaces.
var single = regexp.MustCompile(`(?i)^(via|from|to|call-id|cseq|contact|max-forwards|content-type|content-length|rack)$`)

func (p *Player) detail(m *message, d *dialog, detail []string, port int) error {
	var body strings.Builder
	lengthGiven, fresh := false, map[string]bool{}
	for _, line := range detail {
		text := strings.TrimSpace(line[1:])
		switch words := strings.Fields(line); {
		case words[0] == "auth":
			if err := p.authorize(m, d, words[1], words[2]); err != nil {
				return err
			}
		case line[0] == '-':
			m.remove(text)
		case line[0] == '+':
			name, value, _ := strings.Cut(p.fill(text), ": ")
			lengthGiven = lengthGiven || strings.EqualFold(name, "Content-Length")
			if single.MatchString(name) && !fresh[name] {
				m.put(name, value)
				fresh[name] = true
			} else {
				m.add(name, value)
			}
		case words[1] == "sdp":
			body.WriteString(d.describe(words[2:], port))
		default:
			body.WriteString(p.fill(strings.TrimPrefix(line[1:], " ")) + "\r\n")
		}
	}
	m.body = body.String()
	if m.body != "" && m.get("Content-Type") == "" {
		m.add("Content-Type", "application/sdp")
	}
	if !lengthGiven {
		m.put("Content-Length", strconv.Itoa(len(m.body)))
	}
	return nil
}

func lines(detail []string) []string {
	var all []string
	for _, line := range detail {
		all = append(all, strings.TrimPrefix(line[1:], " "))
	}
	return all
}

var placeholder = regexp.MustCompile(`\{(\S+) (call-id|local-tag|remote-tag|contact)\}`)

// fill puts in what belongs to dialogs.
func (p *Player) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		d := p.dialog(parts[1])
		return map[string]string{"call-id": d.callID, "local-tag": tag(d.local), "remote-tag": tag(d.remote), "contact": d.target}[parts[2]]
	})
}

// authorize answers for the URI that will be on the wire.
func (p *Player) authorize(m *message, d *dialog, user, password string) error {
	if d.challenge == nil {
		return errors.New("nobody challenged")
	}
	answer, question := "Authorization", d.challenge.get("WWW-Authenticate")
	if question == "" {
		answer, question = "Proxy-Authorization", d.challenge.get("Proxy-Authenticate")
	}
	challenge, ok := sip.ParseChallenge(question)
	if !ok {
		return fmt.Errorf("no challenge: %q", question)
	}
	words := strings.Fields(p.outward(m.start))
	value, err := sip.Authorize(challenge, sip.Secret{Username: user, Password: password}, words[0], words[1], 1)
	m.add(answer, value)
	return err
}

func (p *Player) send(phone, text string) error {
	w, err := p.way(phone)
	if err == nil {
		_, err = w.Write([]byte(p.outward(text)))
	}
	return err
}
