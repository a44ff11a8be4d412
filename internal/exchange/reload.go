package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/provision"
	"github.com/octothorpe/octothorpe/internal/queue"
)

// reloading orders what starts and changes the parts of the exchange: its start,
// reloads and its end come one after the other. It is held while files are read
// and sockets are opened; of the calls only one that runs Reload waits for it.
type reloading struct {
	turn chan struct{} // holds one while somebody has it
	over atomic.Bool
}

func newReloading() reloading { return reloading{turn: make(chan struct{}, 1)} }

// errEnds says that an exchange ends and reads nothing again.
var errEnds = errors.New("the exchange ends")

// begin waits for its turn; end gives it back. After finish there is none.
func (r *reloading) begin() error {
	r.turn <- struct{}{}
	if r.over.Load() {
		r.end()
		return errEnds
	}
	return nil
}

// beginWithin is begin for who waits no longer than ctx.
func (r *reloading) beginWithin(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for a reload: %w", context.Cause(ctx))
	}
	if r.over.Load() {
		r.end()
		return errEnds
	}
	return nil
}

func (r *reloading) end() { <-r.turn }

// finish lets nothing be started or read again, and waits until what is being so is
// ready, at most until ctx ends: it may stand still with a disk or a name server.
func (r *reloading) finish(ctx context.Context) error {
	r.over.Store(true)
	select {
	case r.turn <- struct{}{}:
		r.end()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a reload: %w", context.Cause(ctx))
	}
}

// Why a module is not read again.
var (
	errNoModule = errors.New("no such module")
	errNoReload = errors.New("the module does not support reloads")
)

// Reload reads the configuration of a module again, or with "" that of all. A
// file that can't be read leaves what is in force, which the log tells. The error
// wraps errNoModule, or errNoReload for one that has nothing to read. Managers are told.
func (x *Exchange) Reload(module string) error {
	err := x.reread(module)
	if x.bus.Wants(event.KindReload) {
		x.bus.Publish(&event.Reload{Module: cmp.Or(module, "All"), Status: reloadStatus(err)})
	}
	if !errors.Is(err, errNoModule) && !errors.Is(err, errNoReload) {
		x.lastReload.Store(time.Now().UnixNano())
	}
	return err
}

// reread is Reload for a command of the part's own, such as "logger reload": it is
// not counted as a reload of the exchange, and told to nobody, as it is not in the reference.
func (x *Exchange) reread(module string) error {
	if err := x.reloading.begin(); err != nil {
		return err
	}
	defer x.reloading.end()
	if x.system.LockConfig {
		unlock, err := lockFolder(x.dirs.Etc)
		if err != nil {
			x.log.Error("the configuration was not read again", "error", err)
			return err
		}
		defer unlock()
	}
	x.rules.forget()
	module = partName(module)
	found := false
	var failed error
	for _, p := range x.reloads() {
		if module != "" && !slices.Contains(p.modules, module) {
			continue
		}
		found = true
		if err := p.reload(); err != nil {
			x.log.Error("the configuration was not read again; what was in force is", "module", p.modules[0], "error", err)
			failed = errors.Join(failed, err)
		}
	}
	switch {
	case found:
	case x.modules.loaded(module):
		return fmt.Errorf("reload %s: %w", module, errNoReload)
	default:
		return fmt.Errorf("reload %s: %w", module, errNoModule)
	}
	return failed
}

// partName is a module as parts are asked for by it.
func partName(module string) string { return strings.ToLower(strings.TrimSuffix(module, ".so")) }

// rereads reports whether a module has something that can be read again.
func (x *Exchange) rereads(module string) bool {
	return slices.ContainsFunc(x.reloads(), func(p reloadable) bool { return slices.Contains(p.modules, partName(module)) })
}

// reloadStatus is the number by which AMI tells what became of a reload.
func reloadStatus(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errNoModule):
		return 2
	case errors.Is(err, errNoReload):
		return 6
	}
	return 3
}

// A reloadable is a part that can be read again, and the modules by which it is asked for.
type reloadable struct {
	modules []string
	reload  func() error
}

func (x *Exchange) reloads() []reloadable {
	return []reloadable{
		{[]string{"logger"}, func() error { x.configureLog(); return nil }},
		{[]string{"pbx_config"}, func() error { return x.renewPlan(x.loadDialplan) }},
		{[]string{"pbx_lua"}, x.loadLua},
		{[]string{"pbx_ael"}, func() error { return x.renewPlan(x.loadAEL) }},
		{[]string{"res_pjsip", "res_pjsip_outbound_registration", "res_pjsip_endpoint_identifier_ip", "res_pjsip_authenticator_digest", "acl"}, func() error { return errors.Join(x.phones.reload(x, "PJSIP"), x.configureProvision()) }},
		{[]string{"chan_sip", "acl"}, func() error { return x.phones.reload(x, "SIP") }},
		{[]string{iaxModule, "acl"}, x.reloadIAX},
		{[]string{"features"}, x.reloadFeatures},
		{[]string{"res_rtp_asterisk", "udptl"}, func() error { return x.phones.reloadMedia(x) }},
		{[]string{"manager", "acl"}, func() error { return x.configureManager(true) }},
		{[]string{"res_websocket_client"}, x.configureWebSockets},
		{[]string{"chan_websocket"}, x.configureMediaSockets},
		{[]string{"res_config_curl"}, x.configureCURL},
		{[]string{"res_ari"}, x.configureREST},
		{[]string{"http", "acl"}, func() error { return x.configureHTTP(true) }},
		{[]string{"indications", "res_indications", "res_musiconhold"}, func() error { x.sounds.reload(x); return nil }},
		{[]string{"res_clialiases"}, x.loadAliases},
		{[]string{"app_amd"}, func() error { x.configureAMD(); return nil }},
		{[]string{"app_alarmreceiver"}, func() error { x.configureAlarmReceiver(); return nil }},
		{[]string{"res_statsd"}, x.configureStatsD},
		{[]string{"res_aeap"}, x.configureSpeech},
		{[]string{"app_playback"}, x.configureSpeechRules},
		{[]string{"app_followme"}, x.configureFollowMe},
		{[]string{"app_agent_pool"}, x.configureAgents},
		{[]string{"app_voicemail"}, x.configureVoicemail},
		{[]string{"app_minivm"}, func() error { x.configureMinivm(); return nil }},
		{[]string{"app_queue"}, func() error { return x.configureQueues(queue.Everything, "") }},
		{[]string{"app_confbridge"}, x.configureConferences},
		{[]string{sharedLineModule}, x.configureSharedLines},
		{[]string{"res_parking"}, x.configureParking},
		{[]string{"dsp"}, x.configureHearing},
		{[]string{captureModule}, x.configureCapture},
		{[]string{endpointFiguresModule, "res_statsd", "res_pjsip", "chan_sip", iaxModule}, x.configureEndpointFigures},
		{[]string{mediaCacheModule}, x.configureMediaCache},
		{[]string{prometheusModule}, x.configureFigures},
		{[]string{provision.Module, pjsipProvider}, x.configureProvision},
		{[]string{"extconfig", "res_config_sqlite3", "res_config_pgsql", "res_config_curl"}, func() error { x.configureRealtime(); x.configureQueueLog(x.logger, false); return nil }},
		{recordParts(), func() error { x.configureRecords(); return nil }},
		{[]string{"sdn"}, x.reloadNetwork},
		{[]string{"plc"}, x.configureConcealment},
		{fileless, func() error { return nil }},
	}
}

// fileless are parts of the core that read a file in Asterisk and have nothing to
// read here: a reload of one is done as soon as it is asked for.
var fileless = []string{"dnsmgr", "enum", "features"}

// reloadFromCall is Reload for the application of that name, which refuses a
// module that has nothing to read again.
func (x *Exchange) reloadFromCall(module string) error {
	switch module {
	case "", "logger", "manager", "pbx_config", "pbx_config.so", "res_pjsip", "chan_sip", "res_indications", "res_musiconhold":
		return x.Reload(module)
	}
	return fmt.Errorf("reload %s: %w", module, errNoReload)
}

// errorsIn reports whether there is an error among diagnostics.
func errorsIn(list []config.Diagnostic) bool {
	for _, d := range list {
		if d.Severity == config.Error {
			return true
		}
	}
	return false
}
