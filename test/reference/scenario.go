package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

const (
	scriptFile   = "script"
	receivedFile = "received"
	consoleFile  = "console "
)

// A Scenario is one txtar file.
type Scenario struct {
	Path     string
	Comment  string
	Config   map[string][]byte // by file name, below the configuration folder
	Steps    []Step
	Received []byte            // the manager connection's lines after Login, CRLF as LF
	Console  map[string]string // what a console command printed, by command

	script []byte
	order  []string
}

// release is that of the Asterisk that the scenario was recorded with.
func (s *Scenario) release() string {
	_, rest, _ := strings.Cut(s.Comment, "Asterisk ")
	return strings.TrimRight(strings.Fields(rest + " .")[0], ".")
}

// name is that of its file.
func (s *Scenario) name() string { return strings.TrimSuffix(filepath.Base(s.Path), ".txtar") }

// hasPhones tells whether SIPp plays in it.
func (s *Scenario) hasPhones() bool {
	return slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Verb == "phone" })
}

// A Step is a line of the script with the block of lines that follows it:
//
//	action            sends the block as one manager action; {Key} in it is the value that Key had last
//	ask               sends the block with an ActionID and waits for all of the answer
//	expect [N] K=V …  waits for N (1) more messages in which all keys have these values; V may end in *
//	phone NAME PORT USER [NUMBER] [SECRET]
//	                  starts SIPp with sipp/NAME.xml at 127.0.0.1:PORT, in the background
//	hungup            waits until every phone has ended
//	console COMMAND   runs a console command and keeps what it prints
//	get PATH [USER:PASSWORD]
//	                  asks the HTTP server of the exchange, and keeps the answer as that of a console command
//	                  GET PATH: its status, what it is, and the body
//	outline COMMAND   the same for help pages and listings, keeping their form and leaving out their prose
//	login USER SECRET opens the manager connection, with the lines of the block added to the Login action;
//	                  without this step the script starts with the login of admin
//	pause DURATION    lets time pass, where nothing tells that something has come to its end
type Step struct {
	Line  int
	Verb  string
	Args  []string
	Block []string
}

func readScenario(path string) (*Scenario, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	archive := txtar.Parse(data)
	s := &Scenario{Path: path, Comment: string(archive.Comment), Config: map[string][]byte{}, Console: map[string]string{}}
	for _, file := range archive.Files {
		switch {
		case file.Name == scriptFile:
			s.script = file.Data
			if s.Steps, err = parseScript(string(file.Data)); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		case file.Name == receivedFile:
			s.Received = file.Data
		case strings.HasPrefix(file.Name, consoleFile):
			s.Console[strings.TrimPrefix(file.Name, consoleFile)] = string(file.Data)
		default:
			s.Config[file.Name] = file.Data
			s.order = append(s.order, file.Name)
		}
	}
	if len(s.Steps) == 0 {
		return nil, fmt.Errorf("%s: no script", path)
	}
	return s, nil
}

func parseScript(text string) ([]Step, error) {
	var steps []Step
	verbs := map[string]int{"action": 0, "ask": 0, "get": 1, "expect": 1, "phone": 3, "hungup": 0, "console": 1, "outline": 1, "pause": 1, "login": 2}
	inBlock := false
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " \r")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			inBlock = false
		case inBlock:
			steps[len(steps)-1].Block = append(steps[len(steps)-1].Block, line)
		default:
			fields := strings.Fields(line)
			least, known := verbs[fields[0]]
			if !known || len(fields)-1 < least {
				return nil, fmt.Errorf("script line %d: %q is no step", number+1, line)
			}
			steps = append(steps, Step{Line: number + 1, Verb: fields[0], Args: fields[1:]})
			inBlock = fields[0] == "action" || fields[0] == "ask" || fields[0] == "login"
		}
	}
	return steps, nil
}

// colours are what the reference's console writes for terminals, which depends on where it was started.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// write stores the scenario with what was recorded.
func (s *Scenario) write() error {
	archive := &txtar.Archive{Comment: []byte(s.Comment)}
	for _, name := range s.order {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: s.Config[name]})
	}
	archive.Files = append(archive.Files, txtar.File{Name: scriptFile, Data: s.script})
	commands := make([]string, 0, len(s.Console))
	for command := range s.Console {
		commands = append(commands, command)
	}
	sort.Strings(commands)
	for _, command := range commands {
		archive.Files = append(archive.Files, txtar.File{Name: consoleFile + command, Data: []byte(colours.ReplaceAllString(s.Console[command], ""))})
	}
	archive.Files = append(archive.Files, txtar.File{Name: receivedFile, Data: withoutProse(bytes.ReplaceAll(s.Received, []byte("\r\n"), []byte("\n")))})
	return os.WriteFile(s.Path, txtar.Format(archive), 0o644)
}

// writeConfig lays the configuration files below dir. A manager.conf that lets
// admin see everything but test events and timed media reports is added when
// the scenario has none of its own.
func (s *Scenario) writeConfig(dir string) error {
	files := map[string][]byte{"manager.conf": []byte(defaultManager)}
	for name, data := range s.Config {
		files[name] = data
	}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

const defaultManager = `[general]
enabled = yes
bindaddr = 127.0.0.1

[admin]
secret = mysecret
read = system,call,log,verbose,agent,user,config,command,dtmf,cdr,dialplan,originate,agi,cc,aoc,security,message
write = all
`
