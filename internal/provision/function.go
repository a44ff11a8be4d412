package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// Module is the module in which users expect all of this.
const Module = "res_phoneprov"

// Functions returns the functions of templates.
func (h *House) Functions() []command.Function[*channel.Channel] {
	row := func(name, synopsis, syntax string, read func(context.Context, string) (string, error)) command.Function[*channel.Channel] {
		return command.Function[*channel.Channel]{Row: command.Row{Name: name, Module: Module, Synopsis: synopsis, Syntax: syntax},
			Read: func(ctx context.Context, _ *channel.Channel, args string) (string, error) { return read(ctx, args) }}
	}
	return []command.Function[*channel.Channel]{
		row("PP_EACH_USER", "Repeat a text for each phone that is provisioned", "PP_EACH_USER(string,exclude_mac)", h.eachUser),
		row("PP_EACH_EXTENSION", "Fill a template for each line of a phone", "PP_EACH_EXTENSION(mac,template)", h.eachLine),
	}
}

// eachUser repeats a text, in which variables are written %{NAME}, for all phones but one.
func (h *House) eachUser(ctx context.Context, args string) (string, error) {
	list := command.SplitArgs(args, 2)
	text, but := strings.ReplaceAll(command.Arg(list, 0), "%{", "${"), command.Arg(list, 1)
	if text == "" {
		return "", nil
	}
	var all strings.Builder
	for _, u := range h.phones() {
		if but == "" || !strings.EqualFold(u.mac, but) {
			all.WriteString(h.fill(ctx, u.lines[0], text))
		}
	}
	return all.String(), nil
}

// deepest is how many templates may be filled within each other: one that fills itself has an end.
const deepest = 3

type depthKey struct{}

// eachLine fills a template for each line of a phone.
func (h *House) eachLine(ctx context.Context, args string) (string, error) {
	list := command.SplitArgs(args, 0)
	mac, name := command.Arg(list, 0), command.Arg(list, 1)
	if mac == "" || name == "" {
		return "", errors.New("PP_EACH_EXTENSION needs a MAC address and a template")
	}
	u := h.phone(mac)
	if u == nil {
		return "", fmt.Errorf("no phone has the MAC address %s", mac)
	}
	depth, _ := ctx.Value(depthKey{}).(int)
	if depth == deepest {
		return "", fmt.Errorf("template %s: templates are filled within each other %d deep, and no deeper", name, deepest)
	}
	ctx = context.WithValue(ctx, depthKey{}, depth+1)
	text, err := h.template(name)
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for _, l := range u.lines {
		all.WriteString(h.fill(ctx, l, text))
	}
	return all.String(), nil
}

// fill puts what is known of a line into a text.
func (h *House) fill(ctx context.Context, l *Line, text string) string {
	variables := l.Variables
	if by, ok := ctx.Value(askingKey{}).(asker); ok && variables["SERVER"] == "" && l.MAC == by.mac {
		variables = maps.Clone(variables)
		variables["SERVER"] = by.server
	}
	return h.Expand(ctx, variables, text)
}

// template reads one.
func (h *House) template(name string) (string, error) {
	f, err := h.open(name)
	if err != nil {
		return "", fmt.Errorf("read a template: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, longestTemplate))
	if err != nil {
		return "", fmt.Errorf("read a template: %w", err)
	}
	return string(text), nil
}

func (h *House) phones() []*user {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.users // Configure makes others
}

func (h *House) phone(mac string) *user {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.byMAC[mac]
}
