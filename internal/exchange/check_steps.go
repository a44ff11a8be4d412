package exchange

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// namedBy are the kinds of the arguments of applications; nil is an argument that names nothing.
var namedBy = map[string][]kind{
	"queue":          {queueNames, nil, nil, aSound{}, aNumber{}, aScript{}},
	"addqueuemember": {queueNames, aDevice{}, aNumber{}}, "removequeuemember": {queueNames, aDevice{}},
	"pausequeuemember": {queueNames, aDevice{}}, "unpausequeuemember": {queueNames, aDevice{}},
	"agentlogin": {agentNames}, "agentrequest": {agentNames},
	"voicemail": {boxNames}, "voicemailmain": {boxNames}, "vmauthenticate": {boxNames}, "directory": {nil, contextNames},
	"followme": {findNames}, "musiconhold": {musicNames}, "startmusiconhold": {musicNames},
	"park": {lotNames}, "parkedcall": {lotNames}, "confbridge": {nil, roomNames, userNames, menuNames},
	"dial": {aDevice{}, aNumber{}}, "page": {aDevice{}}, "chanisavail": {aDevice{}}, "pickup": {anExtension{}},
	"retrydial": {aSound{}, aNumber{}, aNumber{}, aDevice{}}, "disa": {nil, contextNames}, "macro": {aMacro{}},
	"slastation": {lineNames}, "slatrunk": {trunkNames},
	"minivmrecord": {accountNames}, "minivmgreet": {accountNames}, "minivmnotify": {accountNames}, "minivmaccmess": {accountNames},
	"record": {aRecording{}}, "mixmonitor": {aRecording{}}, "agi": {aScript{}}, "eagi": {aScript{}}, "deadagi": {aScript{}},
	"background": {aSound{}}, "controlplayback": {aSound{}}, "playback": {aSound{}}, "read": {nil, aSound{}, aNumber{}, nil, aNumber{}, aNumber{}},
	"wait": {aNumber{}}, "waitexten": {aNumber{}}, "saynumber": {aNumber{}},
	"hangup": {aCause{}}, "senddtmf": {someKeys{}, aNumber{}, aNumber{}}, "originate": {aDevice{}, oneOf{"app", "exten"}},
}

// namedByOption are the kinds of what option letters have in parentheses.
var namedByOption = map[string]map[byte]kind{
	"dial":  {'U': aRoutine{}, 'G': aTarget{}, 'F': aTarget{}, 'B': aTarget{}, 'b': aTarget{}, 'm': musicNames, 'A': aSound{}},
	"queue": {'F': aTarget{}, 'm': musicNames},
	"page":  {'b': aTarget{}, 'B': aTarget{}, 'A': aSound{}},
}

// steps looks whether what steps and hints of the dialplan name is in the files. What is
// made of variables, or may lie in a database, is not looked at.
func (c *checker) steps() []config.Diagnostic {
	if c.plan == nil {
		return nil
	}
	r := config.NewReader(nil)
	for _, context := range c.plan.Contexts() {
		for _, e := range context.Extensions() {
			for _, step := range e.Priorities {
				if step.Registrar == dialplan.ConfigRegistrar {
					c.step(r, step)
				}
			}
		}
	}
	return r.Diagnostics()
}

// step looks at what one step names.
func (c *checker) step(r *config.Reader, step *dialplan.Priority) {
	kinds, args := namedBy[strings.ToLower(step.Application)], []string(nil)
	switch {
	case step.Number == dialplan.HintPriority:
		devices, _, _ := strings.Cut(step.Application, ",") // a presence comes behind them
		kinds, args = []kind{aState{}}, []string{devices}
	case len(kinds) > 0:
		args = command.SplitArgs(step.Data, 0)
	}
	if saysWords(step.Application, args) {
		return
	}
	switch name := strings.ToLower(step.Application); {
	case name == "playtones": // its commas part tones
		c.argument(r, step, aTone{}, step.Data)
	case name == "originate" && strings.EqualFold(command.Arg(args, 1), "exten"):
		kinds = append(slices.Clip(kinds), contextNames)
	case name == "originate" && strings.EqualFold(command.Arg(args, 1), "app"):
		kinds = append(slices.Clip(kinds), anApplication{})
	}
	for n, kind := range kinds[:min(len(kinds), len(args))] {
		for part := range strings.SplitSeq(args[n], "&") {
			c.argument(r, step, kind, part)
		}
	}
	c.options(r, step)
}

// argument looks at one argument of a step, or a part of it.
func (c *checker) argument(r *config.Reader, step *dialplan.Priority, of kind, text string) {
	if text = strings.TrimSpace(text); of == nil || text == "" {
		return
	}
	if problem, hint := of.wrong(c, text); problem != "" {
		if _, ok := of.(aNumber); ok {
			problem = step.Application + ": " + problem
		}
		r.Report(config.Warning, config.Entry{File: c.path(step.File), Line: step.Line}, hint, "%s", problem)
	}
}

// options looks at what stands in parentheses behind option letters.
func (c *checker) options(r *config.Reader, step *dialplan.Priority) {
	application := strings.ToLower(step.Application)
	kinds, letters := namedByOption[application], c.words.Letters[application]
	if len(kinds) == 0 {
		return
	}
	given := command.ParseFlags(command.Arg(command.SplitArgs(step.Data, 0), letters.Argument))
	for _, letter := range slices.Sorted(maps.Keys(kinds)) {
		for part := range strings.SplitSeq(given[letter], ":") {
			c.argument(r, step, kinds[letter], part)
		}
	}
}

// saysWords reports whether Playback is to say what it is given instead of playing files.
func saysWords(application string, args []string) bool {
	options := command.Arg(args, 1)
	return strings.EqualFold(application, "playback") && (strings.Contains(options, "say") || strings.Contains(options, "mix") || strings.Contains(options, "$"))
}

// path is that of a file that steps know as the console tells it.
func (c *checker) path(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(c.dirs.Etc, file)
}
