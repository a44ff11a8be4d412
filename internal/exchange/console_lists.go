package exchange

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/prompts"
)

// listCommands are console commands that list what there is: files of sounds and
// music, events, configuration files.
func (x *Exchange) listCommands() []command.Console {
	row := func(name, arguments, synopsis, module string, most int, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: strings.TrimSpace(name + " " + arguments), Synopsis: synopsis, Module: module},
			Run: func(_ context.Context, r *command.ConsoleRequest) error {
				if len(r.Args) > most || arguments != "" && len(r.Args) < most {
					return &command.UsageError{}
				}
				return run(r)
			}}
	}
	limit := row("ulimit", "", "Show or set a limit of the process", "", 2, showLimit)
	limit.Syntax = "ulimit {data|limit|file|memory|stack|time|processes|virtual|core|descriptors} [<num>]"
	event := row("manager show event", "<eventname>", "Describe an event of AMI", "", 1, showEvent)
	event.Complete = func([]string, string) []string { return eventNames() }
	saying := row("say load", "", "Show or set by which rules numbers and times are said", "app_playback", 1, x.loadSpeech)
	saying.Syntax = "say load [new|old]"
	return []command.Console{
		limit, event, saying,
		row("acl show", "", "List the rules of acl.conf", "", 1, x.showACL),
		row("malloc trim", "", "Give memory back that nobody needs", "", 99, trimMemory),
		row("moh reload", "", "Read the classes of music on hold again", "res_musiconhold", 0, x.reloadMusic),
		row("manager show events", "", "List the events of AMI", "", 0, showEvents),
		row("moh unregister class", "<class>", "Forget a class of music on hold", "res_musiconhold", 1, unregisterMusic),
		row("moh show files", "", "List the pieces of the classes of music on hold", "res_musiconhold", 0, x.showMusicFiles),
		row("core show sounds", "", "List the prompts", "", 0, x.showSounds),
		row("core show sound", "<soundid>", "Show in which languages and formats there is a prompt", "", 1, x.showSound),
		row("config list", "", "List the configuration files and whose they are", "", 1, x.listFiles),
		row("config reload", "<filename.conf>", "Read a configuration file again", "", 1, x.reloadFile),
	}
}

func eventNames() []string {
	var list []string
	for _, e := range facts.Events() {
		if !e.Legacy {
			list = append(list, e.Name)
		}
	}
	return list
}

// showEvents prints the names in three columns.
func showEvents(r *command.ConsoleRequest) error {
	const width = 26
	rule := strings.Repeat("-", width)
	fmt.Fprintf(r.Out, "Events:\n  %s  %s  %s  \n", rule, rule, rule)
	names := eventNames()
	for line := range slices.Chunk(names, 3) {
		fmt.Fprint(r.Out, "  ")
		for i, name := range line {
			if i > 0 {
				fmt.Fprint(r.Out, "  ")
			}
			fmt.Fprintf(r.Out, "%-*s", width, name)
		}
		fmt.Fprintln(r.Out)
	}
	fmt.Fprintf(r.Out, "\n%d events registered.\n", len(names))
	return nil
}

// channelKeys are what an event that is about a leg begins with.
var channelKeys = []string{"Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
	"ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid"}

func showEvent(r *command.ConsoleRequest) error {
	for _, e := range facts.Events() {
		if e.Legacy || !strings.EqualFold(e.Name, r.Args[0]) {
			continue
		}
		fmt.Fprintf(r.Out, "Event: %s\n\n  -= Info about Manager Event '%s' =- \n\n[Class]\n%s\n\n[Syntax]\nEvent: %s\n", r.Args[0], e.Name, e.Class, e.Name)
		for _, key := range e.Keys {
			keys := []string{key}
			if key == "<channel snapshot>" {
				keys = channelKeys
			}
			for _, key := range keys {
				fmt.Fprintf(r.Out, "%s: <value>\n", key)
			}
		}
		fmt.Fprintln(r.Out)
		r.EndColours()
		return nil
	}
	fmt.Fprintf(r.Out, "Could not find event '%s'\n", r.Args[0])
	return nil
}

func (x *Exchange) showMusicFiles(r *command.ConsoleRequest) error {
	for _, c := range x.sounds.Sounds().Classes() {
		files := c.Files()
		if len(files) == 0 {
			continue
		}
		fmt.Fprintf(r.Out, "Class: %s\n", c.Name)
		for _, file := range files {
			fmt.Fprintf(r.Out, "\tFile: %s\n", file)
		}
	}
	return nil
}

// promptsOf returns the prompts of the sound folder and the embedded ones: by
// name, the formats by language.
func (x *Exchange) promptsOf() map[string]map[string][]string {
	list := map[string]map[string][]string{}
	add := func(name, language, format string) {
		if list[name] == nil {
			list[name] = map[string][]string{}
		}
		if !slices.Contains(list[name][language], format) {
			list[name][language] = append(list[name][language], format)
		}
	}
	dir := filepath.Join(x.dirs.Data, "sounds")
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // what can't be read is no prompt
		}
		inside, _ := filepath.Rel(dir, path)
		language, name, ok := strings.Cut(filepath.ToSlash(inside), "/")
		format := strings.TrimPrefix(filepath.Ext(name), ".")
		if _, known := media.FileFormat(format); ok && known {
			add(strings.TrimSuffix(name, "."+format), language, format)
		}
		return nil
	})
	for _, language := range prompts.Languages() {
		for _, name := range prompts.Names(language) {
			add(name, language, "ulaw")
		}
	}
	return list
}

func (x *Exchange) showSounds(r *command.ConsoleRequest) error {
	fmt.Fprintln(r.Out, "Available audio files:")
	for _, name := range slices.Sorted(maps.Keys(x.promptsOf())) {
		fmt.Fprintln(r.Out, name)
	}
	return nil
}

func (x *Exchange) showSound(r *command.ConsoleRequest) error {
	languages, ok := x.promptsOf()[r.Args[0]]
	if !ok {
		return command.Refusal("ERROR: File " + r.Args[0] + " not found in index")
	}
	fmt.Fprintf(r.Out, "Indexed Information for %s:\n", r.Args[0])
	for _, language := range slices.Sorted(maps.Keys(languages)) {
		fmt.Fprintf(r.Out, "  Language %s:\n", language)
		for _, format := range languages[language] {
			fmt.Fprintf(r.Out, "    Format: %s\n", format)
		}
	}
	return nil
}

// fileOwners are the modules that read a file, those that have names of their own.
var fileOwners = map[string]string{"asterisk.conf": "core", "modules.conf": "core", "extensions.conf": "pbx_config", "pjsip.conf": "res_pjsip",
	"sip.conf": "chan_sip", "musiconhold.conf": "res_musiconhold", "say.conf": "app_playback", "rtp.conf": "res_rtp_asterisk",
	"resolver_unbound.conf": "res_resolver_unbound"}

func ownerOf(file string) string {
	name := filepath.Base(file)
	if owner, ok := fileOwners[name]; ok {
		return owner
	}
	return strings.TrimSuffix(name, ".conf")
}

func (x *Exchange) listFiles(r *command.ConsoleRequest) error {
	for _, file := range x.read.sorted() {
		printFile(r.Out, file)
	}
	return nil
}

func printFile(out io.Writer, file string) { fmt.Fprintf(out, "%-20.20s %-50s\n", ownerOf(file), file) }

// reloadFile reads again what a file belongs to; a file that nobody has read is
// passed over in silence, as on the reference.
func (x *Exchange) reloadFile(r *command.ConsoleRequest) error {
	if !slices.Contains(x.read.sorted(), r.Args[0]) {
		return nil
	}
	module := ownerOf(r.Args[0])
	if module == "core" {
		return nil
	}
	tellReload(r.Out, module, x.Reload(module))
	return nil
}
