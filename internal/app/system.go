package app

import (
	"context"
	"errors"
	"os/exec"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// systems are the applications that run programs.
func (h *House) systems() []Application {
	return []Application{
		{Row: row("System", "app_system", "Run a command of the shell", "System(command)"), Run: h.system},
		{Row: row("TrySystem", "app_system", "Run a command of the shell and go on whatever it does", "TrySystem(command)"), Run: h.trySystem},
	}
}

// shell runs a command and tells how it ended in SYSTEMSTATUS's words. A command
// whose caller hangs up, or is sent elsewhere, is not cut short: the leg waits for
// it, as on the reference. The error is that of ctx.
func (h *House) shell(ctx context.Context, c *channel.Channel, line string) (status string, err error) {
	if line == "" {
		h.Logger.Warn("System requires an argument(command)", "channel", c.Name())
		return "FAILURE", nil
	}
	p := exec.Command("/bin/sh", "-c", line) //nolint:gosec,noctx // it is what the administrator wrote; see above
	var failed error
	err = during(ctx, c, func(context.Context) error { failed = p.Run(); return nil }, nil)
	var exit *exec.ExitError
	switch {
	case failed == nil:
		return "SUCCESS", err
	case errors.As(failed, &exit) && exit.ExitCode() != 127 && exit.ExitCode() >= 0:
		return "APPERROR", err
	}
	h.Logger.Warn("Unable to execute", "channel", c.Name(), "command", line, "error", failed)
	return "FAILURE", err
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
