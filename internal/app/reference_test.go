package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/function"
	"github.com/octothorpe/octothorpe/internal/local"
	"github.com/rogpeppe/go-internal/txtar"
)

// localPlan is the dialplan as Local channels want to see it.
type localPlan struct{ x *exchange }

func (p localPlan) Exists(context, exten, caller string) bool {
	return p.x.engine.Exists(channel.Location{Context: context, Exten: exten, Priority: 1}, caller)
}

func (p localPlan) Start(c *channel.Channel) { p.x.engine.Start(c) }

// TestReference runs sections of recordings of Asterisk.
func TestReference(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { playRecording(t, file) })
	}
}

// playRecording runs the sections of one file, of which the first is what all share.
func playRecording(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := txtar.Parse(data).Files
	for _, section := range sections[1:] {
		body, want, ok := strings.Cut(string(section.Data), "\n> ")
		if !ok {
			t.Fatalf("section %s has no result", section.Name)
		}
		want = strings.TrimSuffix(want, "\n")
		t.Run(section.Name, func(t *testing.T) {
			in(t, string(sections[0].Data)+extension(section.Name, body), func(t *testing.T, x *exchange) {
				if got := x.probe(t, section.Name); got != want {
					t.Errorf("%s\n got %q\nwant %q", body, got, want)
				}
			})
		})
	}
}

// extension writes a section as one.
func extension(name, body string) string {
	text := "exten => " + name + ",1"
	for i, line := range strings.Split(body, "\n") {
		if said, ok := strings.CutPrefix(line, "= "); ok {
			line = "NoOp(<" + said + ">)"
		}
		if i > 0 {
			text += "same => n"
		}
		text += "," + line + "\n"
	}
	return text + "same => n,NoOp(the end)\nsame => n,Hangup()\n"
}

// withFunctions adds the functions of the dialplan.
func (x *exchange) withFunctions() {
	functions := &function.House{Channels: x.Channels, Dialplan: x.engine, Logger: x.Logger, Database: x.Database.(testDatabase)}
	for _, f := range functions.Functions() {
		x.engine.AddFunction(f)
	}
	for _, f := range x.Functions() {
		x.engine.AddFunction(f)
	}
}

// probe runs a section and writes what happened as the recording does.
func (x *exchange) probe(t *testing.T, exten string) string {
	t.Helper()
	x.withFunctions()
	x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
	c, err := x.Channels.New(channel.Config{Name: "Test/probe", Technology: "Test", Leg: &testLeg{}, State: event.Ring,
		Context: "probe", Exten: exten})
	if err != nil {
		t.Fatal(err)
	}
	x.hearOnly(c.Name())
	x.engine.Start(c)
	select {
	case <-c.CallContext().Done():
	case <-time.After(5 * time.Minute):
		t.Fatal("the call did not end")
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	var said []string
	ended := " (hung up)"
	for _, text := range x.said {
		if text == "the end" {
			ended = ""
			break
		}
		said = append(said, strings.TrimSuffix(strings.TrimPrefix(text, "<"), ">"))
	}
	return strings.Join(said, "; ") + ended
}
