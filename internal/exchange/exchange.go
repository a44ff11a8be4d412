package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/agent"
	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/callrecord"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/cli"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/conference"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/external"
	"github.com/octothorpe/octothorpe/internal/feature"
	"github.com/octothorpe/octothorpe/internal/function"
	"github.com/octothorpe/octothorpe/internal/gateway"

	"github.com/octothorpe/octothorpe/internal/httpd"
	"github.com/octothorpe/octothorpe/internal/iax"
	"github.com/octothorpe/octothorpe/internal/local"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/manager"
	"github.com/octothorpe/octothorpe/internal/mediacache"
	"github.com/octothorpe/octothorpe/internal/message"
	"github.com/octothorpe/octothorpe/internal/monitor"
	"github.com/octothorpe/octothorpe/internal/parking"
	"github.com/octothorpe/octothorpe/internal/provision"
	"github.com/octothorpe/octothorpe/internal/queue"
	"github.com/octothorpe/octothorpe/internal/realtime"
	"github.com/octothorpe/octothorpe/internal/rest"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/internal/sdn"
	"github.com/octothorpe/octothorpe/internal/sharedline"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/internal/store"
	"github.com/octothorpe/octothorpe/internal/tracing"
	"github.com/octothorpe/octothorpe/internal/udptl"
	"github.com/octothorpe/octothorpe/internal/voicemail"
	"github.com/octothorpe/octothorpe/internal/wsclient"
	"github.com/octothorpe/octothorpe/sip"
)

// Options say what to run and how.
type Options struct {
	// Config is the path of asterisk.conf.
	Config string
	// State is the folder of an exchange that has no asterisk.conf: everything lies in it.
	State string
	// Version is what `core show version` tells.
	Version string
	// Verbose and Debug add to what asterisk.conf says.
	Verbose, Debug int
	MaxCalls       int
	Execs          bool
	// Console, if not nil, shows log lines: the exchange runs on a terminal.
	Console io.Writer
	// Color says that Console is a terminal; Timestamp has times before all lines, and
	// Mute shows none to begin with.
	Color, Timestamp, Mute bool
	// Errors, if not nil, is told in a line what the log can't tell as its disk is full.
	Errors io.Writer
	// Strict has Start fail where phones, AMI or HTTP can't be served. Else it logs
	// that and goes on, as Asterisk does.
	Strict bool
}

// Exchange is a telephone exchange.
type Exchange struct {
	options Options
	dirs    Directories
	system  SystemOptions

	logs      *logging.Logger
	screen    *screen // nil: the exchange runs on no terminal
	watching  watching
	log       *slog.Logger
	bus       *event.Bus
	channels  *channel.Registry
	bridges   *bridge.Registry
	rtpTrace  *rtp.Trace
	debugging debugging
	logGroups logGroups
	faxTrace  *udptl.Trace
	local     *local.Driver
	iax       *iax.Driver // nil: nobody is called with IAX2
	outgoing  wsclient.Book
	sockets   *external.WebSocket
	functions *function.House
	names     sip.Resolver
	objects   objects
	board     *state.Board
	mailboxes *state.Mailboxes
	patterns  patternHints
	editing   sync.Mutex // one client after the other changes files of the configuration
	autohints autohints
	presences *state.Presences
	database  *store.Database
	engine    *dialplan.Engine
	calls     *call.Calls
	messages  *message.Router
	house     *app.House
	programs  *gateway.Gateway
	stasis    *stasis.Hub
	rest      *rest.Server
	modules   *modules
	plugs     plugs
	manager   *manager.Server
	console   *cli.Dispatcher
	socket    *cli.Server
	aliases   atomic.Pointer[[]cli.Alias]
	startups  map[string][]string // commands of cli.conf; of who starts the exchange
	phones    phones
	rules     ruleBook
	features  *feature.House
	queues    *queue.House
	parking   *parking.House
	queueLog  *queue.Log
	queuePost queuePost  // its lines for a database
	inQueues  memberPost // changes of members for theirs
	agents    *agent.House
	lines     *sharedline.House
	voicemail *voicemail.House
	provision *provision.House
	minivm    *voicemail.Mini
	logger    logging.Settings // of logger.conf
	rooms     *conference.House
	monitors  *monitor.House
	sounds    soundHouse
	fetched   *mediacache.Cache
	capture   capture
	census    endpointFigures
	http      *httpd.Server
	browsers  *httpd.Hub // WebSockets of SIP
	registry  *prometheus.Registry
	figures   figures
	traces    *tracing.Tracer // nil while nobody wants traces
	records   *callrecord.Books
	realtime  *realtime.House // nil until there is a log
	sorcery   sorcery
	mapped    mapped
	network   *sdn.Network // nil: asterisk.conf has none

	began      time.Time
	read       files        // of the configuration
	lastReload atomic.Int64 // Unix nanoseconds
	security   func()       // ends the security log; nil: nobody reads it
	securityMu sync.Mutex
	booted     chan struct{}
	ended      chan struct{}
	stopping   stopping
	reloading  reloading
	background context.Context
	cancel     context.CancelFunc
	workers    sync.WaitGroup
	early      []config.Diagnostic // problems that were found before there was a log
	moduleFile *config.File        // modules.conf, until all modules are known
}

// New reads the configuration and builds the exchange. Nothing listens yet.
func New(o Options) (*Exchange, error) {
	x := &Exchange{options: o, began: time.Now(), booted: make(chan struct{}), ended: make(chan struct{}), modules: newModules(), reloading: newReloading()}
	x.lastReload.Store(x.began.UnixNano())
	x.background, x.cancel = context.WithCancel(context.Background())
	if err := x.readSystem(); err != nil {
		return nil, err
	}
	for _, dir := range []string{x.dirs.Run, x.dirs.Log, x.dirs.Spool, x.dirs.DB} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, fmt.Errorf("make directory: %w", err)
		}
	}
	x.startLog()
	x.openRealtime()
	x.bus = event.NewBus()
	if !x.system.TestEvents {
		x.bus.Withhold(event.KindTestEvent)
	}
	x.watchSecurity()
	x.channels = channel.NewRegistry(x.bus, x.log, x.system.SystemName)
	x.logs.SetCallOf(func(name string) string {
		if c := x.channels.Find(name); c != nil {
			return logging.CallName(c.CallNumber())
		}
		return ""
	})
	x.logs.SetGroupOf(x.logGroups.of)
	x.channels.SetMaxCalls(x.system.MaxCalls)
	x.channels.SetOverload(x.system.overload())
	x.channels.Language, x.channels.Silence = x.system.Language, x.system.Silence
	if x.system.LeastKey > 0 {
		x.channels.LeastKey = x.system.LeastKey
	}
	x.bridges = bridge.NewRegistry(x.channels)
	x.rtpTrace, x.faxTrace = x.newRTPTrace(), x.newFaxTrace()
	x.board = state.NewBoard(x.bus, x.deviceState)
	x.channels.Touched = func(name string) { x.board.Touch(state.DeviceOf(name)) }
	x.database = store.New(x.log)
	x.board.Keep = x.keepCustom
	x.presences = state.NewPresences(x.bus)
	x.presences.Keep = x.keepPresence
	x.mailboxes = state.NewMailboxes(x.bus)
	x.mailboxes.Touched = x.board.Touch
	x.build()
	return x, nil
}

// readSystem reads asterisk.conf and modules.conf.
func (x *Exchange) readSystem() error {
	o := x.options
	if o.Config == "" {
		x.dirs = directoriesIn(o.State)
	} else {
		f, err := loadSystem(o)
		if err != nil {
			return err
		}
		x.read.add(f.Path)
		x.dirs = readDirectories(f)
		var problems []config.Diagnostic
		x.system, problems = readOptions(f)
		x.report(slices.Concat(f.Diagnostics, problems))
	}
	x.system.Execs = x.system.Execs || o.Execs
	x.system.Verbose = max(x.system.Verbose, o.Verbose)
	x.system.Debug = max(x.system.Debug, o.Debug)
	if o.MaxCalls > 0 {
		x.system.MaxCalls = o.MaxCalls
	}
	f, err := x.load("modules.conf")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	x.report(x.modules.configure(f))
	x.moduleFile = f
	return nil
}

// load reads a file of the configuration folder and reports its problems.
func (x *Exchange) load(name string) (*config.File, error) {
	f, err := x.look(name)
	if f != nil { // also of a file that is refused as a whole
		x.report(f.Diagnostics)
	}
	if err != nil {
		return nil, err
	}
	x.read.add(f.Path)
	return f, nil
}

// look reads a file of the configuration folder for somebody who wants a value of
// it, and keeps its problems to itself.
func (x *Exchange) look(name string) (*config.File, error) {
	if f, err := x.fromDatabase(name); f != nil || err != nil {
		return f, err
	}
	return config.Load(name, config.Options{Dir: x.dirs.Etc, Exec: x.system.Execs})
}

// files are the configuration files that were read.
type files struct {
	mu    sync.Mutex // a leaf
	paths map[string]bool
}

func (f *files) add(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.paths == nil {
		f.paths = map[string]bool{}
	}
	f.paths[path] = true
}

func (f *files) sorted() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.paths))
}

// optional is load for a file that may be missing: nil then, and on errors,
// which are logged.
func (x *Exchange) optional(name string) *config.File {
	f, err := x.load(name)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			x.log.Error("configuration can't be read", "file", name, "error", err)
		}
		return nil
	}
	return f
}

// build makes the parts and joins their tables.
func (x *Exchange) build() {
	x.engine = dialplan.NewEngine(dialplan.Config{Channels: x.channels, Logger: x.log, Builtin: x.builtin, Realtime: x.realtimeExtensions()})
	x.engine.OnChange(x.hints)
	x.engine.LiveDangerously.Store(x.system.LiveDangerously)
	plan := x.plan()
	x.calls = &call.Calls{Channels: x.channels, Bridges: x.bridges, Dialplan: plan, Logger: x.log}
	x.messages = &message.Router{Channels: x.channels, Dialplan: plan, Logger: x.log}
	x.buildMediaCache()
	x.sounds.build(x)
	x.house = &app.House{Calls: x.calls, Channels: x.channels, Bridges: x.bridges, Dialplan: plan, Sounds: x.sounds.Sounds(), Logger: x.log,
		Recordings: filepath.Join(x.dirs.Data, "sounds"), Spool: x.dirs.Spool, Database: x.database, ReloadModule: x.reloadFromCall, Waiting: x.messagesWait}
	x.calls.Pickups = x.house
	x.house.Extend = x.engine.Extend
	x.house.Speech.Env, x.house.Speech.Logger = x.engine.Env(context.Background(), nil), x.log
	x.functions = &function.House{Channels: x.channels, Dialplan: plan, Database: x.database, Devices: devices{x}, Presences: x.presences, Logger: x.log,
		Loaded: x.modules.loaded, Version: x.options.Version, SetZone: x.sounds.Sounds().SetZone, SetLogGroup: x.setLogGroup, ManagerSessions: x.managerSessions}
	x.functions.Load = x.look
	x.names = x.resolver()
	x.functions.Pointers = x.names.LookupNAPTR
	x.programs = gateway.New(gateway.Config{House: x.house, Dialplan: plan, Bus: x.bus, Logger: x.log, Scripts: x.dirs.AGI,
		Environment: x.scriptEnvironment(), Version: x.options.Version})
	x.buildREST()
	x.plug(slices.Concat(x.functions.Functions(), x.house.Functions()), x.house.Applications())
	x.offer(x.messages.Functions(), slices.Concat(x.messages.Applications(), x.programs.Applications(), x.stasis.Applications()))
	x.buildFeatures(plan)
	x.buildQueues(plan)
	x.buildAgents()
	x.buildVoicemail(plan)
	x.buildMinivm()
	x.buildParking(plan)
	x.buildRecords()
	x.local = &local.Driver{Channels: x.channels, Bridges: x.bridges, Dialplan: starter{x}, Logger: x.log}
	x.channels.Register(x.local)
	x.buildConferences()
	x.buildSharedLines(plan)
	x.buildMonitors(plan)
	x.buildAEL()
	x.console = cli.NewDispatcher(x.log, x.coreCommands(), x.loggerCommands(), x.systemCommands(), x.listCommands(), codecCommands(), x.functions.Commands(), x.channelCommands(), x.bridgeCommands(), x.packetCommands(), x.debugCommands(), taskCommands(), idleCommands(), noneCommands(), x.toneCommands(), x.nameCommands(), x.topicCommands(), x.optionCommands(), timingCommands(), x.databaseCommands(), x.customCommands(), x.presenceCommands(), x.engine.Commands(dialplan.Console{Dir: x.dirs.Etc, Reload: x.reloadDialplan}), x.managerCommands())
	x.console.Add(x.fileCommands())
	x.console.Add([]command.Console{x.convertCommand()})
	x.console.Add(x.fetched.Commands())
	x.console.Add(x.rest.Commands())
	x.console.Add(x.programs.Commands())
	x.console.Add(x.speechCommands())
	x.console.Add(x.features.Commands())
	x.console.Add(x.queues.Commands())
	x.console.Add(x.parking.Commands())
	x.console.Add(x.aelCommands())
	x.console.Add(x.agents.Commands())
	x.console.Add(x.lines.Commands())
	x.console.Add(x.voicemail.Commands())
	x.console.Add(x.minivm.Commands())
	x.console.Add(x.records.Commands(x.findChannel))
	x.serveRealtime()
	x.manager = manager.New(manager.Config{Bus: x.bus, Logger: x.log, Booted: x.uptime, Actions: x.actions(plan)})
	x.manager.Add(x.features.Actions())
	x.manager.Add(x.parking.Actions(manager.SnapshotFields))
	x.manager.Add(x.queues.Actions())
	x.manager.Add(x.agents.Actions(manager.SnapshotFields))
	x.serveConferences()
	x.serveMonitors()
	x.manager.Add(x.voicemail.Actions())
	x.buildHTTP()
	x.buildProvision()
	x.buildExternal()
	x.setAliases(usualAliases)
	x.socket = cli.NewServer(x.console, x.log, fmt.Sprintf("%s/%d/%s", hostname(), os.Getpid(), x.options.Version))
	x.socket.Watch(x.watcher)
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// uptime tells whether the exchange is ready, how long it runs and when it was
// reloaded last.
func (x *Exchange) uptime() (ready bool, up, reloaded time.Duration) {
	select {
	case <-x.booted:
		ready = true
	default:
	}
	return ready, time.Since(x.began), time.Since(time.Unix(0, x.lastReload.Load()))
}

// Start opens the control socket, loads the dialplan and the phones, and listens.
func (x *Exchange) Start() error {
	x.startup(preInit)
	x.report(x.modules.strangers(x.moduleFile))
	if missing := x.modules.missing(); len(missing) > 0 {
		return fmt.Errorf("modules.conf requires %v, which this exchange does not have", missing)
	}
	if err := x.loadPermissions(); err != nil {
		x.log.Error("nobody's rights on the console are limited", "error", err)
	}
	if err := x.socket.Listen(x.dirs.Socket, x.dirs.SocketMode); err != nil {
		return err
	}
	x.giveSocket()
	if err := os.WriteFile(x.dirs.Pid, []byte(fmt.Sprintf("%d\n", os.Getpid())), 0o644); err != nil { //nolint:gosec // scripts read it
		x.log.Error("pid file can't be written", "error", err)
	}
	x.startup(preModule)
	served := x.loadAll()
	if served != nil && x.options.Strict {
		x.Stop(Now, false)
		x.Wait()
		return served
	}
	if err := x.loadAliases(); err != nil {
		x.log.Error("there are no aliases of commands", "error", err)
	}
	x.startup(whenReady)
	close(x.booted)
	least := 0
	if x.options.Config == "" {
		least = 1 // the program has more to say
	}
	logging.Verbosef(x.log, least, "Asterisk Ready.")
	if x.bus.Wants(event.KindFullyBooted) {
		x.bus.Publish(&event.FullyBooted{Uptime: time.Since(x.began), LastReload: time.Since(x.began)})
	}
	return nil
}

// loadAll starts what serves calls and clients. Reloads, which consoles may ask
// for by now, wait for it. An exchange that was told to end meanwhile starts
// nothing. The error is of what can't be served; it is in the log.
func (x *Exchange) loadAll() error {
	if err := x.reloading.begin(); err != nil {
		return nil //nolint:nilerr // Wait returns
	}
	defer x.reloading.end()
	x.startTraces()
	x.configureRecords()
	x.database.Open(filepath.Join(x.dirs.DB, "astdb.sqlite3"), x.engineCache())
	if err := x.loadDialplan(); err != nil {
		x.log.Error("dialplan can't be loaded", "error", err)
	}
	x.loadLanguages()
	if err := x.configureStatsD(); err != nil { // the phones send figures from their beginning on
		x.log.Error("figures can't be sent", "error", err)
	}
	_ = x.configureHearing()
	_ = x.configureMediaCache()
	served := x.phones.start(x)
	if err := x.startIAX(); err != nil {
		x.log.Error("IAX2 can't be served", "error", err)
		served = errors.Join(served, err)
	}
	x.restoreCustom()
	x.board.Refresh() // what is so from the beginning is no news
	x.workers.Add(1)
	go func() { defer x.workers.Done(); x.board.Run(x.background) }()
	for _, d := range x.phones.drivers {
		d.Booted()
	}
	if err := x.configureManager(false); err != nil {
		x.log.Error("manager can't be served", "error", err)
		served = errors.Join(served, err)
	}
	if err := x.configureWebSockets(); err != nil {
		return err
	}
	if err := x.configureREST(); err != nil {
		x.log.Error("ARI can't be served", "error", err)
	}
	if err := x.configureHTTP(false); err != nil {
		x.log.Error("HTTP can't be served", "error", err)
		served = errors.Join(served, err)
	}
	x.configureAMD()
	x.configureAlarmReceiver()
	_ = x.configureConcealment()
	_ = x.configureSpeech()
	_ = x.configureSpeechRules()
	_ = x.configureFollowMe()
	_ = x.configureCURL()
	_ = x.configureMediaSockets()
	_ = x.configureAgents()
	_ = x.configureVoicemail()
	x.configureMinivm()
	x.workers.Go(func() { x.voicemail.Run(x.background) })
	x.workers.Go(func() { x.voicemail.Outbox.Run(x.background, x.voicemail.Server) })
	x.startQueues()
	_ = x.configureConferences()
	_ = x.configureSharedLines()
	x.workers.Go(func() { x.lines.Run(x.background) })
	_ = x.configureParking()
	_ = x.configureProvision()
	x.strays()
	_ = x.configureFigures()
	if err := x.configureCapture(); err != nil {
		x.log.Error("messages are not copied to a capture server", "error", err)
	}
	_ = x.configureEndpointFigures()
	x.accept()
	x.unread()
	x.startSpool()
	if err := x.startNetwork(); err != nil {
		x.log.Error("switches can't be driven", "error", err)
		served = errors.Join(served, err)
	}
	return served
}

// startTraces makes traces of calls, if asterisk.conf wants them.
func (x *Exchange) startTraces() {
	if !x.system.Traces.Enabled {
		return
	}
	instance := x.system.SystemName
	if instance == "" {
		instance = hostname()
	}
	var err error
	x.traces, err = tracing.Start(tracing.Config{Settings: x.system.Traces, Bus: x.bus, Logger: x.log, Version: x.options.Version, Instance: instance})
	if err != nil {
		x.log.Error("calls are not traced", "error", err)
	}
}

// configureManager reads manager.conf. Without one AMI is closed; a reload that
// finds none, or one that can't be read, leaves AMI as it is and succeeds, as on the
// reference.
func (x *Exchange) configureManager(again bool) error {
	f, err := x.load("manager.conf")
	switch {
	case err != nil && again:
		x.log.Warn("manager.conf was not read again; AMI is as it was", "error", err)
		return nil
	case isMissing(err):
		return x.manager.Configure(&manager.Settings{Accounts: map[string]*manager.Account{}})
	case err != nil:
		return err
	}
	rules, err := x.ruleFile(again)
	if err != nil {
		return err
	}
	settings, problems := manager.Load(f, rules, x.fromUsers(userAccounts))
	x.report(problems)
	x.channels.ShowVariables(settings.ChannelVars)
	return x.manager.Configure(settings)
}

// Execute runs a console command.
func (x *Exchange) Execute(ctx context.Context, line string, out io.Writer) error {
	return x.console.Execute(ctx, line, out, nil)
}

// Console returns the dispatcher, for the line editor of a terminal.
func (x *Exchange) Console() *cli.Dispatcher { return x.console }

// Dirs returns the directories in force.
func (x *Exchange) Dirs() Directories { return x.dirs }
