package exchange

import (
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// namedBy are the kinds of the arguments of applications; nil is an argument that names nothing.
var namedBy = map[string][]kind{
	"queue": {queueNames}, "addqueuemember": {queueNames}, "removequeuemember": {queueNames}, "pausequeuemember": {queueNames}, "unpausequeuemember": {queueNames},
	"agentlogin": {agentNames}, "agentrequest": {agentNames},
	"voicemail": {boxNames}, "voicemailmain": {boxNames}, "vmauthenticate": {boxNames},
	"followme": {findNames}, "musiconhold": {musicNames}, "startmusiconhold": {musicNames},
	"park": {lotNames}, "parkedcall": {lotNames}, "confbridge": {nil, roomNames, userNames, menuNames},
	"dial": {aDevice{}}, "page": {aDevice{}},
	"slastation": {lineNames}, "slatrunk": {trunkNames},
	"minivmrecord": {accountNames}, "minivmgreet": {accountNames}, "minivmnotify": {accountNames}, "minivmaccmess": {accountNames},
	"record": {aRecording{}}, "mixmonitor": {aRecording{}},
	"background": {aSound{}}, "controlplayback": {aSound{}}, "playback": {aSound{}},
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
		kinds, args = []kind{aDevice{}}, []string{devices}
	case len(kinds) > 0:
		args = command.SplitArgs(step.Data, 0)
	}
	if saysWords(step.Application, args) {
		return
	}
	for n, kind := range kinds[:min(len(kinds), len(args))] {
		if kind == nil {
			continue
		}
		for part := range strings.SplitSeq(args[n], "&") {
			if problem, hint := kind.wrong(c, strings.TrimSpace(part)); problem != "" {
				r.Report(config.Warning, config.Entry{File: c.path(step.File), Line: step.Line}, hint, "%s", problem)
			}
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
