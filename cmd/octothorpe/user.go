package main

import (
	"fmt"
	"os/user"
	"runtime/debug"
	"strconv"
	"syscall"
)

// become gives up root for a user and group (-U, -G). Empty names change nothing.
func become(name, group string) error {
	uid, gid := -1, -1
	if name != "" {
		u, err := user.Lookup(name)
		if err != nil {
			return fmt.Errorf("run as %s: %w", name, err)
		}
		uid, _ = strconv.Atoi(u.Uid) // numbers on every Unix
		gid, _ = strconv.Atoi(u.Gid)
	}
	if group != "" {
		g, err := user.LookupGroup(group)
		if err != nil {
			return fmt.Errorf("run as group %s: %w", group, err)
		}
		gid, _ = strconv.Atoi(g.Gid)
	}
	if gid >= 0 && gid != syscall.Getgid() {
		if err := syscall.Setgroups([]int{gid}); err != nil {
			return fmt.Errorf("run as group %d: %w", gid, err)
		}
		if err := syscall.Setgid(gid); err != nil {
			return fmt.Errorf("run as group %d: %w", gid, err)
		}
	}
	if uid >= 0 && uid != syscall.Getuid() {
		if err := syscall.Setuid(uid); err != nil {
			return fmt.Errorf("run as %s: %w", name, err)
		}
	}
	return nil
}

// An unknownError says in Asterisk's words that there is no such user or group.
type unknownError struct{ kind, name string }

func (e unknownError) Error() string { return "No such " + e.kind + " '" + e.name + "'!" }

// known tells whether there are such a user and group, while there still is
// somebody to tell it to.
func known(name, group string) error {
	if group != "" {
		if _, err := user.LookupGroup(group); err != nil {
			return unknownError{"group", group}
		}
	}
	if name != "" {
		if _, err := user.Lookup(name); err != nil {
			return unknownError{"user", name}
		}
	}
	return nil
}

// openFiles lets the process have so many files open at once (maxfiles), as far as the
// system allows it.
func openFiles(n int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("maxfiles = %d: %w", n, err)
	}
	limit.Cur = uint64(n)
	limit.Max = max(limit.Max, limit.Cur)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("maxfiles = %d: %w", n, err)
	}
	return nil
}

// dumpCore has a crash leave a core file (-g), as large as the system lets it be.
func dumpCore() {
	debug.SetTraceback("crash")
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit) // then as large as it was
	}
}
