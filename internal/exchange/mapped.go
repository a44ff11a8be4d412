package exchange

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/queue"
	"github.com/octothorpe/octothorpe/internal/realtime"
)

// mapped are queues and mailboxes that lie in families. They are what sections of their
// files would be: all are read when the files are, and one is asked for again when
// somebody means it.
type mapped struct{ queues, boxes mappedSections }

// mappedSections are the sections of one kind by their names, each as text.
type mappedSections struct {
	all func(x *Exchange) (map[string]string, error) // nil: none lies in a family
	one func(x *Exchange, name string) (string, error)

	mu    sync.Mutex // not held while a database is asked
	texts map[string]string
	at    map[string]time.Time // when one was asked for
}

// Answers about one object count for a moment, as many ask in the course of one call.
const (
	answerCounts = time.Second
	answersKept  = 4096
)

// fresh reports whether one was asked for a moment ago, and else that it is now.
func (m *mappedSections) fresh(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if now.Sub(m.at[name]) < answerCounts {
		return true
	}
	if m.at == nil || len(m.at) >= answersKept {
		m.at = map[string]time.Time{}
	}
	m.at[name] = now
	return false
}

// prepare says who is asked; both are nil where the families are missing.
func (m *mappedSections) prepare(all func(*Exchange) (map[string]string, error), one func(*Exchange, string) (string, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all, m.one = all, one; all == nil {
		m.texts = nil
	}
}

func (m *mappedSections) asked() (all func(*Exchange) (map[string]string, error), one func(*Exchange, string) (string, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all, m.one
}

// load asks for all. While the database can't be asked what was known stays.
func (m *mappedSections) load(x *Exchange) {
	if all, _ := m.asked(); all != nil {
		texts, err := all(x)
		if err != nil {
			x.log.Error("objects can't be read from their database", "error", err)
			return
		}
		m.mu.Lock()
		m.texts = texts
		m.mu.Unlock()
	}
}

// refresh asks for one, or with "" for all, and reports whether any is another.
func (m *mappedSections) refresh(x *Exchange, name string) bool {
	all, one := m.asked()
	if all == nil || name != "" && m.fresh(name) {
		return false
	}
	m.mu.Lock()
	before := maps.Clone(m.texts)
	m.mu.Unlock()
	if name == "" {
		m.load(x)
		m.mu.Lock()
		defer m.mu.Unlock()
		return !maps.Equal(before, m.texts)
	}
	text, err := one(x, name)
	if err != nil {
		x.log.Warn("an object can't be read from its database: the one of before is in force", "object", name, "error", err)
		return false
	}
	key := strings.ToLower(name)
	if before[key] == text {
		return false
	}
	if before == nil {
		before = map[string]string{}
	}
	if before[key] = text; text == "" {
		delete(before, key)
	}
	m.mu.Lock()
	m.texts = before
	m.mu.Unlock()
	return true
}

// file are the sections, in the language of the files.
func (m *mappedSections) file() *config.File {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m.texts)) {
		b.WriteString(m.texts[name])
	}
	f, err := config.Parse(mappedFile, []byte(b.String()), config.Options{})
	if err != nil {
		return nil
	}
	return f
}

// mappedFile is what stands in messages about them.
const mappedFile = "(objects of databases)"

// prepareMapped sees which families there are.
func (x *Exchange) prepareMapped() {
	x.mapped.queues.prepare(nil, nil)
	if x.realtime.Has(queueFamily) || x.realtime.Has(memberFamily) {
		x.mapped.queues.prepare((*Exchange).allQueues, (*Exchange).oneQueue)
	}
	x.mapped.boxes.prepare(nil, nil)
	if x.realtime.Has(boxFamily) {
		x.mapped.boxes.prepare((*Exchange).allBoxes, (*Exchange).oneBox)
	}
}

// The families.
const (
	queueFamily   = "queues"
	memberFamily  = "queue_members"
	penaltyFamily = "queue_rules"
	boxFamily     = "voicemail"
)

// rowsOf are the rows of a family, none where there is no such family.
func (x *Exchange) rowsOf(family string, where ...string) ([]realtime.Row, error) {
	if !x.realtime.Has(family) {
		return nil, nil
	}
	return x.realtime.All(x.background, family, realtime.Where(where...)...)
}

// header begins a section; ok is false for a name that can't be one.
func header(name string) (string, bool) {
	return "[" + name + "]\n", name != "" && !strings.ContainsAny(name, "[]\r\n;")
}

func entryLine(name, value string) string {
	return name + " = " + strings.ReplaceAll(oneLine(value), ";", `\;`) + "\n"
}

// queueText is a queue as a section; a row of nil adds members to one of the file.
func queueText(name string, row realtime.Row, members []realtime.Row) string {
	head, ok := header(name)
	if !ok || row == nil && len(members) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(head)
	for _, f := range row {
		if key := strings.ReplaceAll(strings.ToLower(f.Name), "_", "-"); key != "name" && key != "id" {
			b.WriteString(entryLine(key, f.Value))
		}
	}
	for _, m := range members {
		var parts []string
		for _, field := range []string{"interface", "penalty", "membername", "state_interface", "ringinuse", "wrapuptime", "paused", "uniqueid", "reason_paused"} {
			parts = append(parts, strings.ReplaceAll(m.Get(field), ",", " "))
		}
		if parts[0] != "" {
			b.WriteString(entryLine("member", strings.Join(parts, ",")))
		}
	}
	return b.String()
}

func (x *Exchange) allQueues() (map[string]string, error) {
	queues, err := x.rowsOf(queueFamily, "name LIKE", "%")
	if err != nil {
		return nil, err
	}
	members, err := x.rowsOf(memberFamily, "interface LIKE", "%", "queue_name LIKE", "%")
	if err != nil {
		return nil, err
	}
	rows, of, names := map[string]realtime.Row{}, map[string][]realtime.Row{}, map[string]string{}
	for _, q := range queues {
		key := strings.ToLower(q.Get("name"))
		rows[key], names[key] = q, q.Get("name")
	}
	for _, m := range members {
		key := strings.ToLower(m.Get("queue_name"))
		if of[key] = append(of[key], m); names[key] == "" {
			names[key] = m.Get("queue_name")
		}
	}
	texts := map[string]string{}
	for key, name := range names {
		if text := queueText(name, rows[key], of[key]); text != "" && (rows[key] != nil || x.queueInFile(name)) {
			texts[key] = text
		}
	}
	return texts, nil
}

// queueInFile reports whether queues.conf has a queue.
func (x *Exchange) queueInFile(name string) bool {
	f, err := x.look(queueFile)
	return err == nil && f.Section(name) != nil
}

func (x *Exchange) oneQueue(name string) (string, error) {
	list, err := x.rowsOf(queueFamily, "name", name)
	if err != nil {
		return "", err
	}
	members, err := x.rowsOf(memberFamily, "interface LIKE", "%", "queue_name", name)
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		if !x.queueInFile(name) {
			return "", nil
		}
		return queueText(name, nil, members), nil
	}
	return queueText(name, list[0], members), nil
}

// refreshQueues is the queues' wish to know of a queue, or of all.
func (x *Exchange) refreshQueues(name string) {
	if !x.mapped.queues.refresh(x, name) {
		return
	}
	ctx, cancel := context.WithTimeout(x.background, applyPatience)
	defer cancel()
	if err := x.reloading.beginWithin(ctx); err != nil {
		x.log.Warn("a queue that has changed is not in force yet", "queue", name, "error", err)
		return
	}
	defer x.reloading.end()
	if err := x.applyQueues(queue.Parameters|queue.Members, name); err != nil {
		x.log.Error("a queue that has changed is not in force", "queue", name, "error", err)
	}
}

// boxText is a mailbox as a section of its own.
func boxText(row realtime.Row) string {
	within := row.Get("context")
	if within == "" {
		within = "default"
	}
	head, ok := header(within)
	number := row.Get("mailbox")
	if !ok || number == "" || strings.ContainsAny(number, "=[]\r\n;#") {
		return ""
	}
	var options []string
	for _, f := range row {
		switch key := strings.ToLower(f.Name); key {
		case "context", "mailbox", "password", "fullname", "email", "pager", "uniqueid", "id", "customer_id", "stamp", "options":
		default:
			options = append(options, key+"="+strings.ReplaceAll(f.Value, "|", " "))
		}
	}
	if more := row.Get("options"); more != "" {
		options = append(options, more)
	}
	var parts []string
	for _, field := range []string{"password", "fullname", "email", "pager"} {
		parts = append(parts, strings.ReplaceAll(row.Get(field), ",", " "))
	}
	return head + number + " => " + strings.ReplaceAll(oneLine(strings.Join(append(parts, strings.Join(options, "|")), ",")), ";", `\;`) + "\n"
}

func boxKey(row realtime.Row) string {
	within := row.Get("context")
	if within == "" {
		within = "default"
	}
	return strings.ToLower(row.Get("mailbox") + "@" + within)
}

func (x *Exchange) allBoxes() (map[string]string, error) {
	rows, err := x.rowsOf(boxFamily, "mailbox LIKE", "%")
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, row := range rows {
		if text := boxText(row); text != "" {
			texts[boxKey(row)] = text
		}
	}
	return texts, nil
}

func (x *Exchange) oneBox(id string) (string, error) {
	number, within, _ := strings.Cut(id, "@")
	rows, err := x.rowsOf(boxFamily, "mailbox", number, "context", within)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return boxText(rows[0]), nil
}

// refreshMailbox is voicemail's wish to know of a mailbox.
func (x *Exchange) refreshMailbox(within, number string) {
	if within == "" {
		within = "default"
	}
	if !x.mapped.boxes.refresh(x, number+"@"+within) {
		return
	}
	ctx, cancel := context.WithTimeout(x.background, applyPatience)
	defer cancel()
	if err := x.reloading.beginWithin(ctx); err != nil {
		x.log.Warn("a mailbox that has changed is not in force yet", "mailbox", number, "error", err)
		return
	}
	defer x.reloading.end()
	if err := x.applyVoicemail(); err != nil {
		x.log.Error("a mailbox that has changed is not in force", "mailbox", number, "error", err)
	}
}

// rewriteMappedPassword changes the password of a mailbox where it lies, if that is a
// family.
func (x *Exchange) rewriteMappedPassword(within, number, password string) (done bool, err error) {
	x.mapped.boxes.mu.Lock()
	_, ours := x.mapped.boxes.texts[strings.ToLower(number+"@"+within)]
	x.mapped.boxes.mu.Unlock()
	if !ours {
		return false, nil
	}
	n, err := x.realtime.Update(x.background, boxFamily, realtime.Where("mailbox", number, "context", within), realtime.Field{Name: "password", Value: password})
	if err == nil && n == 0 {
		err = fmt.Errorf("the family has no mailbox %s@%s any more", number, within)
	}
	return true, err
}

// mappedRules are the rules of queues that lie in a family, as sections of queuerules.conf; nil
// where there are none.
func (x *Exchange) mappedRules() *config.File {
	if !x.realtime.Has(penaltyFamily) {
		x.log.Warn("queuerules.conf has realtime_rules, and extconfig.conf has no such family", "family", penaltyFamily)
		return nil
	}
	rows, err := x.rowsOf(penaltyFamily)
	if err != nil {
		x.log.Error("rules of queues can't be read from their database", "error", err)
		return nil
	}
	var text strings.Builder
	for _, row := range rows {
		if heading, ok := header(row.Get("rule_name")); ok {
			text.WriteString(heading + entryLine("penaltychange", strings.Join([]string{row.Get("time"), row.Get("max_penalty"),
				row.Get("min_penalty"), row.Get("raise_penalty")}, ",")))
		}
	}
	f, err := config.Parse(penaltyFamily, []byte(text.String()), config.Options{})
	if err != nil {
		x.log.Error("rules of queues can't be read from their database", "error", err)
	}
	return f
}
