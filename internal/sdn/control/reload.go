package control

import (
	"reflect"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
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

// A restarted is a switch in two configurations, one after the other.
type restarted struct {
	before, after *config.DP // before is nil for one that is new
	away          bool       // no session has it take the later one
}

// kind is how the switch starts with the later one, for restart. It is taken for one
// with all its ports up.
func (r restarted) kind() string {
	if r.before == nil {
		return "new"
	}
	change, warm := pipeline.Diff(pipeline.Build(r.before, pipeline.AllUp(r.before)), pipeline.Build(r.after, pipeline.AllUp(r.after)))
	return r.by(change, warm && reflect.DeepEqual(pipeline.TableFeatures(r.before), pipeline.TableFeatures(r.after)))
}

// by is the kind, of a change of the tables: cold where they begin anew, "" where the
// switch does not notice.
func (r restarted) by(change *pipeline.Change, warm bool) string {
	switch {
	case !warm:
		return "cold"
	case change.Empty() && reflect.DeepEqual(noticed(r.before), noticed(r.after)):
		return ""
	}
	return "warm"
}

// noticed is a switch without what is said of its ports and VLANs for people alone.
func noticed(dp *config.DP) map[string]any {
	m := config.Expand(dp)
	for _, group := range []string{"interfaces", "vlans"} {
		for _, one := range m[group].(map[string]any) {
			delete(one.(map[string]any), "description")
		}
	}
	return m
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
