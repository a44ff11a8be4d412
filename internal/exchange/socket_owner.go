package exchange

import (
	"fmt"
	"os"
)

// giveSocket gives the control socket to the user and group of astctlowner and
// astctlgroup. What can't be done is in the log: the socket serves its maker.
func (x *Exchange) giveSocket() {
	for _, to := range []struct {
		name  string
		group bool
	}{{x.dirs.SocketOwner, false}, {x.dirs.SocketGroup, true}} {
		if to.name == "" {
			continue
		}
		if err := give(x.dirs.Socket, to.name, to.group); err != nil {
			x.log.Warn("the control socket keeps its "+kindOf(to.group), "error", err)
		}
	}
}

// give makes a user or group of this machine the owner of a file.
func give(path, name string, group bool) error {
	id, ok := machineID(name, group)
	if !ok {
		return fmt.Errorf("give %s away: there is no %s %s", path, kindOf(group), name)
	}
	uid, gid := int(id), -1
	if group {
		uid, gid = -1, int(id)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		return fmt.Errorf("give a file away: %w", err)
	}
	return nil
}
