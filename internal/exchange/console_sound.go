package exchange

import (
	"fmt"

	"github.com/octothorpe/octothorpe/internal/app/say"
	"github.com/octothorpe/octothorpe/internal/command"
)

// modeOf is the word of say.conf for by which rules things are said.
func modeOf(byRules bool) string {
	if byRules {
		return "new"
	}
	return "old"
}

// loadSpeech is "say load".
func (x *Exchange) loadSpeech(r *command.ConsoleRequest) error {
	speech := &x.house.Speech
	before := modeOf(speech.New())
	if len(r.Args) == 0 {
		fmt.Fprintf(r.Out, "say mode is [%s]\n", before)
		return nil
	}
	if r.Args[0] != modeOf(true) && r.Args[0] != modeOf(false) {
		return nil
	}
	fmt.Fprintf(r.Out, "setting say mode from %s to %s\n", before, r.Args[0])
	speech.SetNew(r.Args[0] == modeOf(true))
	return nil
}

// configureSpeechRules reads say.conf.
func (x *Exchange) configureSpeechRules() error {
	c, problems := say.ReadConfig(x.optional(say.File))
	x.report(problems)
	x.house.Speech.Configure(c)
	return nil
}

// unregisterMusic is "moh unregister class". It forgets classes that were read from a database, of
// which there are none here.
func unregisterMusic(r *command.ConsoleRequest) error {
	fmt.Fprintf(r.Out, "No such realtime moh class '%s'\n", r.Args[0])
	return nil
}
