package agent

import (
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Settings are those of one agent. They are immutable.
type Settings struct {
	ID, Name    string
	Beep        string
	Music       string
	Acknowledge bool // a key says that the agent is there
	AcceptKey   string
	AutoLogoff  time.Duration // without that key; 0 is never; in seconds in the file
	Wrapup      time.Duration // after a call; in milliseconds in the file
	Record      bool          // its calls
}

// longest bounds the times of an agent, in their units.
const longest = 1 << 30

// A File is agents.conf.
type File struct{ agents []*Settings }

// Read reads agents.conf, which may be nil.
func Read(f *config.File) (*File, []config.Diagnostic) {
	file := &File{}
	if f == nil {
		return file, nil
	}
	r := config.NewReader(nil)
	seen := map[string]int{}
	for _, section := range f.Sections() {
		if section.Template || strings.EqualFold(section.Name, "general") || strings.EqualFold(section.Name, "agents") {
			continue
		}
		s := r.Section(section)
		a := &Settings{ID: section.Name, Name: s.String("fullname", ""), Beep: s.String("custom_beep", "beep"), Music: s.String("musiconhold", "default"),
			Acknowledge: s.Bool("ackcall", false), AcceptKey: s.Keys("acceptdtmf", "#", 0),
			AutoLogoff: time.Duration(s.Int("autologoff", 0, 0, longest)) * time.Second, Wrapup: time.Duration(s.Int("wrapuptime", 0, 0, longest)) * time.Millisecond,
			Record: s.Bool("recordagentcalls", false)}
		s.Done()
		if at, again := seen[section.Name]; again {
			file.agents[at] = a
			continue
		}
		seen[section.Name] = len(file.agents)
		file.agents = append(file.agents, a)
	}
	return file, r.Diagnostics()
}
