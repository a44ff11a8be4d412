package proxy

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/facts"
)

// classes are AMI's, as bits.
type classes uint32

const everything classes = math.MaxUint32

var classBits = func() map[string]classes {
	bits := map[string]classes{"all": everything}
	for i, name := range command.ClassNames {
		bits[name] = 1 << i
	}
	return bits
}()

// parseClasses reads names of classes.
func parseClasses(names []string) (classes, error) {
	var all classes
	for _, name := range names {
		bit, known := classBits[strings.ToLower(name)]
		if !known {
			return 0, fmt.Errorf("no class is called %s", name)
		}
		all |= bit
	}
	return all, nil
}

// classesOf reads a Privilege of a message, "call,all": the classes of which a user
// needs one. "all" is no class there.
func classesOf(privilege string) classes {
	var of classes
	for rest := privilege; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, ",")
		if bit := classBits[strings.TrimSpace(name)]; bit != everything {
			of |= bit
		}
	}
	return of
}

// eventClasses are those of events that come without a Privilege: what a
// resynchronisation tells.
var eventClasses = func() map[string]classes {
	all := map[string]classes{"Disconnected": classBits["system"], "Reconnected": classBits["system"]}
	for _, e := range facts.Events() {
		all[e.Name] = classesOf(e.Class)
	}
	return all
}()

// classOf is the class of an event.
func classOf(m ami.Message) classes {
	of := eventClasses[m.Event()]
	if privilege, ok := m.Lookup("Privilege"); ok {
		of = classesOf(privilege)
	}
	if of == 0 { // of no class, which is for everybody who reads any
		return everything
	}
	return of
}

// actionClasses are those that an action needs one of; 0 is for everybody. Names are
// in lower case.
var actionClasses = func() map[string]classes {
	all := map[string]classes{}
	for _, a := range facts.Actions() {
		all[strings.ToLower(a.Name)] = classesOf(strings.Join(a.Privilege, ","))
	}
	return all
}()

// What would let a user without the class system run programs or reach files of the
// machine, as on a server after its CVE-2024-42365. Names are looked for anywhere in a
// text, so that none hides in another.
var (
	riskyApplications = []string{"agi", "dbdeltree", "exec", "externalivr", "mixmonitor", "originate", "reload", "system"}
	riskyData         = []string{"CURL", "DB", "EVAL", "FILE", "ODBC", "REALTIME", "SHELL"}
	riskyVariables    = []string{"EVAL", "SHELL", "FILE"}
)

// may tells whether a user may send an action.
func (u *User) may(name string, action ami.Message) bool {
	needs, known := actionClasses[strings.ToLower(name)]
	switch {
	case !known:
		return u.write == everything // nobody here knows what it does
	case needs != 0 && u.write&needs == 0:
		return false
	case u.write&classBits["system"] != 0:
		return true
	}
	if containsAny(strings.ToLower(action.Get("Application")), riskyApplications) || containsAny(action.Get("Data"), riskyData) {
		return false
	}
	for _, f := range action {
		if (strings.EqualFold(f.Key, "Variable") || strings.EqualFold(f.Key, "Variables")) && containsAny(f.Value, riskyVariables) {
			return false
		}
	}
	// A console command that begins so is a shell's.
	return !strings.EqualFold(name, "Command") || !strings.HasPrefix(strings.TrimSpace(action.Get("Command")), "!")
}

func containsAny(text string, pieces []string) bool {
	return text != "" && slices.ContainsFunc(pieces, func(piece string) bool { return strings.Contains(text, piece) })
}

// sees tells whether a user has to do with a server.
func (u *User) sees(server string) bool {
	return len(u.Servers) == 0 || slices.Contains(u.Servers, server)
}

// admits tells whether a user may come from an address.
func (u *User) admits(from netip.Addr) bool {
	from = from.Unmap()
	inside := func(p prefix) bool { return netip.Prefix(p).Contains(from) }
	return (len(u.Allow) == 0 || slices.ContainsFunc(u.Allow, inside)) && !slices.ContainsFunc(u.Deny, inside)
}
