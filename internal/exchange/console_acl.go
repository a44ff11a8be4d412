package exchange

import (
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"

	"github.com/octothorpe/octothorpe/internal/command"
)

// showACL lists the rules of acl.conf by name, or those of one name.
func (x *Exchange) showACL(r *command.ConsoleRequest) error {
	f, _ := x.rules.get(x.load) // what is wrong with it is in the log
	if len(r.Args) == 0 {
		fmt.Fprint(r.Out, "\nacl\n---\n")
		if f == nil {
			fmt.Fprintln(r.Out, "ACL configuration isn't available.")
		}
		if f != nil {
			for _, s := range f.Sections() {
				if !s.Template {
					fmt.Fprintln(r.Out, s.Name)
				}
			}
		}
		return nil
	}
	rules, ok := namedRules(f)(r.Args[0])
	if !ok {
		fmt.Fprintf(r.Out, "\nCould not find ACL named '%s'\n", r.Args[0])
		return nil
	}
	fmt.Fprintf(r.Out, "\nACL: %s\n---------------------------------------------\n", r.Args[0])
	for i, rule := range rules {
		fmt.Fprintf(r.Out, "%3d: %5s - %s/%s\n", i, map[bool]string{true: "allow", false: "deny"}[rule.Permit != rule.Not], rule.Prefix.Addr(), maskOf(rule.Prefix))
	}
	return nil
}

// maskOf is the mask of a network, written as an address.
func maskOf(p netip.Prefix) string {
	mask, _ := netip.AddrFromSlice(net.CIDRMask(p.Bits(), p.Addr().BitLen()))
	return mask.String()
}

// trimMemory gives memory back that nobody needs.
func trimMemory(r *command.ConsoleRequest) error {
	debug.FreeOSMemory()
	fmt.Fprintln(r.Out, "Returned some memory to the OS.")
	return nil
}

// reloadMusic is "moh reload".
func (x *Exchange) reloadMusic(*command.ConsoleRequest) error {
	_ = x.Reload("res_musiconhold") // what is wrong is in the log
	return nil
}
