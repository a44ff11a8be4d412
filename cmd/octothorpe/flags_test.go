package main

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/exchange"
)

func TestParseFlagsTogetherAndApart(t *testing.T) {
	for _, c := range []struct {
		args []string
		want flags
	}{
		{[]string{"-f", "-g", "-q", "-m", "-n", "-C", "/etc/a.conf"}, flags{foreground: true, core: true, quiet: true, mute: true, noColor: true, config: "/etc/a.conf"}},
		{[]string{"-rx", "core stop now", "-C", "x"}, flags{remote: true, hasExecute: true, execute: "core stop now", config: "x"}},
		{[]string{"-r", "-x", "core show version"}, flags{remote: true, hasExecute: true, execute: "core show version"}},
		{[]string{"-vvvgc"}, flags{verbose: 3, core: true, console: true, foreground: true}},
		{[]string{"-vd", "-gF", "-f"}, flags{verbose: 1, debug: 1, core: true, foreground: true}},
		{[]string{"-x", "core show version", "now"}, flags{remote: true, hasExecute: true, execute: "core show version", surplus: "now"}},
		{[]string{"--help"}, flags{help: true}},
		{[]string{"--version"}, flags{version: true}},
		{[]string{"-Cx", "-Uasterisk"}, flags{config: "x", user: "asterisk"}},
	} {
		got, err := parseFlags(c.args)
		if err != nil || got != c.want {
			t.Errorf("parseFlags(%q) = %+v, %v, want %+v", c.args, got, err, c.want)
		}
	}
	for _, bad := range [][]string{{"-C"}, {"-y"}, {"-?"}, {"-rx"}} {
		if _, err := parseFlags(bad); err == nil {
			t.Errorf("parseFlags(%q) succeeded, want an error", bad)
		}
	}
}

// What asterisk.conf says of the process holds where the command line says nothing.
func TestFlagsFollowTheConfiguration(t *testing.T) {
	for _, c := range []struct {
		name    string
		f, want flags
		conf    exchange.SystemOptions
	}{
		{"nothing", flags{}, flags{}, exchange.SystemOptions{}},
		{"a user", flags{user: "me"}, flags{user: "me", group: "theirs"}, exchange.SystemOptions{RunUser: "them", RunGroup: "theirs"}},
		{"nofork", flags{}, flags{foreground: true}, exchange.SystemOptions{NoFork: true}},
		{"console", flags{}, flags{foreground: true, console: true}, exchange.SystemOptions{Console: true, AlwaysFork: true}},
		{"alwaysfork", flags{}, flags{fork: true}, exchange.SystemOptions{AlwaysFork: true}},
		{"the child of alwaysfork", flags{foreground: true}, flags{foreground: true}, exchange.SystemOptions{AlwaysFork: true, Console: true}},
		{"-F", flags{fork: true}, flags{fork: true, quiet: true}, exchange.SystemOptions{NoFork: true, Quiet: true}},
	} {
		if c.f.follow(c.conf); c.f != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, c.f, c.want)
		}
	}
}
