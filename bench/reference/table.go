package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// row is a line of the table. Its target is at most so much; 0 is none.
type row struct {
	name, title, unit string
	target            float64
}

var rows = []row{
	{"start", "process start to ready", "ms", 300},
	{"idle", "memory at rest", "MiB", 60},
	{"call", "B2BUA call", "ms CPU", 0.7},
	{"answer", "answered call", "ms CPU", 0.35},
	{"register", "REGISTER with challenge, 500 a second", "µs CPU", 80},
	{"register-all", "REGISTER with challenge, 1,500 a second", "µs CPU", 80},
	{"packet", "G.711 packet forwarded", "µs CPU", 0},
	{"bare", "the same by a bare relay", "µs CPU", 0},
	{"times", "packet, in bare relays", "times", 1.2},
	{"meet", "200 in a conference, all talk", "% of a core", 0},
	{"fives", "40 conferences of 5, all talk", "% of a core", 0},
	{"plan", "dialplan priority, nobody listens", "µs CPU", 1.5},
	{"plan-growth", "memory grown meanwhile", "MiB", 4},
	{"listened", "dialplan priority, one AMI listener", "µs CPU", 6},
	{"listened-growth", "memory grown meanwhile", "MiB", 4},
	{"agi-command", "AGI command, 100 sessions at once", "µs CPU", 8},
	{"agi-session", "AGI session of 5 commands", "µs CPU", 120},
	{"agi-originate", "… with a call of its own, by Originate of a Local channel, 100 a second", "µs CPU", 250},
	{"agi-phone", "… with a call of its own from a phone, 100 a second", "µs CPU", 0},
	{"ami-ping", "Ping, 100 connections", "µs CPU", 8},
	{"ami-ping-bare", "the same by a bare server", "µs CPU", 0},
	{"ami-getvar", "Getvar, 100 connections", "µs CPU", 0},
	{"ami-command", "Command, 100 connections", "µs CPU", 0},
	{"ami-pipe", "Ping, 32 at once", "µs CPU", 0},
	{"ami-pipe-bare", "the same by a bare server", "µs CPU", 0},
	{"ami-rate", "Pings a second, 32 at once", "", 0},
	{"ami-rate-bare", "the same by a bare server", "", 0},
	{"ami-login", "login, Ping and Logoff", "µs CPU", 0},
	{"ami-logins", "logins a second", "", 0},
	{"ami-event", "event delivered, 1,000 listeners", "µs CPU", 1.5},
	{"ami-event-bare", "the same by a bare hub", "µs CPU", 0},
	{"ami-lag", "lag of 99 % of them", "ms", 0},
	{"ami-lag-bare", "the same by a bare hub", "ms", 0},
	{"ami-lag-times", "lag, in bare hubs", "times", 0},
	{"ami-climb", "highest rate of events to 1,000 listeners", "", 0},
	{"ami-climb-event", "… an event delivered", "µs CPU", 0},
	{"ami-lag-before", "lag of 99 %, 900 listeners", "ms", 0},
	{"ami-lag-beside", "the same beside 100 that stopped", "ms", 0},
	{"ami-stall-memory", "memory grown meanwhile", "MiB", 400},
	{"ami-idle", "memory with 10,000 idle sessions", "MiB", 250},
	{"ami-idle-each", "of an idle session", "KiB", 0},
	{"proxy-ping", "the proxy: Ping, 100 connections", "µs CPU", 8},
	{"proxy-ping-bare", "the same by a bare server", "µs CPU", 0},
	{"proxy-getvar", "… Getvar, which the server answers", "µs CPU", 0},
	{"proxy-rate", "… Pings a second, 32 at once", "", 0},
	{"proxy-event", "… event delivered, 1,000 listeners, 200 a second", "µs CPU", 1.5},
	{"proxy-event-bare", "the same by a bare hub", "µs CPU", 0},
	{"proxy-lag", "… lag of 99 % of them", "ms", 0},
	{"proxy-lag-bare", "the same by a bare hub", "ms", 0},
	{"proxy-lag-times", "lag, in bare hubs", "times", 0},
	{"proxy-lag-before", "… lag of 99 %, 900 listeners", "ms", 0},
	{"proxy-lag-beside", "the same beside 100 that stopped", "ms", 0},
	{"proxy-stall-memory", "memory grown meanwhile", "MiB", 400},
	{"proxy-idle", "… memory with 10,000 sessions", "MiB", 250},
	{"proxy-many", "… event delivered, 10,000 listeners, 200 a second", "µs CPU", 1.5},
	{"proxy-many-lag", "… lag of 99 % of them", "ms", 0},
	{"ari-get-10", "GET /channels with ten, 10 clients", "µs CPU", 0},
	{"ari-get-10-bare", "the same by a bare handler", "µs CPU", 0},
	{"ari-get-10-times", "request, in those of a bare handler", "times", 1.5},
	{"ari-get-10-rate", "requests a second", "", 0},
	{"ari-get-100", "GET /channels with ten, 100 clients", "µs CPU", 0},
	{"ari-get-100-bare", "the same by a bare handler", "µs CPU", 0},
	{"ari-get-100-times", "request, in those of a bare handler", "times", 1.5},
	{"ari-get-100-rate", "requests a second", "", 0},
	{"ari-call-1", "call of an application, one client", "ms CPU", 0.3},
	{"ari-call-1-rate", "… calls a second", "", 0},
	{"ari-call-1-median", "… half are there within", "ms", 0},
	{"ari-call-1-late", "… 99 % are there within", "ms", 0},
	{"ari-call", "call of an application, 50 clients as fast as it goes", "ms CPU", 0.3},
	{"ari-call-rate", "… calls a second", "", 0},
	{"ari-call-median", "… half are there within", "ms", 0},
	{"ari-call-late", "… 99 % are there within", "ms", 0},
	{"ari-call-times", "… in those of one client", "times", 0},
	{"ari-paced", "call of an application, 50 clients, 500 a second (Asterisk: 150)", "ms CPU", 0.3},
	{"ari-paced-median", "… half are there within", "ms", 0},
	{"ari-paced-late", "… 99 % are there within", "ms", 0},
	{"ari-paced-times", "… in those of one client", "times", 5},
	{"ari-event", "event delivered, 100 WebSockets, 100 a second", "µs CPU", 4},
	{"ari-event-lag", "… lag of 99 % of them", "ms", 0},
	{"ari-many", "event delivered, 1,000 WebSockets, 100 a second (Asterisk: 10)", "µs CPU", 4},
	{"ari-many-lag", "… lag of 99 % of them", "ms", 0},
	{"ari-many-beside", "event delivered beside one that is not read", "µs CPU", 4},
	{"ari-many-beside-lag", "… lag of 99 % of them", "ms", 0},
	{"agi-held", "memory with 2,000 calls held by FastAGI", "MiB", 200},
	{"held", "memory of a bridged call", "KiB", 60},
	{"load", "B2BUA call under load", "ms CPU", 0},
	{"load-repeats", "messages repeated under load", "", 0},
	{"load-memory", "memory after the load", "MiB", 0},
	{"soak-calls", "calls of the soak, none failed", "", 0},
	{"soak", "B2BUA call of ten seconds, a tenth with sound", "ms CPU", 0},
	{"soak-repeats", "messages repeated meanwhile", "", 0},
	{"soak-packets", "packets sent meanwhile", "", 0},
	{"soak-lost", "of them lost", "%", soakLost},
	{"soak-memory", "memory at the end", "MiB", 0},
	{"soak-growth", "memory grown once it had settled", "MiB", soakGrowth},
}

// printTable writes what was measured, a line each, with how many times dearer the reference is.
func printTable(out io.Writer, ours, reference results) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "operation\tunit\tours\tAsterisk\tratio\ttarget\t\t")
	for _, r := range slices.Concat(rows, queueRows()) {
		mine, measured := ours[r.name]
		theirs, compared := reference[r.name]
		if !measured && !compared {
			continue
		}
		ratio, target, verdict := "", "", ""
		if measured && compared && mine > 0 && r.name != "bare" && !strings.HasSuffix(r.name, "-bare") && !strings.HasSuffix(r.name, "times") {
			ratio = fmt.Sprintf("%.1f", theirs/mine)
		}
		if r.target > 0 {
			target = "≤ " + figure(r.target, true)
			if measured && mine > r.target {
				verdict = "missed"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", r.title, r.unit, figure(mine, measured), figure(theirs, compared), ratio, target, verdict)
	}
	_ = t.Flush()
}

// figure is a number with three digits that count.
func figure(v float64, measured bool) string {
	switch {
	case !measured:
		return "-"
	case v >= 100 || v == 0:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
