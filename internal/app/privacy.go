package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// privacyManager asks who calls without a number for one.
func (h *House) privacyManager(ctx context.Context, c *channel.Channel, data string) error {
	if n := c.Snapshot().Caller.Number; n.Valid && n.Text != "" {
		return nil
	}
	args := command.SplitArgs(data, 4)
	tries := h.privacyCount(c, "max retries", command.Arg(args, 0), 3)
	least := h.privacyCount(c, "min length", command.Arg(args, 1), 10)
	within := command.Arg(args, 3)
	if err := answer(ctx, c); err != nil {
		return err
	}
	if _, err := h.playFile(ctx, c, "privacy-unident", ""); ended(ctx, err) {
		return err
	}
	for range tries {
		number, _, err := h.enter(ctx, c, entry{files: []string{"privacy-prompt"}, most: 28, terminators: "#",
			first: 3200 * time.Millisecond, next: 5 * time.Second})
		if err != nil {
			return err
		}
		if len(number) >= least && (within == "" || h.Dialplan.Exists(channel.Location{Context: within, Exten: number, Priority: 1}, "")) {
			p := c.Snapshot().Caller
			p.Number = event.Number{Valid: true, Text: number, Plan: p.Number.Plan}
			p.Name = event.Name{Valid: true, Text: "Privacy Manager"}
			c.SetCaller(p)
			c.SetVariable("PRIVACYMGRSTATUS", "SUCCESS")
			if _, err := h.playFile(ctx, c, "privacy-thankyou", ""); ended(ctx, err) {
				return err
			}
			return nil
		}
		if _, err := h.playFile(ctx, c, "privacy-incorrect", ""); ended(ctx, err) {
			return err
		}
	}
	c.SetVariable("PRIVACYMGRSTATUS", "FAILED")
	return nil
}

func (h *House) privacyCount(c *channel.Channel, of, text string, otherwise int) int {
	if text = strings.TrimSpace(text); text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		h.Logger.Warn("Invalid "+of+" argument: '"+text+"'", "channel", c.Name())
		return otherwise
	}
	return n
}
