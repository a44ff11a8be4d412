package main

import "testing"

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
