package control

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// hashInfo says which files a configuration was taken from and their hashes, both
// lists with commas; or of which file it was not, and why.
type hashInfo struct{ files, hashes, wrong string }

func taken(c *config.Config) hashInfo {
	var files, hashes []string
	for _, s := range c.Sums {
		files, hashes = append(files, s.Path), append(hashes, s.SHA256)
	}
	return hashInfo{files: strings.Join(files, ","), hashes: strings.Join(hashes, ",")}
}

// configChange tells that a configuration was taken, or not.
func (c *Controller) configChange(success bool, info hashInfo) {
	c.o.Events.send(0, "", "CONFIG_CHANGE", map[string]any{"success": success,
		"config_hash_info": map[string]any{"config_files": info.files, "hashes": info.hashes, "error": info.wrong}})
}

// restart is what is told of how a switch took a configuration: warm, cold, new, or
// null for "" when it is the same to it.
func restart(kind string) map[string]any {
	if kind == "" {
		return map[string]any{"restart_type": nil}
	}
	return map[string]any{"restart_type": kind}
}

// Reload reads the configuration again. When it is wrong the one that runs stays.
func (c *Controller) Reload() error {
	c.o.Metrics.reloadRequests.Inc()
	cfg, err := config.Load(c.o.Config)
	if err != nil {
		c.refused(err)
		return err
	}
	c.o.Metrics.loadError.Set(0)
	c.mu.Lock()
	same, again := c.config.Hash == cfg.Hash, c.bad != nil
	c.bad = nil
	c.mu.Unlock()
	switch {
	case !same:
		c.adopt(cfg)
	case again: // what runs was put back
		c.o.Metrics.hashed(taken(cfg))
		c.o.Log.Info("the configuration is again what runs")
		for _, dp := range cfg.DPs {
			c.o.Events.send(dp.DatapathID(), dp.Name, "CONFIG_CHANGE", restart(""))
		}
	default:
		c.o.Log.Info("configuration unchanged")
		return nil
	}
	c.configChange(true, taken(cfg))
	return nil
}

// Pending are the configuration that runs and the one that a reload would take.
func (c *Controller) Pending() (runs, next *config.Config, err error) {
	next, err = config.Load(c.o.Config)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.config, next, err
}

// refused tells that a configuration is none.
func (c *Controller) refused(err error) {
	info := hashInfo{files: c.o.Config, wrong: err.Error()}
	c.o.Metrics.loadError.Set(1)
	c.o.Metrics.hashed(info)
	bad := config.Files(c.o.Config)
	c.mu.Lock()
	c.bad = bad
	c.mu.Unlock()
	c.revert()
	c.o.Log.Error("configuration not taken", "error", err)
	c.configChange(false, info)
}

// Files are those of which a change asks for a reload.
func (c *Controller) Files() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := slices.Clone(c.config.Files)
	for _, path := range c.bad {
		if !slices.Contains(list, path) {
			list = append(list, path)
		}
	}
	return list
}
