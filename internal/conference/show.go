package conference

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/command"
)

const profileRule = "--------------------------------------------"

func (h *House) conUsers(q *command.ConsoleRequest) error {
	fmt.Fprintln(q.Out, "--------- User Profiles -----------")
	for _, name := range names(h.Settings().users) {
		fmt.Fprintln(q.Out, name)
	}
	return nil
}

func (h *House) conBridges(q *command.ConsoleRequest) error {
	fmt.Fprintln(q.Out, "--------- Bridge Profiles -----------")
	for _, name := range names(h.Settings().bridges) {
		fmt.Fprintln(q.Out, name)
	}
	return nil
}

func (h *House) conMenus(q *command.ConsoleRequest) error {
	fmt.Fprintln(q.Out, "--------- Menus -----------")
	for _, name := range names(h.Settings().menus) {
		fmt.Fprintln(q.Out, name)
	}
	return nil
}

func (h *House) conMenu(q *command.ConsoleRequest) error {
	a, err := args(q, 1, 1)
	if err != nil {
		return err
	}
	m := h.Settings().menus[a[0]]
	if m == nil {
		fmt.Fprintf(q.Out, "No conference menu named '%s' found!\n", a[0])
		return nil
	}
	fmt.Fprintf(q.Out, "Name: %s\n", m.name)
	for _, e := range m.entries {
		fmt.Fprintf(q.Out, "%s=%s\n", e.keys, e.text)
	}
	return nil
}

func truth(b bool) string   { return map[bool]string{true: "true", false: "false"}[b] }
func ability(b bool) string { return map[bool]string{true: "enabled", false: "disabled"}[b] }
func saidYes(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }

func (h *House) conUser(q *command.ConsoleRequest) error {
	a, err := args(q, 1, 1)
	if err != nil {
		return err
	}
	u := h.Settings().users[a[0]]
	if u == nil {
		fmt.Fprintf(q.Out, "No conference user profile named '%s' found!\n", a[0])
		return nil
	}
	joins := ability(u.announceJoinLeave)
	if u.review {
		joins = "enabled (with review)"
	}
	fmt.Fprintln(q.Out, profileRule)
	for _, line := range [][2]string{
		{"Name", u.name}, {"Admin", truth(u.admin)}, {"Send Events", truth(u.sendEvents)}, {"Echo Events", truth(u.sendEvents && u.echoEvents)},
		{"Marked User", truth(u.marked)}, {"Start Muted", truth(u.startMuted)}, {"MOH When Empty", ability(u.musicWhenEmpty)},
		{"MOH Class", cmp.Or(u.music, "default")}, {"Announcement", u.announcement}, {"Quiet", ability(u.quiet)}, {"Hear Join", ability(u.hearOwnJoin)},
		{"Wait Marked", ability(u.waitMarked)}, {"END Marked (All)", ability(u.endMarked)}, {"END Marked (Any)", ability(u.endMarkedAny)},
		{"Drop_silence", ability(u.dropSilence)}, {"Silence Threshold", strconv.Itoa(u.silence) + "ms"}, {"Talking Threshold", strconv.Itoa(u.talking)},
		{"Denoise", ability(u.denoise)}, {"Jitterbuffer", ability(u.jitterBuffer)}, {"Talk Detect Events", ability(u.talkEvents)},
		{"DTMF Pass Through", ability(u.passthrough)}, {"PIN", cmp.Or(u.pin, "None")}, {"Announce User Count", ability(u.announceCount)},
		{"Announce join/leave", joins}, {"Announce User Count all", ability(u.countAll)}, {"Text Messaging", ability(u.text)}, {"Answer Channel", truth(u.answer)},
	} {
		fmt.Fprintf(q.Out, "%-25s%s\n", line[0]+":", line[1])
	}
	fmt.Fprintln(q.Out)
	return nil
}

func (h *House) conBridge(q *command.ConsoleRequest) error {
	a, err := args(q, 1, 1)
	if err != nil {
		return err
	}
	b := h.Settings().bridges[a[0]]
	if b == nil {
		fmt.Fprintf(q.Out, "No conference bridge profile named '%s' found!\n", a[0])
		return nil
	}
	rate, most, members, video := "auto", "none", "No Limit", b.video
	if b.rate > 0 {
		rate = strconv.Itoa(b.rate)
	}
	if b.maxRate > 0 {
		most = strconv.Itoa(b.maxRate)
	}
	if b.maxMembers > 0 {
		members = strconv.Itoa(b.maxMembers)
	}
	if video == "none" {
		video = "no video"
	}
	fmt.Fprintln(q.Out, profileRule)
	for _, line := range [][2]string{
		{"Name:                 ", b.name}, {"Language:             ", b.language}, {"Internal Sample Rate: ", rate}, {"Maximum Sample Rate: ", most},
		{"Mixing Interval:      ", strconv.Itoa(b.interval)}, {"Record Conference:    ", saidYes(b.record)}, {"Record File Append:    ", saidYes(b.recordAppend)},
		{"Record File Timestamp: ", saidYes(b.recordTimestamp)}, {"Record File:          ", cmp.Or(b.recordFile, "Auto Generated")},
		{"Record Options:       ", b.recordOptions}, {"Record Command:       ", b.recordCommand}, {"Max Members:          ", members},
		{"Registration context: ", b.context}, {"Video Mode:           ", video}, {"Video Update Discard: ", strconv.Itoa(b.videoDiscard)},
		{"REMB Send Interval: ", strconv.Itoa(b.rembInterval)}, {"REMB Behavior:           ", b.rembBehavior}, {"Enable Events:             ", saidYes(b.events)},
	} {
		fmt.Fprintf(q.Out, "%s%s\n", line[0], line[1])
	}
	for _, s := range soundNames {
		fmt.Fprintf(q.Out, "%s%s\n", s.title, b.sound(s.name))
	}
	fmt.Fprintln(q.Out)
	return nil
}
