package exchange

import (
	"strconv"

	"github.com/octothorpe/octothorpe/internal/rest"
	"github.com/octothorpe/octothorpe/internal/state"
)

// putMailbox writes the counts of a mailbox to its database.
func (x *Exchange) putMailbox(t *objectType, name string, c state.Counts) {
	_, exists, err := t.from.one(x.background, name)
	if err == nil {
		err = t.from.put(x.background, name, []rest.Tuple{{Attribute: "msgs_new", Value: strconv.Itoa(c.New)},
			{Attribute: "msgs_old", Value: strconv.Itoa(c.Old)}}, !exists)
	}
	if err != nil {
		x.log.Warn("the counts of a mailbox are not kept", "mailbox", name, "error", err)
	}
}

// lookForMailboxes learns of a mailbox, or with "" of all, what its database says.
// Nobody is told: who keeps messages does that.
func (x *Exchange) lookForMailboxes(t *objectType, name string) {
	var found map[string][]rest.Tuple
	var err error
	if name == "" {
		found, err = t.from.all(x.background)
	} else {
		var fields []rest.Tuple
		var ok bool
		if fields, ok, err = t.from.one(x.background, name); ok {
			found = map[string][]rest.Tuple{name: fields}
		}
	}
	if err != nil {
		x.log.Warn("mailboxes can't be read from their database", "error", err)
		return
	}
	for name, fields := range found {
		fresh, _ := strconv.Atoi(valueOf(fields, "msgs_new")) // what is no number is none
		old, _ := strconv.Atoi(valueOf(fields, "msgs_old"))
		x.mailboxes.Restore(name, state.Counts{New: fresh, Old: old})
	}
}
