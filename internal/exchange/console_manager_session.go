package exchange

import (
	"fmt"
	"math/bits"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/manager"
)

// managerKick ends the session that manager show connected lists with a descriptor.
func (x *Exchange) managerKick(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	descriptor, err := strconv.Atoi(r.Args[0])
	if err != nil {
		return command.Refusal("Invalid AMI file descriptor: " + r.Args[0])
	}
	said := map[manager.Kicked]string{
		manager.NoSession:    "No manager session found using file descriptor %d\n",
		manager.KickedNow:    "Kicking manager session connected using file descriptor %d\n",
		manager.KickedBefore: "Manager session using file descriptor %d has already been kicked\n",
	}
	fmt.Fprintf(r.Out, said[x.manager.Kick(descriptor)], descriptor)
	return nil
}

func (x *Exchange) managerBacklog(r *command.ConsoleRequest) error {
	for _, p := range x.manager.Backlog() {
		fmt.Fprintf(r.Out, "Usecount: %d\nCategory: %d\nEvent:\n%s", p.Clients, 1<<(bits.Len32(uint32(p.Class))-1), p.Text)
	}
	return nil
}
