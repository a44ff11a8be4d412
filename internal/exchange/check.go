package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/ael"
	"github.com/octothorpe/octothorpe/internal/agent"
	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/app/say"
	"github.com/octothorpe/octothorpe/internal/callrecord"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/conference"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/external"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/feature"
	"github.com/octothorpe/octothorpe/internal/function"
	"github.com/octothorpe/octothorpe/internal/gateway"
	"github.com/octothorpe/octothorpe/internal/hep"
	"github.com/octothorpe/octothorpe/internal/httpd"
	"github.com/octothorpe/octothorpe/internal/iax"
	"github.com/octothorpe/octothorpe/internal/manager"
	"github.com/octothorpe/octothorpe/internal/mediacache"
	"github.com/octothorpe/octothorpe/internal/message"
	"github.com/octothorpe/octothorpe/internal/monitor"
	"github.com/octothorpe/octothorpe/internal/parking"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/provision"
	"github.com/octothorpe/octothorpe/internal/queue"
	"github.com/octothorpe/octothorpe/internal/rest"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
	"github.com/octothorpe/octothorpe/internal/sdn"
	"github.com/octothorpe/octothorpe/internal/sharedline"
	"github.com/octothorpe/octothorpe/internal/sounds"
	"github.com/octothorpe/octothorpe/internal/speech"
	"github.com/octothorpe/octothorpe/internal/voicemail"
	"github.com/octothorpe/octothorpe/internal/wsclient"
	"github.com/octothorpe/octothorpe/prompts"
)

// ErrConfiguration says that a configuration has errors.
var ErrConfiguration = errors.New("the configuration has errors")

// Check reads a configuration and returns what is wrong with it, by file and
// line. Nothing is started. The error wraps ErrConfiguration if one of the
// problems is an error; else it tells why there is nothing to read.
func Check(o Options) ([]config.Diagnostic, error) {
	f, err := config.Load(o.Config, config.Options{Exec: o.Execs})
	if f == nil {
		return nil, err
	}
	system, problems := readOptions(f)
	c := &checker{dirs: readDirectories(f), problems: slices.Concat(problems, f.Diagnostics, nobodies(f)), known: map[*nameKind]map[string]bool{}}
	c.library = sounds.New(sounds.Options{Directory: filepath.Join(c.dirs.Data, "sounds"), Data: c.dirs.Data, Suffix: system.Suffix,
		Custom: system.CustomSounds, Embedded: prompts.Lookup, Logger: slog.New(slog.DiscardHandler)})
	c.from = config.Options{Dir: c.dirs.Etc, Exec: o.Execs || system.Execs}
	c.files()
	if system.HasNetwork {
		c.problems = append(c.problems, sdn.Check(system.Network)...)
	}
	c.languages()
	c.whole()
	c.problems = slices.Concat(c.problems, c.steps(), c.follow())
	list := config.Report(c.problems)
	if errorsIn(list) {
		return list, fmt.Errorf("%s: %w", o.Config, ErrConfiguration)
	}
	return list, nil
}

// checker reads the files of a configuration one after the other.
type checker struct {
	dirs     Directories
	from     config.Options
	problems []config.Diagnostic
	plan     *dialplan.Plan // of all its files; nil: there is none
	words    dialplan.Vocabulary
	library  *sounds.Library
	toned    bool // and it has the tones of indications.conf

	known     map[*nameKind]map[string]bool // nil: they can't be known
	suggested int                           // times that near names were looked for
	local     map[netip.Addr]bool           // addresses of this machine, once they are asked for
}

// read returns a file with what could be read of it, or nil.
func (c *checker) read(name string) *config.File {
	f, err := config.Load(name, c.from)
	if f != nil { // also one that is refused as a whole: its errors say so
		c.problems = append(c.problems, f.Diagnostics...)
		return f
	}
	if !isMissing(err) {
		c.problems = append(c.problems, config.Diagnostic{Severity: config.Error, File: filepath.Join(c.dirs.Etc, name), Problem: err.Error()})
	}
	return nil
}

func (c *checker) files() {
	var parts *modules
	c.words, parts = vocabulary()
	for _, file := range []struct {
		name  string
		check func(*config.File) []config.Diagnostic
	}{
		{"modules.conf", func(f *config.File) []config.Diagnostic { return append(parts.configure(f), parts.strangers(f)...) }},
		{"logger.conf", func(f *config.File) []config.Diagnostic {
			s, d := readLogger(f, c.dirs.Log)
			return append(d, homeless(f, s.Files, c.dirs.Log)...)
		}},
		{startupFile, func(f *config.File) []config.Diagnostic { _, d := readStartup(f); return d }},
		{aliasFile, func(f *config.File) []config.Diagnostic { _, d := readAliases(f); return d }},
		{permissionsFile, checkPermissionsFile},
		{codecFile, checkCodecs}, {"ccss.conf", acceptedFile}, {"stasis.conf", acceptedFile},
		{planFile, func(f *config.File) []config.Diagnostic {
			var d []config.Diagnostic
			c.plan, d = dialplan.Load(f, nil)
			return d
		}},
		{"indications.conf", sounds.CheckTones},
		{say.File, func(f *config.File) []config.Diagnostic { _, d := say.ReadConfig(f); return d }},
		{"musiconhold.conf", func(f *config.File) []config.Diagnostic { return sounds.CheckMusic(f, c.dirs.Data) }},
		{amdFile, func(f *config.File) []config.Diagnostic { _, d := app.ReadAMD(f); return d }},
		{alarmFile, func(f *config.File) []config.Diagnostic { _, d := app.ReadAlarmReceiver(f); return d }},
		{speechFile, func(f *config.File) []config.Diagnostic { _, d := speech.ReadClients(f, nil); return d }},
		{statsdFile, func(f *config.File) []config.Diagnostic { _, d := app.ReadStatsD(f); return d }},
		{followFile, func(f *config.File) []config.Diagnostic { _, d := app.ReadFollowMe(f); return d }},
		{"acl.conf", checkACLs},
		{iax.File, func(f *config.File) []config.Diagnostic { return checkIAX(f, c.read("acl.conf")) }},
		{sharedline.File, checkSharedLines}, {agentFile, checkAgents}, {voicemailFile, checkVoicemail}, {minivmFile, checkMinivm},
		{queueFile, checkQueues}, {queueRuleFile, checkQueues},
		{parking.File, checkParking},
		{hep.File, func(f *config.File) []config.Diagnostic { _, d := hep.Read(f); return d }},
		{mediacache.File, func(f *config.File) []config.Diagnostic { _, d := mediacache.Read(f); return d }},
		{hearingFile, func(f *config.File) []config.Diagnostic { _, d := readHearing(f); return d }},
		{prometheusFile, func(f *config.File) []config.Diagnostic { _, d := readFigures(f); return d }},
		{provision.File, checkProvision}, {provision.UsersFile, checkUsers},
		{conferenceFile, func(f *config.File) []config.Diagnostic { _, d := conference.Read(f); return d }},
		{"features.conf", func(f *config.File) []config.Diagnostic { _, d := feature.Read(f); return d }},
		{"rtp.conf", func(f *config.File) []config.Diagnostic {
			_, d, _ := readMedia(f, namedRules(c.read("acl.conf")))
			return d
		}},
		{"udptl.conf", func(f *config.File) []config.Diagnostic { _, d := readFax(f); return d }},
		{"resolver_unbound.conf", func(f *config.File) []config.Diagnostic { _, d := nameServers(f); return d }},
		{"cdr.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.Load(f); return d }},
		{"cdr_manager.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadManager(f); return d }},
		{"cdr_custom.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadCustom(f); return d }},
		{"cel.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadCEL(f); return d }},
		{"cel_custom.conf", func(f *config.File) []config.Diagnostic { _, d := callrecord.LoadCustom(f); return d }},
		{"http.conf", func(f *config.File) []config.Diagnostic { _, d := httpd.Load(f, c.read("acl.conf")); return d }},
		{"manager.conf", func(f *config.File) []config.Diagnostic { _, d := manager.Load(f, c.read("acl.conf")); return d }},
		{sorceryFile, func(f *config.File) []config.Diagnostic { _, d := parseSorcery(f); return d }},
		{curlFile, func(f *config.File) []config.Diagnostic { _, d := function.ReadCURL(f); return d }},
		{mediaSocketFile, func(f *config.File) []config.Diagnostic { _, d := external.ReadWebSocket(f); return d }},
		{webSocketFile, func(f *config.File) []config.Diagnostic { _, d := wsclient.Load(f); return d }},
		{"ari.conf", func(f *config.File) []config.Diagnostic { _, d := rest.Load(f, c.read("acl.conf")); return d }},
		{faces[0].file, func(f *config.File) []config.Diagnostic { return c.phones(f, faces[0]) }},
		{faces[1].file, func(f *config.File) []config.Diagnostic { return c.phones(f, faces[1]) }},
	} {
		if f := c.read(file.name); f != nil {
			c.problems = append(c.problems, file.check(f)...)
		}
	}
	for _, file := range databaseFiles {
		if f := c.read(file.name); f != nil {
			c.problems = append(c.problems, file.check(f)...)
		}
	}
	for _, file := range unreadFiles {
		if f := c.read(file.name); f != nil {
			c.problems = append(c.problems, file.check(f)...)
		}
	}
}

// phones reads a file of phones.
func (c *checker) phones(f *config.File, side face) []config.Diagnostic {
	loader := &phone.Loader{NamedACL: namedRules(c.read("acl.conf"))}
	if side.technology == phone.PJSIP {
		loader.Wizards = c.read(wizardFile)
	}
	_, problems := side.load(loader, f)
	return problems
}

// Socket returns the control socket of the exchange that the options mean: with an
// error, why asterisk.conf can't be read, the usual one.
func Socket(o Options) (string, error) {
	if o.Config == "" {
		return directoriesIn(o.State).Socket, nil
	}
	f, err := loadSystem(o)
	if err != nil {
		return defaultDirectories().Socket, err
	}
	return readDirectories(f).Socket, nil
}

// Context lasts until the exchange has ended.
func (x *Exchange) Context() context.Context { return x.background }

// laterTechnologies are what Asterisk's other drivers call.
var laterTechnologies = []string{"agent", "audiosocket", "bridge", "confbridge", "console", "dahdi", "gtalk", "h323", "mgcp", "mobile",
	"motif", "multicastrtp", "ooh323", "phone", "skinny", "unicastrtp", "unistim", "ustm", "voicemail", "websocket"}

// vocabulary is what a dialplan may use, whatever modules.conf loads, and the
// modules that all of it belongs to.
func vocabulary() (dialplan.Vocabulary, *modules) {
	v := dialplan.Vocabulary{Applications: map[string]bool{}, Functions: map[string]bool{}, Letters: map[string]dialplan.Letters{}}
	for _, a := range facts.Applications() {
		v.Applications[strings.ToLower(a.Name)] = false
		v.Spelling = append(v.Spelling, a.Name)
		if at, letters := a.Letters(); letters != "" {
			v.Letters[strings.ToLower(a.Name)] = dialplan.Letters{Argument: at, Known: letters}
		}
	}
	for _, f := range facts.Functions() {
		v.Functions[f.Name] = false
	}
	v.Technologies = map[string]bool{"local": true, "iax2": true}
	for _, name := range laterTechnologies {
		v.Technologies[name] = false
	}
	parts := newModules()
	engine := dialplan.NewEngine(dialplan.Config{Channels: channel.NewRegistry(event.NewBus(), slog.New(slog.DiscardHandler), "")})
	applications, functions := (&app.House{}).Applications(), append((&function.House{}).Functions(), (&app.House{}).Functions()...)
	applications = append(applications, gateway.New(gateway.Config{}).Applications()...)
	applications = append(applications, stasis.New(stasis.Config{}).Applications()...)
	texts := &message.Router{}
	applications, functions = append(applications, texts.Applications()...), append(functions, texts.Functions()...)
	keys := &feature.House{}
	applications, functions = append(applications, keys.Applications()...), append(functions, keys.Functions()...)
	lines := &queue.House{}
	applications, functions = append(applications, lines.Applications()...), append(functions, lines.Functions()...)
	applications = append(applications, (&sharedline.House{}).Applications()...)
	pool := &agent.House{}
	applications, functions = append(applications, pool.Applications()...), append(functions, pool.Functions()...)
	applications = append(applications, ael.Applications(nil)...)
	lots := &parking.House{}
	applications, functions = append(applications, lots.Applications()...), append(functions, lots.Functions()...)
	functions = append(functions, (&provision.House{}).Functions()...)
	tapes := &monitor.House{}
	applications, functions = append(applications, tapes.Applications()...), append(functions, tapes.Functions()...)
	meetings := &conference.House{}
	applications, functions = append(applications, meetings.Applications()...), append(functions, meetings.Functions()...)
	boxes := &voicemail.House{}
	applications, functions = append(applications, boxes.Applications()...), append(functions, boxes.Functions()...)
	small := voicemail.NewMini(boxes)
	applications, functions = append(applications, small.Applications()...), append(functions, small.Functions()...)
	books := callrecord.New(callrecord.Config{Bus: event.NewBus(), Logger: slog.New(slog.DiscardHandler)})
	applications, functions = append(applications, books.Applications()...), append(functions, books.Ledger.Functions()...)
	for name, about := range recordModules {
		parts.add(name, about)
	}
	for _, side := range faces {
		v.Technologies[strings.ToLower(side.technology)] = true
		d := phone.New(phone.Config{Model: &phone.Model{Technology: side.technology}})
		applications, functions = append(applications, d.Applications()...), append(functions, d.Functions()...)
	}
	for _, a := range applications {
		engine.AddApplication(a)
	}
	for _, f := range functions {
		engine.AddFunction(f)
	}
	for _, a := range engine.Applications() {
		v.Applications[strings.ToLower(a.Name)] = true
		v.Spelling = append(v.Spelling, a.Name)
		parts.add(a.Module, a.Synopsis)
	}
	for _, f := range engine.Functions() {
		v.Functions[f.Name] = true
		parts.add(f.Module, f.Synopsis)
	}
	v.Fields = function.Fields()
	return v, parts
}
