package app

import (
	"context"
	"errors"
	"os/exec"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// systems are the applications that run programs.
func (h *House) systems() []Application {
	return []Application{
		{Row: row("System", "app_system", "Run a command of the shell", "System(command)"), Run: h.system},
		{Row: row("TrySystem", "app_system", "Run a command of the shell and go on whatever it does", "TrySystem(command)"), Run: h.trySystem},
	}
}

// shellGrace is how long a command whose leg is gone may still take.
const shellGrace = 5 * time.Second

// shell runs a command and tells how it ended in SYSTEMSTATUS's words.
func (h *House) shell(ctx context.Context, c *channel.Channel, line string) (status string, err error) {
	if line == "" {
		h.Logger.Warn("System requires an argument(command)", "channel", c.Name())
		return "FAILURE", nil
	}
	p := exec.CommandContext(ctx, "/bin/sh", "-c", line) //nolint:gosec // it is what the administrator wrote
	p.WaitDelay = shellGrace
	err = during(ctx, c, func(context.Context) error { return p.Run() }, nil)
	var exit *exec.ExitError
	switch {
	case ended(ctx, err):
		return "FAILURE", err
	case err == nil:
		return "SUCCESS", nil
	case errors.As(err, &exit) && exit.ExitCode() != 127 && exit.ExitCode() >= 0:
		return "APPERROR", nil
	}
	h.Logger.Warn("Unable to execute", "channel", c.Name(), "command", line, "error", err)
	return "FAILURE", nil
}

func (h *House) system(ctx context.Context, c *channel.Channel, data string) error {
	status, err := h.shell(ctx, c, data)
	c.SetVariable("SYSTEMSTATUS", status)
	if err == nil && status == "FAILURE" {
		return ErrHangup
	}
	return err
}

func (h *House) trySystem(ctx context.Context, c *channel.Channel, data string) error {
	status, err := h.shell(ctx, c, data)
	c.SetVariable("SYSTEMSTATUS", status)
	return err
}
