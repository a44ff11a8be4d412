package app

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// A Database is AstDB, as far as applications need it.
type Database interface {
	Get(family, key string) (string, bool)
	Put(family, key, value string) error
	Del(family, key string) (existed bool, err error)
	// DelTree removes what is in a family, or in a part of it, and tells how much it was.
	DelTree(family, part string) int
}

// administers are the applications that change what is not of this call.
func (h *House) administers() []Application {
	return []Application{
		{Row: row("DBdeltree", "app_db", "Take a family, or a part of it, out of the database", "DBdeltree(family[/keytree])"), Run: h.deleteTree},
		{Row: row("Reload", "app_reload", "Read the configuration again", "Reload([module])"), Run: h.reload},
	}
}

func (h *House) deleteTree(_ context.Context, c *channel.Channel, data string) error {
	family, part, _ := strings.Cut(data, "/")
	switch {
	case family == "" && part != "":
		h.Logger.Warn("Key tree '"+part+"' specified without family", "channel", c.Name())
	case family != "":
		h.Database.DelTree(family, part)
	}
	return nil
}

// reload says in RELOADSTATUS whether the module, or everything, was read again.
func (h *House) reload(_ context.Context, c *channel.Channel, data string) error {
	status := "SUCCESS"
	if err := h.ReloadModule(strings.ToLower(data)); err != nil {
		h.Logger.Warn("Reload", "channel", c.Name(), "module", data, "error", err)
		status = "FAILURE"
	}
	c.SetVariable("RELOADSTATUS", status)
	return nil
}
