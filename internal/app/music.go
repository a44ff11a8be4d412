package app

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// music are the applications with music on hold.
func (h *House) music() []Application {
	return []Application{
		{Row: row("MusicOnHold", "res_musiconhold", "Play music", "MusicOnHold([class[,seconds]])"), Run: h.musicOnHold},
		{Row: row("StartMusicOnHold", "res_musiconhold", "Play music while the dialplan goes on", "StartMusicOnHold([class])"), Run: h.startMusic},
		{Row: row("StopMusicOnHold", "res_musiconhold", "End the music of StartMusicOnHold", "StopMusicOnHold()"), Run: stopTones},
	}
}

func (h *House) musicOnHold(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	src, err := h.Sounds.Music(command.Arg(args, 0), c)
	if err != nil {
		h.Logger.Warn("Unable to start music on hold class '"+command.Arg(args, 0)+"' on channel "+c.Name(), "error", err)
		return nil
	}
	limit, err := seconds(command.Arg(args, 1))
	if err != nil || limit <= 0 {
		return play(ctx, c, src, nil)
	}
	c.StartSource(src)
	defer c.StopSource()
	return wait(ctx, c, limit)
}

func (h *House) startMusic(_ context.Context, c *channel.Channel, data string) error {
	src, err := h.Sounds.Music(strings.TrimSpace(data), c)
	if err != nil {
		h.Logger.Warn("Unable to start music on hold", "channel", c.Name(), "class", data, "error", err)
		return nil
	}
	c.StartSource(src)
	return nil
}
