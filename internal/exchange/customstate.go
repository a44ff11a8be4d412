package exchange

import (
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/internal/store"
)

// customFamily is where AstDB keeps the states of devices that only users know, as
// on the reference: a night switch is tomorrow what it is tonight.
const customFamily = "CustomDevstate"

// keepCustom keeps such a state.
func (x *Exchange) keepCustom(name, state string) {
	var err error
	if state == "" {
		_, err = x.database.Del(customFamily, name)
	} else {
		err = x.database.Put(customFamily, name, state)
	}
	if err != nil {
		x.log.Warn("a device's state is not kept", "device", "Custom:"+name, "error", err)
	}
}

// restoreCustom brings back what was kept. What is no state is that of a device
// that is none.
func (x *Exchange) restoreCustom() {
	if x.database.Fresh() {
		return
	}
	x.database.Walk(customFamily, func(e store.Entry) bool {
		to, ok := state.Valid(e.Value)
		if !ok {
			to = state.Invalid
		}
		x.board.Restore(e.Key[len("/"+customFamily+"/"):], to)
		return true
	})
}
