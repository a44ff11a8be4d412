package exchange

import (
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/queue"
)

// The files of queues.
const (
	queueFile     = "queues.conf"
	queueRuleFile = "queuerules.conf"
)

// queueDevices are the states of devices as queues want to see them.
type queueDevices struct{ devices }

func (d queueDevices) Look(name string) { d.x.board.Look(name) }

// buildQueues makes the house of queues. Its log goes nowhere until the exchange starts.
func (x *Exchange) buildQueues(plan queue.Dialplan) {
	x.queueLog = queue.NewLog(func(err error) { x.log.Error("a line of the queues' log is lost", "error", err) })
	x.queues = &queue.House{Calls: x.calls, Dialplan: plan, Voice: x.house, Features: x.features, Pickups: x.house, Devices: queueDevices{devices{x}},
		Database: x.database, Logger: x.log, Log: x.queueLog, Reload: x.reloadQueues,
		Refresh: x.refreshQueues, Keep: x.keepMember, Intercept: x.house.Interception}
	x.modules.add("app_queue", "Queues of callers")
	if !x.modules.wants("app_queue") {
		return
	}
	for _, a := range x.queues.Applications() {
		x.engine.AddApplication(a)
	}
	for _, f := range x.queues.Functions() {
		x.engine.AddFunction(f)
	}
}

// deviceOfQueue is the state of a device that a queue tells.
func (x *Exchange) deviceOfQueue(device string) (string, bool) {
	name, ok := strings.CutPrefix(device, "Queue:")
	if !ok || x.queues == nil {
		return "", false
	}
	return x.queues.Device(name), true
}

// startQueues reads the files of queues, brings back the members that were added, and
// follows what happens to them.
func (x *Exchange) startQueues() {
	x.configureQueueLog(x.logger, false)
	x.resumeMembers()
	if !x.modules.wants("app_queue") {
		return
	}
	x.queueLog.Write("NONE", "NONE", "NONE", "QUEUESTART", "")
	_ = x.configureQueues(queue.Everything, "")
	x.workers.Go(func() { x.queues.Run(x.background) })
	if inTime(x.database.Ready) == nil {
		x.queues.Restore()
		return
	}
	x.workers.Go(func() {
		if x.database.Ready(x.background) == nil {
			x.queues.Restore()
		}
	})
}

// configureQueues puts what is asked for of the files in force.
func (x *Exchange) configureQueues(what int, only string) error {
	if what&queue.RuleSets != 0 {
		f := x.optional(queueRuleFile)
		rules, problems := queue.ReadRules(f)
		if rules.Mapped {
			rules, problems = queue.ReadRules(f, x.mappedRules())
		}
		x.report(problems)
		x.queues.ConfigureRules(rules)
	}
	if what&(queue.Parameters|queue.Members) == 0 {
		return nil
	}
	x.mapped.queues.load(x)
	return x.applyQueues(what, only)
}

// applyQueues is configureQueues with what is known of the queues in databases.
func (x *Exchange) applyQueues(what int, only string) error {
	f, err := x.load(queueFile)
	if err != nil && !isMissing(err) {
		x.log.Error("configuration can't be read", "file", queueFile, "error", err)
		return err
	}
	read, problems := queue.Read(f, x.mapped.queues.file())
	x.report(problems)
	x.queues.Configure(read, what, only)
	return nil
}

// reloadQueues is configureQueues in its turn, for who asks while the exchange runs.
func (x *Exchange) reloadQueues(what int, only string) error {
	if err := x.reloading.begin(); err != nil {
		return err
	}
	defer x.reloading.end()
	return x.configureQueues(what, only)
}

// configureQueueLog says where the log of queues goes, as logger.conf does.
func (x *Exchange) configureQueueLog(s logging.Settings, again bool) {
	if x.queueLog == nil {
		return
	}
	table := x.tableOfQueueLog(s)
	x.queueLog.Configure(queue.LogSettings{Folder: x.dirs.Log, Name: s.QueueLogName, Table: table,
		Off: s.NoQueueLog || table != nil && !s.QueueLogToFile})
	if again {
		x.queueLog.Write("NONE", "NONE", "NONE", "CONFIGRELOAD", "")
	}
}

// rotateLogs begins new files of the log and of that of queues.
func (x *Exchange) rotateLogs() error {
	err := x.logs.Rotate()
	if path := x.queueLog.Path(); path != "" {
		if away := x.logs.PutAway(path); away != nil && err == nil {
			err = away
		}
		x.queueLog.Reopen()
		x.queueLog.Write("NONE", "NONE", "NONE", "CONFIGRELOAD", "")
	}
	return err
}

func checkQueues(f *config.File) []config.Diagnostic {
	if filepath.Base(f.Path) == queueRuleFile {
		_, d := queue.ReadRules(f)
		return d
	}
	_, d := queue.Read(f)
	return d
}
