package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/internal/store"
)

// mailboxFamily is where AstDB keeps the counts of mailboxes that others tell us of.
const mailboxFamily = "mwi_external/mailboxes"

// A keptMailbox is the JSON of one. Every value is text there.
type keptMailbox struct {
	New string `json:"msgs_new"`
	Old string `json:"msgs_old"`
}

// setMailbox has everybody know how many messages a mailbox has, and keeps it.
func (x *Exchange) setMailbox(name string, c state.Counts) {
	if t := x.sorcery.mailboxes.Load(); t != nil {
		x.putMailbox(t, name, c)
		x.mailboxes.Set(name, c)
		return
	}
	text, _ := json.Marshal(keptMailbox{strconv.Itoa(c.New), strconv.Itoa(c.Old)}) // texts can't fail
	if err := x.database.Put(mailboxFamily, name, string(text)); err != nil {
		x.log.Warn("the counts of a mailbox are not kept", "mailbox", name, "error", err)
	}
	x.mailboxes.Set(name, c)
}

// restoreMailboxes brings back what was kept.
func (x *Exchange) restoreMailboxes() {
	if t := x.sorcery.mailboxes.Load(); t != nil {
		x.lookForMailboxes(t, "")
		return
	}
	x.database.Walk(mailboxFamily, func(e store.Entry) bool {
		var k keptMailbox
		if json.Unmarshal([]byte(e.Value), &k) == nil {
			fresh, _ := strconv.Atoi(k.New) // what is no number is none
			old, _ := strconv.Atoi(k.Old)
			x.mailboxes.Restore(e.Key[len("/"+mailboxFamily+"/"):], state.Counts{New: fresh, Old: old})
		}
		return true
	})
}

// mailboxActions are the actions of res_mwi_external_ami, by which programs that
// keep messages tell of them, and those that ask for counts.
func (x *Exchange) mailboxActions() []command.Action {
	const module = "res_mwi_external_ami"
	row := func(name, module, synopsis string, class command.Class, run func(*command.ActionRequest) error) command.Action {
		return command.Action{Row: command.Row{Name: name, Synopsis: synopsis, Module: module}, Privilege: class,
			Run: func(_ context.Context, r *command.ActionRequest) error { return run(r) }}
	}
	return []command.Action{
		row("MWIGet", module, "Tell the messages of mailboxes that others told us of", command.Call|command.Reporting, x.actMWIGet),
		row("MWIUpdate", module, "Tell how many messages a mailbox has", command.Call|command.Reporting, x.actMWIUpdate),
		row("MWIDelete", module, "Forget mailboxes", command.Call|command.Reporting, x.actMWIDelete),
		row("MailboxStatus", "manager", "Tell whether messages wait", command.Call|command.Reporting, x.actMailboxStatus),
		row("MailboxCount", "manager", "Tell how many messages wait", command.Call|command.Reporting, x.actMailboxCount),
	}
}

// mailboxesOf finds the mailboxes that an action means: one by its name, or those
// that match /a regular expression/.
func (x *Exchange) mailboxesOf(r *command.ActionRequest) ([]string, error) {
	name := r.Get("Mailbox")
	if name == "" {
		return nil, command.Refusal("Missing mailbox parameter in request")
	}
	if len(name) < 2 || name[0] != '/' || name[len(name)-1] != '/' {
		if t := x.sorcery.mailboxes.Load(); t != nil {
			x.lookForMailboxes(t, name)
		}
		if _, known := x.mailboxes.Of(name); !known {
			return nil, nil
		}
		return []string{name}, nil
	}
	if t := x.sorcery.mailboxes.Load(); t != nil {
		x.lookForMailboxes(t, "")
	}
	pattern, err := regexp.CompilePOSIX(name[1 : len(name)-1])
	if err != nil {
		return nil, command.Refusal("Mailbox is no regular expression: " + err.Error())
	}
	return slices.DeleteFunc(x.mailboxes.Names(), func(n string) bool { return !pattern.MatchString(n) }), nil
}

func (x *Exchange) actMWIGet(r *command.ActionRequest) error {
	names, err := x.mailboxesOf(r)
	if err != nil {
		return err
	}
	r.ListStart("Mailboxes will follow")
	for _, name := range names {
		c, _ := x.mailboxes.Of(name)
		r.Event("MWIGet", command.Field{Key: "Mailbox", Value: name}, command.Field{Key: "OldMessages", Value: strconv.Itoa(c.Old)},
			command.Field{Key: "NewMessages", Value: strconv.Itoa(c.New)})
	}
	r.ListEnd("MWIGetComplete", len(names))
	return nil
}

func (x *Exchange) actMWIUpdate(r *command.ActionRequest) error {
	name := r.Get("Mailbox")
	if name == "" {
		return command.Refusal("Missing mailbox parameter in request")
	}
	var n [2]int
	for i, key := range [2]string{"NewMessages", "OldMessages"} {
		text := r.Get(key)
		if text == "" {
			continue
		}
		count, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return command.Refusal(fmt.Sprintf("Invalid %s parameter in request", key))
		}
		n[i] = int(count)
	}
	x.setMailbox(name, state.Counts{New: n[0], Old: n[1]})
	r.Reply("Success", "")
	return nil
}

func (x *Exchange) actMWIDelete(r *command.ActionRequest) error {
	names, err := x.mailboxesOf(r)
	if err != nil {
		return err
	}
	for _, name := range names {
		x.forgetMailbox(name)
	}
	r.Reply("Success", "")
	return nil
}

func (x *Exchange) forgetMailbox(name string) {
	if t := x.sorcery.mailboxes.Load(); t != nil {
		if err := t.from.remove(x.background, name); err != nil {
			x.log.Warn("a mailbox is not forgotten", "mailbox", name, "error", err)
		}
	} else if _, err := x.database.Del(mailboxFamily, name); err != nil {
		x.log.Warn("a mailbox is not forgotten", "mailbox", name, "error", err)
	}
	x.mailboxes.Forget(name)
}

// counted adds up the mailboxes that an action names with commas. One without a
// context is that of "default", too.
func (x *Exchange) counted(list string) (sum state.Counts) {
	for _, name := range strings.Split(list, ",") {
		c, known := x.mailboxes.Of(name)
		if !known && !strings.Contains(name, "@") {
			c, _ = x.mailboxes.Of(name + "@default")
		}
		sum.New, sum.Old = sum.New+c.New, sum.Old+c.Old
	}
	return sum
}

func (x *Exchange) actMailboxStatus(r *command.ActionRequest) error {
	name := r.Get("Mailbox")
	if name == "" {
		return command.Refusal("Mailbox not specified")
	}
	waiting := "0"
	if x.counted(name).New > 0 {
		waiting = "1"
	}
	r.Reply("Success", "Mailbox Status", command.Field{Key: "Mailbox", Value: name}, command.Field{Key: "Waiting", Value: waiting})
	return nil
}

func (x *Exchange) actMailboxCount(r *command.ActionRequest) error {
	name := r.Get("Mailbox")
	if name == "" {
		return command.Refusal("Mailbox not specified")
	}
	c, pressing := x.counted(name), 0
	for _, one := range strings.Split(name, ",") {
		pressing += x.voicemail.Urgent(one) // which the counts call new, too
	}
	r.Reply("Success", "Mailbox Message Count", command.Field{Key: "Mailbox", Value: name}, command.Field{Key: "UrgMessages", Value: strconv.Itoa(pressing)},
		command.Field{Key: "NewMessages", Value: strconv.Itoa(max(0, c.New-pressing))}, command.Field{Key: "OldMessages", Value: strconv.Itoa(c.Old)})
	return nil
}

// watchers is how many phones watch a hint.
func (x *Exchange) watchers(h state.Hint) (n int) {
	for _, d := range x.phoneDrivers() {
		n += d.Watchers(h.Exten, h.Context)
	}
	return n
}

// phoneDrivers are the drivers of phones that are there.
func (x *Exchange) phoneDrivers() (list []*phone.Driver) {
	for _, technology := range []string{phone.PJSIP, phone.SIP} {
		if d, ok := x.channels.Driver(technology); ok {
			if p, is := d.(*phone.Driver); is {
				list = append(list, p)
			}
		}
	}
	return list
}

// messagesWait reports whether a mailbox, number or number@context, has new messages.
func (x *Exchange) messagesWait(mailbox string) bool {
	if !strings.Contains(mailbox, "@") {
		mailbox += "@default"
	}
	c, _ := x.mailboxes.Of(mailbox)
	return c.New > 0
}
